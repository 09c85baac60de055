#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need tc iproute2
# need ss iproute2
"""What it takes to hand a connection over once its request has come: by ipOS, and by programs that export it with
TCP_REPAIR, import it, and have tc send on what comes after (repair.c).

Counted is all that the machine works from the moment the segment with the request comes to the origin's wire until all is
quiet: a program at the target holds the socket then, with the request to be read. What it is idle is taken off, and what
the same segment costs where the board drops it. The fabric's wires and bridge are counted, for both. Each connection is
proved by more data of the client: the socket at the target is read then, and what was read sent back.
"""

import os
import signal
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from programs import joined, route, start  # noqa: E402
from ruler import BATCHES, RUNS, TOP, bare, check, drops, ethernet, on, row, say  # noqa: E402
from player import Clients, mss, sack, segment, sh, timestamps, wscale  # noqa: E402

COUNT = max(BATCHES // 3, 1)
# What programs leave to be done later falls into some hand-offs and not into others.
SPREAD = 0.15
REQUEST = b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"
REPAIR = f"{TOP}/build/bench/repair"


class Way:
    def __init__(self, net, origin, target):
        self.net, self.origin, self.target = net, origin, target
        self.application = None

    def request(self, client):
        """Its segment, as it comes by the wire."""
        packet = segment(self.net.address, client.port, *client.service, "PA", client.seq, client.ack, REQUEST,
                         timestamps(client.ts, client.echo))
        client.seq += len(REQUEST)
        return ethernet(self.origin.mac(0), self.net.mac, packet)

    def cost(self, client):
        with open("/tmp/frame", "wb") as file:
            file.write(self.request(client))
        done = subprocess.run((f"{TOP}/build/bench/span", f"{self.origin.name}-eth0", "/tmp/frame"), check=True,
                              stdout=subprocess.PIPE, text=True)
        return int(done.stdout)

    def handoff(self):
        client = self.net.client(self.origin)
        client.ts = 1000
        client.handshake(mss(1460) + sack() + timestamps(1000) + wscale(7))
        cost = self.cost(client)
        client.send("PA", b"more")
        self.net.sync(self.origin)
        self.application.send_signal(signal.SIGUSR1)
        client.expect_data(REQUEST + b"more")
        return cost


class Drop(Way):
    name, what = "drop", "tc: the request dropped at the origin's client device"

    def prepare(self):
        drops(self.origin, "eth0")

    def handoff(self):
        client = self.net.client(self.origin)
        client.ts = 1000
        return self.cost(client)


class Ipos(Way):
    name, what = "ipos", "ipOS"

    def prepare(self):
        joined((self.origin, self.target))
        route(self.origin, {"/": self.target})
        self.application = start(self.target, 80, REPAIR, "hold")


class Repair(Way):
    name, what = "tcp_repair", "TCP_REPAIR, from process to process, and a filter of tc's"

    def prepare(self):
        origin, target = self.origin, self.target
        sh("modprobe cls_flower")
        # As for direct server return: the service's address, where nobody asks for it.
        on(target, f"ip addr add {origin.address}/32 dev lo")
        on(origin, "tc qdisc add dev eth0 clsact")
        on(origin, f"tc actions add action skbmod set dmac {target.mac(1)} pipe index 1")
        on(origin, "tc actions add action mirred egress redirect dev eth1 index 1")
        self.application = start(target, 9000, REPAIR, "target", origin.address)
        start(origin, 80, REPAIR, "origin", target.fabric)


def main():
    boards = bare(5)
    net = Clients(boards)
    ways = Drop(net, boards[4], None), Ipos(net, *boards[:2]), Repair(net, *boards[2:4])
    for way in ways:
        way.prepare()
        # The first touches what the others find at hand.
        way.handoff()
    costs = {way.name: [] for way in ways}
    for number in range(RUNS):
        for way in ways:
            costs[way.name].append(statistics.median(way.handoff() for _ in range(COUNT)))
        say(f"handoff: round {number + 1} of {RUNS}")
    median = {name: statistics.median(runs) for name, runs in costs.items()}
    say(f"instructions per hand-off, medians of {RUNS} runs (above a drop of the request):")
    for way in ways:
        cost = median[way.name]
        say(f"{way.name:12}{cost:>9.0f} ({cost - median['drop']:>6.0f})   {way.what}")
    check({name: costs[name] for name in ("ipos", "tcp_repair")}, SPREAD)
    row("handoff_vs_tcp_repair", median["ipos"] - median["drop"], median["tcp_repair"] - median["drop"],
        "instructions of origin and target per hand-off")


main()
