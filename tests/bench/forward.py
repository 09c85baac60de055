#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need ipvsadm ipvsadm
# need tc iproute2
"""What a board spends on a packet that it sends on, beside what else could send it on: ipOS, IPVS (direct routing), a
balancer in tc's BPF, the kernel's own forwarding.

Each has a board of its own in one cluster of one kernel, and is sent the same packets, one after the other, in rounds. In
tests/vm -I a clock tells instructions. The packet's whole way is counted, from the sender's system call to the drop at the
far end of the board's wire into the fabric; what the same packet costs where the board itself drops it is taken off. What
remains is the work of sending on, the driver's and one wire's included. The switches, which are bridges of the same kernel
here, are passed by: their work is no board's, and what they spend on a look-up is chance.

Rows go to stdout, a line of JSON each; progress and a table to stderr.
"""

import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import RUNS, TOP, UNIT, bare, check, deaf, drops, ethernet, flood, on, row, say, silent  # noqa: E402
from player import ACK, CONNECTION, PACKET, Clients, Fabric, segment, sh  # noqa: E402

# A card's driver leaves room before a packet; a sender on a veth none to speak of, and 30 bytes do not fit.
SHAPES = {"0": (0, True), "1000": (1000, True), "short": (0, False)}


class Way:
    """A board that sends on what it gets, or drops it."""
    name = what = None
    compared = True
    flows = 1

    def __init__(self, net, board):
        self.net, self.board = net, board

    def prepare(self):
        pass

    def destination(self):
        return self.board.address

    def frame(self, flags="A", payload=0, flow=0):
        """A client's segment, as it is flooded."""
        packet = segment(self.net.address, 30000 + flow, self.destination(), 80, flags, 0x20000000 + (flags == "A"),
                         ack=0x30000000, data=b"x" * payload)
        return ethernet(self.board.mac(0), self.net.mac, packet)


class Drop(Way):
    name, what, compared = "drop", "tc: dropped at the board's client device", False

    def prepare(self):
        drops(self.board, "eth0")


class Ipos(Way):
    name, what, compared = "ipos", "ipOS: a connection that was handed over", False

    def __init__(self, net, board, target):
        super().__init__(net, board)
        self.target, self.clients = target, []

    def prepare(self):
        board, target = self.board, self.target
        board.ctl("dev", "add", "eth0", "role", "client")
        board.ctl("dev", "add", "eth1", "role", "fabric")
        board.ctl("server", "add", target.address, "lladdr", target.mac)
        board.ctl("service", "add", "tcp", f"{board.address}:80", "inspect", "http")
        board.ctl("url", "add", "*/", "server", target.address)
        for _ in range(self.flows):
            self.hand_over()

    def hand_over(self):
        client, target = self.net.client(self.board), self.target
        client.handshake()
        client.send("PA", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        offer = target.expect(CONNECTION)
        target.send(self.board, ACK, offer.client, offer.target)
        target.expect(PACKET)
        self.clients.append(client)

    def frame(self, flags="A", payload=0, flow=0):
        client = self.clients[flow]
        packet = segment(self.net.address, client.port, *client.service, flags, client.seq, client.ack, b"x" * payload)
        return ethernet(self.board.mac(0), self.net.mac, packet)


class Ipvs(Way):
    name, what = "ipvs_dr", "IPVS, direct routing"

    def prepare(self):
        on(self.board, f"ipvsadm -A -t {self.board.address}:80 -s rr")
        on(self.board, f"ipvsadm -a -t {self.board.address}:80 -r 10.0.0.9:80 -g")


class Redirect(Way):
    name, what, program = "tc_redirect", "tc-bpf: a balancer with a table of connections", 1

    def prepare(self):
        on(self.board, "tc qdisc add dev eth0 clsact")
        on(self.board, "tc filter add dev eth0 ingress bpf direct-action object-file "
           f"{TOP}/build/bench/redirect{self.program}.o section tc")


class Plain(Redirect):
    name, what, program, compared = "tc_plain", "tc-bpf: all to one server, no table", 0, False


class IpForward(Way):
    name, what = "ip_forward", "ip_forward: a route"

    def prepare(self):
        on(self.board, "sysctl -qw net.ipv4.ip_forward=1")
        on(self.board, "ip route add 198.51.100.0/24 via 10.0.0.9 dev eth1")

    def destination(self):
        return "198.51.100.1"


class Room:
    """A tunnel's device in the clients' bridge: every port is asked to leave room for its headers."""

    def __init__(self):
        sh("ip link add name roomy type vxlan id 1 dstport 4789")
        sh("ip link set dev roomy addrgenmode none")

    def set(self, wanted):
        sh("ip link set dev roomy " + ("master clients" if wanted else "nomaster"))


def sent_on(board):
    """Frames that came out of the board's wire into the fabric."""
    with open(f"/sys/class/net/{board.name}-eth1/statistics/rx_packets") as count:
        return int(count.read())


def measure(way, payload):
    before = sent_on(way.board)
    sent, cost = flood(way.board, 0, way.frame(payload=payload))
    got = sent_on(way.board) - before
    wanted = 0 if way.name == "drop" else sent
    if got != wanted:
        sys.exit(f"forward: {way.name}: of {sent} packets {got} were sent on; wanted {wanted}")
    return cost


def network(flows=1):
    kinds = (Drop, Ipos, Redirect, Ipvs, IpForward, Plain)
    boards = bare(len(kinds))
    net, end = Clients(boards), Fabric(boards, 9, known=False)
    ways = []
    for kind, board in zip(kinds, boards):
        ways.append(kind(net, board, end) if kind is Ipos else kind(net, board))
    for way in ways:
        if way.name == "ipos":
            silent(way.board)
            # By the clock it is not to become impatient.
            way.board.set(hold_ms=600000, offer_ms=60000)
        way.flows = flows
        way.prepare()
        if way.name != "ipos":
            # A connection's first packets. One that is half open is soon forgotten, and a wait for the host may take long.
            for flow in range(flows):
                net.wire.send_raw(way.frame("S", flow=flow))
                net.wire.send_raw(way.frame(flow=flow))
    for board in boards:
        sh(f"tc qdisc add dev {board.name}-eth1 clsact")
        sh(f"tc filter add dev {board.name}-eth1 ingress matchall action drop")
    deaf(net, end)
    return ways


def rounds(ways):
    """{shape: {way: what each run cost}}"""
    costs = {shape: {way.name: [] for way in ways} for shape in SHAPES}
    room = Room()
    for number in range(RUNS):
        for shape, (payload, wanted) in SHAPES.items():
            room.set(wanted)
            for way in ways:
                costs[shape][way.name].append(measure(way, payload))
        say(f"forward: round {number + 1} of {RUNS}")
    return costs


def report(ways, costs):
    """The whole way, and in brackets what of it lies above the drop."""
    say(f"{UNIT}, medians of {RUNS} runs (above a drop at the board):")
    say(f"{'':12}" + "".join(f"{'_' + shape:>18}" for shape in SHAPES))
    for way in ways:
        line = f"{way.name:12}"
        for shape, of in costs.items():
            whole, drop = statistics.median(of[way.name]), statistics.median(of["drop"])
            line += f"{whole:>9.0f} ({whole - drop:>6.0f})"
        say(f"{line}   {way.what}")


def rows(ways, costs):
    for way in ways:
        if not way.compared:
            continue
        for shape, of in costs.items():
            drop = statistics.median(of["drop"])
            ours, theirs = statistics.median(of["ipos"]) - drop, statistics.median(of[way.name]) - drop
            # Who asks for no shape means the bare packet of a card.
            if shape == "0":
                row(f"forward_vs_{way.name}", ours, theirs)
            row(f"forward_vs_{way.name}_{shape}", ours, theirs)


def main():
    ways = network()
    costs = rounds(ways)
    report(ways, costs)
    check({f"{name}_{shape}": runs for shape, of in costs.items() for name, runs in of.items()})
    rows(ways, costs)


if __name__ == "__main__":
    main()
