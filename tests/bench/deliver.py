#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need tc iproute2
"""What a board spends on a client's packet for a socket of its own: where the connection was handed over and the packet
comes from the fabric in an ipOS frame, beside an ordinary connection of a kernel without ipOS. As in forward.py the whole
way is counted, from the sender's system call to the socket, less what the same packet costs that the board drops.

The packet is an ACK that says nothing new, which is what a client sends most while it is sent much.
"""

import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import RUNS, UNIT, bare, check, deaf, drops, ethernet, flood, row, say, silent  # noqa: E402
from player import ACK, CONNECTION, PACKET, Clients, Fabric, accept, conn, frame, segment, snmp, tcb  # noqa: E402


class Way:
    """A board with a connection; device is the wire its packets come by."""
    device = 0

    def __init__(self, net, board):
        self.net, self.board = net, board
        self.listener, self.sock = board.listen(), None

    def prepare(self):
        client = self.net.client(self.board)
        client.handshake()
        client.send("PA", b"request")
        self.sock, _ = accept(self.listener)
        client.expect_acknowledged()
        self.ack = segment(self.net.address, client.port, *client.service, "A", client.seq, client.ack)

    def frame(self):
        return ethernet(self.board.mac(0), self.net.mac, self.ack)


class Local(Way):
    name, what = "local", "the kernel alone: a connection of its own"


class Beside(Way):
    name, what = "beside", "the same where ipOS has the devices, and no such service"

    def prepare(self):
        self.board.ctl("dev", "add", "eth0", "role", "client")
        self.board.ctl("dev", "add", "eth1", "role", "fabric")
        super().prepare()


class Kept(Beside):
    name, what = "kept", "a service's connection that stayed on the board its client asked"

    def prepare(self):
        self.board.ctl("service", "add", "tcp", f"{self.board.address}:80")
        super().prepare()


class Moved(Way):
    name, what, device = "moved", "a connection that was handed over", 1

    def __init__(self, net, board, origin):
        super().__init__(net, board)
        self.origin = origin

    def prepare(self):
        board, origin = self.board, self.origin
        board.ctl("dev", "add", "eth0", "role", "client")
        board.ctl("dev", "add", "eth1", "role", "fabric")
        board.ctl("server", "add", origin.address, "lladdr", origin.mac)
        self.at, self.to, service = (self.net.address, 40000), (board.fabric, 80), ("192.0.2.77", 80)
        origin.send(board, CONNECTION, self.at, self.to, conn(service, tcb(1)))
        origin.expect(ACK)
        origin.send(board, PACKET, self.at, self.to, segment(*self.at, *service, "PA", 1001, 5001, b"request"))
        self.sock, _ = accept(self.listener)
        self.ack = segment(*self.at, *service, "A", 1008, 5001)

    def frame(self):
        return ethernet(self.board.mac(1), self.origin.mac, frame(PACKET, self.at, self.to, self.ack), 7)


class Drop(Moved):
    """The same frame, dropped as it comes in."""
    name, what = "drop_moved", "tc: that frame dropped at the board's fabric device"

    def prepare(self):
        super().prepare()
        drops(self.board, "eth1")


class DropLocal(Way):
    name, what = "drop_local", "tc: an ordinary packet dropped at the board's client device"

    def prepare(self):
        super().prepare()
        drops(self.board, "eth0")


def heard(way):
    """TCP segments that its kernel has taken in."""
    return snmp(way.board.name, "TcpInSegs")


def measure(way):
    before = heard(way)
    sent, cost = flood(way.board, way.device, way.frame())
    got = heard(way) - before
    wanted = 0 if way.name.startswith("drop") else sent
    if not wanted <= got <= wanted + 2:
        sys.exit(f"deliver: {way.name}: of {sent} packets TCP has taken {got}; wanted {wanted}")
    return cost


def network():
    kinds = (DropLocal, Local, Beside, Kept, Drop, Moved)
    boards = bare(len(kinds))
    net, origin = Clients(boards), Fabric(boards, 9, known=False)
    ways = [kind(net, board, origin) if issubclass(kind, Moved) else kind(net, board)
            for kind, board in zip(kinds, boards)]
    for way in ways:
        if not isinstance(way, (Local, DropLocal)):
            silent(way.board)
        way.prepare()
    deaf(net, origin)
    return ways


def main():
    ways = network()
    costs = {way.name: [] for way in ways}
    for number in range(RUNS):
        for way in ways:
            costs[way.name].append(measure(way))
        say(f"deliver: round {number + 1} of {RUNS}")
    median = {name: statistics.median(runs) for name, runs in costs.items()}
    say(f"{UNIT}, medians of {RUNS} runs (above a drop of the same packet at the board):")
    for way in ways:
        base = median["drop_moved" if isinstance(way, Moved) else "drop_local"]
        say(f"{way.name:12}{median[way.name]:>9.0f} ({median[way.name] - base:>6.0f})   {way.what}")
    check(costs)
    row("deliver_vs_local", median["moved"] - median["drop_moved"], median["local"] - median["drop_local"])


main()
