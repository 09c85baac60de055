#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need tc iproute2
"""ECN (RFC 3168): agreed on as the kernel's own listeners do, and alive at the board that gets the connection."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (CONNECTION, HAS_ECN, MASK, Clients, Fabric, accept, accepted, cluster, mss, receive, requested, sh,
                    snmp, sysctl, tcp_info)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
here, there, own = board1.listen(), board2.listen(), board1.listen(8080)
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/moved", "server", board2.fabric)
board1.ctl("url", "add", "*/fake", "server", fake.address)
# Nothing but what a test sends decides.
for board in board1, board2:
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
MOVED = b"GET /moved HTTP/1.1\r\nHost: a.example\r\n\r\n"
FAKE = b"GET /fake HTTP/1.1\r\nHost: a.example\r\n\r\n"
BOTH = (GET, here, board1), (MOVED, there, board2)
ECT1, ECT0, CE = 1, 2, 3


@after_each
def nothing_is_left():
    for board in board1, board2:
        sysctl(board.name, "tcp_ecn", 2)
    for table in "temporary", "connect":
        equal(board1.flows(table), [], table)
    for listener in here, there, own:
        equal(accepted(listener), None, "accepted")


def syn_ack(port, flags, **fields):
    """The flags of the answer to a SYN of its own connection, which is over then; and the answer's TOS."""
    c = net.client(board1, port)
    c.send(flags, options=mss(1460), **fields)
    got = c.expect(ack=c.isn + 1 & MASK)
    c.seq = c.isn + 1 & MASK
    c.reset()
    return got.flags, got.tos & 3


@test("a SYN gets the answer of the kernel's own listeners, whatever bits it has, for every tcp_ecn")
def _():
    agreed = 0
    for setting in 0, 1, 2:
        sysctl("board1", "tcp_ecn", setting)
        for flags in "S", "SE", "SC", "SEC":
            for tos in 0, ECT0, ECT1, CE, 0xB8, 0xB8 | CE:
                for reserved in 0, 1, 8:
                    fields = dict(tos=tos, reserved=reserved)
                    ours, theirs = syn_ack(80, flags, **fields), syn_ack(8080, flags, **fields)
                    equal(ours, theirs, f"tcp_ecn {setting}, {flags}, {fields}")
                    agreed += "E" in ours[0]
    check(agreed >= 4, "never agreed")


@test("it is in the offer when it was agreed on, and only then")
def _():
    for flags, wanted in ("SEC", HAS_ECN), ("S", 0):
        c = net.client(board1)
        c.send(flags)
        c.expect("SAE" if wanted else "SA")
        c.send("PA", FAKE)
        equal(fake.expect(CONNECTION, client=(net.address, c.port)).tcb["flags"] & HAS_ECN, wanted)
        c.reset()
        fake.answered(board1)


@test("a SYN-ACK sent again agrees to it again")
def _():
    c = net.client(board1)
    c.send("SEC")
    c.expect_again(c.expect("SAE"))
    c.seq = c.isn + 1 & MASK
    c.reset()


class Connection:
    """An ECN client and the application's end, here or moved."""

    def __init__(self, request, listener, board, tos=0):
        self.board, self.request = board, request
        self.c = net.client(board1)
        self.c.send("SEC")
        self.c.expect("SAE")
        self.c.send("A")
        self.c.send("PA", request, tos=tos)
        self.app, _ = accept(listener)
        equal(receive(self.app, len(request)), request)

    def end(self):
        self.c.reset()
        wait_for(lambda: not self.board.flows("local", "port", str(self.c.port)), "the reset")
        self.app.close()


@test("the application's socket has it, and what it sends is marked ECT(0)")
def _():
    for where in BOTH:
        one = Connection(*where)
        check("ecn" in tcp_info(one.app)["options"], "not agreed on")
        one.app.sendall(b"answer")
        equal(one.c.expect_data(b"answer").tos & 3, ECT0)
        one.end()


@test("a congested path towards the server is echoed until the client has said that it has slowed down")
def _():
    for where in BOTH:
        one = Connection(*where)
        one.app.sendall(b"answer")
        one.c.expect_data(b"answer")
        one.c.send("PA", b"one", tos=CE)
        equal(one.c.expect(ack=one.c.seq).flags, "AE")
        one.c.send("PA", b"two", tos=ECT0)
        equal(one.c.expect(ack=one.c.seq).flags, "AE")
        one.c.send("PAC", b"three", tos=ECT0)
        while (got := one.c.expect()).ack != one.c.seq:
            pass
        equal(got.flags, "A")
        equal(receive(one.app, 11), b"onetwothree")
        one.end()


@test("so is one that the request itself has seen, before any application had it")
def _():
    for where in BOTH:
        one = Connection(*where, tos=CE)
        one.app.sendall(b"answer")
        got = one.c.expect()
        while not got.data:
            got = one.c.expect()
        check("E" in got.flags, f"not echoed: {got}")
        one.end()


@test("an echo of the client makes the server slow down, and say so")
def _():
    for where in BOTH:
        one = Connection(*where)
        one.app.sendall(b"answer")
        one.c.expect_data(b"answer")
        window = tcp_info(one.app)["snd_cwnd"]
        one.c.send("AE")
        net.sync(board1)
        wait_for(lambda: tcp_info(one.app)["snd_cwnd"] < window, "less than before")
        one.app.sendall(b"more")
        got = one.c.expect()
        while not got.data:
            got = one.c.expect()
        check("C" in got.flags, f"not said: {got}")
        one.end()


@test("without it nothing is marked, echoed, or believed")
def _():
    for request, listener, board in BOTH:
        c = net.client(board1)
        c.handshake()
        c.send("PA", request, tos=CE)
        app, _ = accept(listener)
        equal(receive(app, len(request)), request)
        check("ecn" not in tcp_info(app)["options"], "agreed on")
        app.sendall(b"answer")
        got = c.expect_data(b"answer")
        equal((got.tos & 3, "E" in got.flags), (0, False))
        c.reset()
        wait_for(lambda: not board.flows("local", "port", str(c.port)), "the reset")
        app.close()


@test("a real client and a path that marks one packet in ten: 300 kB each way, and both sides hear of it")
def _():
    sysctl("client", "tcp_ecn", 1)
    # One packet a segment: of a few large ones none might be marked.
    for name in "client", "board1", "board2":
        sh(f"ip -n {name} link set dev eth0 gso_max_segs 1")
    data = os.urandom(300000)
    for request, listener, board in BOTH:
        sock, app = requested(request, listener)
        check("ecn" in tcp_info(sock)["options"], "the client has not agreed")
        marked = snmp(board.name, "IpExtInCEPkts"), snmp("client", "IpExtInCEPkts")
        for port in "board1-eth0", "client-eth0":
            sh(f"tc qdisc add dev {port} root netem loss 10% ecn")
        for source, sink in (sock, app), (app, sock):
            source.setblocking(False)
            got, left = b"", data
            while len(got) < len(data):
                try:
                    left = left[source.send(left[:20000]):] if left else left
                except BlockingIOError:
                    pass
                sink.settimeout(WAIT)
                got += sink.recv(100000)
            equal(got == data, True, "what arrived is what was sent")
            source.settimeout(WAIT)
        for port in "board1-eth0", "client-eth0":
            sh(f"tc qdisc del dev {port} root")
        check(snmp(board.name, "IpExtInCEPkts") > marked[0], "nothing was marked on its way to the server")
        check(snmp("client", "IpExtInCEPkts") > marked[1], "nothing was marked on its way to the client")
        check(tcp_info(app)["delivered_ce"] > 0, "the server has heard nothing of it")
        check(tcp_info(sock)["delivered_ce"] > 0, "the client has heard nothing of it")
        sock.close()
        app.close()
        wait_for(lambda: not board.flows("local"), "the end")


run(net.wire.story)
