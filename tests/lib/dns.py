#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A DNS client of many sockets: dns.py ADDRESS QUERIES SOCKETS NAME [again SECONDS]

Asks for the TXT records of NAME, each socket one query after the other; with "again" once more after so long without an
answer. Prints how many were not answered, how many answers came from elsewhere, and how many of each there were: its
first text, or of long ones the length and checksum of all records.
"""

import collections
import hashlib
import os
import selectors
import socket
import struct
import sys
import time

WAIT = float(os.environ.get("TAP_WAIT", "30"))
TXT, OPT, LONGEST = 16, 41, 8192


def query(identity, name):
    question = b"".join(bytes((len(label),)) + label for label in name.encode().split(b".")) + b"\0"
    return (struct.pack(">HHHHHH", identity, 0x0100, 1, 0, 0, 1) + question + struct.pack(">HH", TXT, 1) +
            b"\0" + struct.pack(">HHIH", OPT, LONGEST, 0, 0))


def skip_name(data, at):
    while data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += data[at] + 1
    return at + 1


def texts(data):
    """The answer's records."""
    flags, _, count = struct.unpack(">HHH", data[2:8])
    if flags & 0x820F != 0x8000:
        return [f"error {flags:#x}".encode()]
    at, found = skip_name(data, 12) + 4, []
    for _ in range(count):
        at = skip_name(data, at)
        kind, _, _, length = struct.unpack(">HHIH", data[at:at + 10])
        if kind == TXT:
            found.append(data[at + 10:at + 10 + length])
        at += 10 + length
    return sorted(found)


def says(data):
    found = texts(data)
    if sum(map(len, found)) > 200:
        return f"{sum(map(len, found))} bytes {hashlib.md5(b''.join(found)).hexdigest()}"
    return found[0][1:].decode() if found else "nothing"


class Asker:
    def __init__(self, server, name, count):
        self.server, self.name, self.left = server, name, count
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("0.0.0.0", 0))
        self.identity = 0
        self.next()

    def next(self):
        self.identity += 1
        self.send()

    def send(self):
        self.sent = time.monotonic()
        self.sock.sendto(query(self.identity, self.name), self.server)


def main():
    address, queries, sockets, name = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    again = float(sys.argv[6]) if len(sys.argv) > 5 else None
    selector = selectors.DefaultSelector()
    server = address, 53
    waiting = set()
    for _ in range(sockets):
        asker = Asker(server, name, queries // sockets)
        selector.register(asker.sock, selectors.EVENT_READ, asker)
        waiting.add(asker)
    strange, said, end = 0, collections.Counter(), time.monotonic() + WAIT
    while waiting and time.monotonic() < end:
        for key, _ in selector.select(min(again or WAIT, WAIT)):
            asker = key.data
            data, source = asker.sock.recvfrom(65536)
            strange += source != server
            if struct.unpack(">H", data[:2])[0] != asker.identity:
                continue
            said[says(data)] += 1
            end = time.monotonic() + WAIT
            asker.left -= 1
            if asker.left:
                asker.next()
            else:
                waiting.remove(asker)
                selector.unregister(asker.sock)
        if again:
            for asker in waiting:
                if time.monotonic() - asker.sent > again:
                    asker.send()
    print(sum(asker.left for asker in waiting), strange, *(f"{n} {text}" for text, n in sorted(said.items())), sep="\n")


main()
