#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""UDP servers of every kind, and a client that says whose reply it got.

datagrams.py serve NAME WAY ADDRESS:PORT    says "ready", then serves
datagrams.py ask ADDRESS:PORT [port N] [count N] [size N] TEXT...    prints each reply and where it came from
datagrams.py many ADDRESS:PORT SOCKETS EACH    prints how many replies came, how many of them from elsewhere
datagrams.py send ADDRESS:PORT [port N]    sends one datagram and ends
datagrams.py fits ADDRESS:PORT SIZE    prints the error that the first datagram of that size gets, and the MTU learned
datagrams.py refused ADDRESS:PORT [port N]    prints the error that a connected socket gets

A server answers with its name, the client as it sees it, and the request; or, to "size N", with N bytes.
"""

import asyncio
import errno
import os
import selectors
import socket
import struct
import sys

WAIT = float(os.environ.get("TAP_WAIT", "30"))
IP_PKTINFO = 8
IP_MTU_DISCOVER = 10
IP_PMTUDISC_WANT = 1
IP_MTU = 14
UDP_SEGMENT = 103


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def bound(at, **options):
    host, port = endpoint(at)
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for option in options.values():
        sock.setsockopt(*option)
    sock.bind((host, port))
    return sock


def answer(name, client, data):
    words = data.split()
    if words[:1] == [b"size"]:
        return bytes(n % 251 for n in range(int(words[1])))
    host = client[0].removeprefix("::ffff:")
    return f"{name} {host}:{client[1]} ".encode() + data


def plain(name, at):
    sock = bound(at)
    print("ready", flush=True)
    while True:
        data, client = sock.recvfrom(65536)
        sock.sendto(answer(name, client, data), client)


def pktinfo(name, at):
    """Replies from the very address that the request came to."""
    sock = bound(at, info=(socket.IPPROTO_IP, IP_PKTINFO, 1))
    print("ready", flush=True)
    while True:
        data, controls, _, client = sock.recvmsg(65536, 256)
        _, local, _ = struct.unpack("=i4s4s", controls[0][2])
        sock.sendmsg([answer(name, client, data)],
                     [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=i4s4s", 0, local, bytes(4)))], 0, client)


def connected(name, at):
    """Goes on with a socket of its own for each client."""
    sock = bound(at)
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ, None)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            data, client = key.fileobj.recvfrom(65536)
            own = key.fileobj
            if not key.data:
                own = bound(at)
                own.connect(client)
                selector.register(own, selectors.EVENT_READ, client)
            own.send(answer(name, client, data))


def segments(name, at):
    """Replies by UDP_SEGMENT: several datagrams by one call."""
    sock = bound(at, size=(socket.IPPROTO_UDP, UDP_SEGMENT, 1000))
    print("ready", flush=True)
    while True:
        data, client = sock.recvfrom(65536)
        sock.sendto(answer(name, client, data), client)


def loop(name, at):
    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.transport.sendto(answer(name, addr, data), addr)

    async def run():
        await asyncio.get_running_loop().create_datagram_endpoint(Server, sock=bound(at))
        print("ready", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


def ask(at, *words):
    port, count, size, words = 0, 1, None, list(words)
    while words and words[0] in ("port", "count", "size"):
        if words[0] == "port":
            port = int(words[1])
        elif words[0] == "count":
            count = int(words[1])
        else:
            size = int(words[1])
        del words[:2]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    sock.settimeout(WAIT)
    data = " ".join(words).encode()
    sock.sendto(data.ljust(size, b".") if size else data, endpoint(at))
    begin = 0
    for _ in range(count):
        try:
            reply, source = sock.recvfrom(65536)
        except TimeoutError:
            print("nothing")
            return
        text = reply.decode(errors="replace")
        if len(reply) > 300:
            text = f"{len(reply)} bytes"
            if not size and reply != bytes(n % 251 for n in range(begin, begin + len(reply))):
                text += " broken"
        begin += len(reply)
        print(f"{text} from {source[0]}:{source[1]}")


def many(at, sockets, each):
    """One request at a time on each of many sockets; what is not answered in time is lost."""
    server = endpoint(at)
    selector = selectors.DefaultSelector()
    left = {}
    for _ in range(int(sockets)):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("0.0.0.0", 0))
        left[sock] = int(each)
        selector.register(sock, selectors.EVENT_READ)
        sock.sendto(b"1", server)
    got = strange = 0
    while left:
        ready = selector.select(WAIT)
        if not ready:
            break
        for key, _ in ready:
            _, source = key.fileobj.recvfrom(65536)
            got += 1
            strange += source != server
            left[key.fileobj] -= 1
            if left[key.fileobj]:
                key.fileobj.sendto(b"1", server)
            else:
                del left[key.fileobj]
                selector.unregister(key.fileobj)
    print(got, strange)


def send(at, *words):
    bound(f"0.0.0.0:{words[1] if words else 0}").sendto(b"hello", endpoint(at))


def fits(at, size):
    """A datagram that must not be cut, until it is told of a way that is narrower; then it may be."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(WAIT)
    sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT)
    sock.connect(endpoint(at))
    data = b"hello".ljust(int(size), b".")
    said = "nothing"
    sock.send(data)
    try:
        said = f"{len(sock.recv(65536))} bytes"
    except OSError as error:
        said = errno.errorcode.get(error.errno, "nothing")
    mtu = sock.getsockopt(socket.IPPROTO_IP, IP_MTU)
    sock.send(data)
    print(f"{said} {mtu}, then {len(data)} bytes" if sock.recv(65536).endswith(b"hello" + data[5:]) else "broken")


def refused(at, *words):
    sock = bound(f"0.0.0.0:{words[1] if words else 0}")
    sock.settimeout(WAIT)
    sock.connect(endpoint(at))
    sock.send(b"is anybody there?")
    try:
        print(sock.recv(65536))
    except TimeoutError:
        print("nothing")
    except OSError as error:
        print(errno.errorcode[error.errno])


def main():
    what, *words = sys.argv[1:]
    ways = {"plain": plain, "pktinfo": pktinfo, "connected": connected, "segments": segments, "loop": loop}
    if what == "serve":
        ways[words[1]](words[0], words[2])
    else:
        {"ask": ask, "many": many, "send": send, "fits": fits, "refused": refused}[what](*words)


main()
