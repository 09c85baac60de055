#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""A board that has handed off very many connections goes, in every way, and the board that has them does not answer: it
goes all the same, and nothing is left. IPOS_MANY says how many (2000)."""

import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import ACK, CONNECTION, Clients, Fabric, cluster, frame, mac_bytes, segment, sh
from tap import WAIT, check, run, test, wait_for

MANY, BATCH = int(os.environ.get("IPOS_MANY", 2000)), 250
REQUEST = b"GET /fake HTTP/1.1\r\nHost: a\r\n\r\n"
SO_RCVBUFFORCE = 33
board1, board2 = cluster(2)
net, fake = Clients([board1, board2]), Fabric([board1, board2], 9)
net.wire.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
# A batch is more than this queue holds when the machine is slow.
with open("/proc/sys/net/core/netdev_max_backlog", "w") as file:
    file.write("100000")


def ends(n):
    """The n-th client: its address and port."""
    return f"192.0.2.{200 + n // 50000}", 10000 + n % 50000


class Batch:
    """Clients that connect to a board, and send their request; what the board offers is taken. What is lost on the way is
    sent again."""

    def __init__(self, board, clients):
        self.missing = set(clients)
        self.iss = {}
        self.ethernet = mac_bytes(board.mac(0)) + net.wire.mac + b"\x08\0"
        self.fabric = mac_bytes(board.mac(1)) + fake.wire.mac + b"\0\7"
        self.service = board.address, 80
        end = time.monotonic() + 4 * WAIT
        while self.missing:
            check(time.monotonic() < end, f"{len(self.missing)} were not offered")
            for n in self.missing:
                self.send(n)
            while self.missing and select.select([net.wire.socket, fake.wire.socket], [], [], 1)[0]:
                self.hear()

    def send(self, n):
        if n in self.iss:
            packet = segment(*ends(n), *self.service, "PA", 1001, self.iss[n] + 1, REQUEST)
        else:
            packet = segment(*ends(n), *self.service, "S", 1000)
        net.wire.socket.send(self.ethernet + packet)

    def hear(self):
        for data in arrived(net.wire):
            if data[12:14] == b"\x08\0" and data[23] == 6 and data[47] == 0x12:
                port, = struct.unpack_from(">H", data, 36)
                n = (data[33] - 200) * 50000 + port - 10000
                known = n in self.iss
                self.iss[n], = struct.unpack_from(">I", data, 38)
                if not known:
                    self.send(n)
        for n in self.take():
            self.missing.discard(n)

    def take(self):
        """The clients whose connection was offered; it is taken."""
        for data in arrived(fake.wire):
            if data[12:14] == b"\0\7" and data[26] == CONNECTION:
                port, = struct.unpack_from(">H", data, 18)
                n = (data[17] - 200) * 50000 + port - 10000
                fake.wire.socket.send(self.fabric + frame(ACK, ends(n), (fake.address, 80)))
                yield n


def arrived(wire):
    """What is there to be read."""
    while True:
        try:
            yield wire.socket.recv(2048, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return


def hand_off(board):
    """Connections that all go to the board made by hand."""
    board.set(syn_cookies_threshold=16777216, hold_ms=600000, offer_ms=10000, idle_timeout=604800)
    board.ctl("service", "add", "tcp", f"{board.address}:80", "inspect", "http")
    board.ctl("url", "add", "*/fake", "server", fake.address)
    for n in range(0, MANY, 50000):
        sh(f"ip -n {board.name} neigh replace {ends(n)[0]} lladdr {net.mac} dev eth0 nud permanent")
    for first in range(0, MANY, BATCH):
        batch = Batch(board, range(first, min(first + BATCH, MANY)))

    def all_moved():
        list(batch.take())
        return board.stats()["table_forward"] == MANY
    wait_for(all_moved, f"{MANY} rows of the Forward Table")


def timed(what, command):
    begun = time.monotonic()
    sh(command)
    print(f"# {MANY} entries, {what}: {time.monotonic() - begun:.1f} s", flush=True)


@test("a board stops, and has told of them")
def _():
    hand_off(board1)
    timed("board stop", "ipos-ctl -n board1 board stop")
    stats = board1.stats()
    print(f"# told {stats['leaving_sent']}, given up {stats['lost']}", flush=True)
    # How many of them in the time that it takes for it is the machine's to say.
    check(stats["leaving_sent"] > 0, "no target was told")


@test("its namespace ends")
def _():
    timed("namespace", "ip netns del board1")
    wait_for(lambda: not os.path.exists("/sys/class/net/board1-eth1"), "the namespace's end")


@test("the module is unloaded")
def _():
    hand_off(board2)
    timed("module", "modprobe -r ipos")
    check(not os.path.exists("/sys/module/ipos"), "it is still there")


run()
