#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Every value of TCP's options, here and at the board that gets the connection: window scale, MSS, timestamps, SACK."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (CONNECTION, MASK, Clients, Fabric, accept, accepted, cluster, mss, receive, requested, sack, sh,
                    snmp, sysctl, tcp_info, timestamps, wscale)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
here, there, own = board1.listen(), board2.listen(), board1.listen(8080)
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/moved", "server", board2.fabric)
board1.ctl("url", "add", "*/fake", "server", fake.address)
for board in board1, board2:
    # One packet a segment, so that its size can be seen.
    sh(f"ip -n {board.name} link set eth0 gso_max_segs 1")
    # Nothing but what a test sends decides.
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
MOVED = b"GET /moved HTTP/1.1\r\nHost: a.example\r\n\r\n"
FAKE = b"GET /fake HTTP/1.1\r\nHost: a.example\r\n\r\n"
BOTH = (GET, here), (MOVED, there)
SWITCHES = {"timestamps": "tcp_timestamps", "sack": "tcp_sack", "wscale": "tcp_window_scaling"}


@after_each
def nothing_is_left():
    for name in "client", "board1", "board2":
        for switch in SWITCHES.values():
            sysctl(name, switch, 1)
    for table in "temporary", "connect":
        equal(board1.flows(table), [], table)
    for listener in here, there, own:
        equal(accepted(listener), None, "accepted")
    fake.forget()


class Connection:
    """A client's connection whose request the application has."""

    def __init__(self, options, request, listener, port=80, window=65535):
        self.c = net.client(board1, port)
        self.syn_ack = self.c.handshake(options, window=window)
        if self.syn_ack.timestamp():
            self.c.ts = 1
        self.c.send("PA", request, window=window)
        self.app, _ = accept(listener)
        equal(receive(self.app, len(request)), request)

    def first(self, data):
        """The first segment with data of this answer; all of it comes, acknowledged."""
        self.app.sendall(data)
        got, start, first = b"", self.c.ack, None
        while len(got) < len(data):
            part = self.c.expect()
            if part.data:
                equal(part.seq, start + len(got) & MASK, "sequence number")
                got, first = got + part.data, first or part
                self.c.send("A")
        equal(got == data, True, "what arrived is what was sent")
        return first

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            return
        self.c.reset()
        for one in board1, board2:
            wait_for(lambda: not one.flows("local", "port", str(self.c.port)), "the reset")
        self.app.close()


@test("window scale 0 to 14: the socket has the client's, and the one of the SYN-ACK, and goes by them")
def _():
    for shift in range(15):
        for request, listener in BOTH:
            with Connection(mss(1460) + wscale(shift), request, listener, window=1000 + shift) as one:
                info = tcp_info(one.app)
                equal((info["snd_wscale"], info["rcv_wscale"]), (shift, one.syn_ack.options[3][0]))
                equal(info["snd_wnd"], 1000 + shift << shift)
                one.first(b"answer")
                one.c.send("PA", b"more")
                equal(receive(one.app, 4), b"more")


@test("a shift above 14 counts as 14, and without the option there is none either way")
def _():
    for shift in 15, 255:
        for request, listener in BOTH:
            with Connection(wscale(shift), request, listener, window=1000) as one:
                equal((tcp_info(one.app)["snd_wscale"], tcp_info(one.app)["snd_wnd"]), (14, 1000 << 14))
    for request, listener in BOTH:
        with Connection(mss(1460), request, listener, window=1000) as one:
            info = tcp_info(one.app)
            equal((info["options"], info["snd_wscale"], info["rcv_wscale"], info["snd_wnd"]), (set(), 0, 0, 1000))


@test("of any MSS offered, or none, the server makes what the kernel's own would; the SYN-ACK's own fits the fabric")
def _():
    data = os.urandom(3000)

    def sent(one):
        most = tcp_info(one.app)["snd_mss"]
        return most, len(one.first(data[:2 * most]).data)
    for value in None, 0, 1, 47, 48, 87, 88, 89, 500, 536, 1300, 1443, 1444, 1460, 8960, 9000, 65535:
        for more in b"", timestamps(1):
            options = (b"" if value is None else mss(value)) + more
            with Connection(options, b"request", own, 8080) as one:
                wanted = sent(one)
            if value is None:
                equal(wanted[0], 536 - (12 if more else 0), "the kernel's own")
            for request, listener in BOTH:
                with Connection(options, request, listener) as one:
                    equal(sent(one), wanted, f"MSS {value} {more}")
                    advertised = tcp_info(one.app)["advmss"] + len(more)
                    equal((one.syn_ack.options[2], advertised), (mss(1444)[2:], 1444))


def mtu(device, size):
    for name in "board1", "board2":
        sh(f"ip link set {name}-{device} mtu {size}")
        sh(f"ip -n {name} link set {device} mtu {size}")


@test("jumbo frames: an MSS up to 9000 is used towards the client, and the fabric's size limits what is offered to it")
def _():
    for name in "clients0", "clients0-b":
        sh(f"ip link set {name} mtu 9000")
    mtu("eth0", 9000)
    data = os.urandom(20000)
    for fabric, ours in (1500, 1444), (4000, 3944), (9000, 8944):
        mtu("eth1", fabric)
        for value in 88, 536, 1460, 4000, 8960, 9000:
            for request, listener in BOTH:
                with Connection(mss(value), request, listener) as one:
                    equal(one.syn_ack.options[2], mss(ours)[2:], f"MSS with a fabric of {fabric}")
                    info = tcp_info(one.app)
                    equal((info["snd_mss"], info["advmss"]), (min(value, 8960), ours))
                    equal(len(one.first(data[:2 * min(value, 8960)]).data), min(value, 8960))
                    one.c.send("PA", data[:ours])
                    equal(receive(one.app, ours) == data[:ours], True, "a full segment of the client")
    mtu("eth1", 1500)
    mtu("eth0", 1500)
    for name in "clients0", "clients0-b":
        sh(f"ip link set {name} mtu 1500")


def both_ways(sock, app, data):
    """The data each way, at the same time."""
    sending = [threading.Thread(target=one.sendall, args=(data,)) for one in (sock, app)]
    for one in sending:
        one.start()
    for one in app, sock:
        equal(receive(one, len(data)) == data, True, "what arrived is what was sent")
    for one in sending:
        one.join()


def same_at_both_ends(sock, app, wanted):
    client, server = tcp_info(sock), tcp_info(app)
    equal((client["options"], server["options"]), (wanted, wanted))
    equal((client["snd_wscale"], client["rcv_wscale"]), (server["rcv_wscale"], server["snd_wscale"]))
    equal(bool(client["rcv_wscale"]), "wscale" in wanted)
    space = 12 if "timestamps" in wanted else 0
    equal((client["advmss"], server["advmss"]), (1460 - space, 1444 - space))
    equal((client["snd_mss"], server["snd_mss"]), (1444 - space, 1460 - space))


def switch(namespace, chosen):
    for name, value in chosen.items():
        sysctl(namespace, SWITCHES[name], value)
    return {name for name, value in chosen.items() if value}


def combine(namespace, size):
    """There every combination; real clients, and so much data each way, here and handed off."""
    data = os.urandom(size)
    for n in range(8):
        wanted = switch(namespace, {name: n >> bit & 1 for bit, name in enumerate(SWITCHES)})
        for request, listener in BOTH:
            sock, app = requested(request, listener)
            same_at_both_ends(sock, app, wanted)
            both_ways(sock, app, data)
            sock.close()
            app.close()


@test("real clients with timestamps, SACK and window scaling in every combination: 200 kB each way")
def _():
    combine("client", 200000)


@test("what the board itself has switched off is not agreed on; the other board's switches do not matter")
def _():
    switch("board2", dict.fromkeys(SWITCHES, 0))
    combine("board1", 50000)


def gathering(request):
    """An established client with timestamps; the parts of its request."""
    c = net.client(board1)
    c.handshake(mss(1460) + timestamps(1000))
    c.ts = 1000
    return c, request[:7], request[7:15], request[15:]


@test("what the board acknowledges echoes the client's clock of then; a segment ahead of a hole is not echoed")
def _():
    c, one, two, three = gathering(FAKE)
    c.ts = 1100
    c.send("A", one)
    equal(c.expect("A", ack=c.seq).timestamp()[1], 1100)
    # An older one is refused.
    c.ts = 1050
    c.send("A")
    equal(c.expect("A", ack=c.seq).timestamp()[1], 1100)
    hole = c.seq
    c.ts = 1300
    c.send("A", three[:5], seq=hole + len(two))
    equal(c.expect("A", ack=hole).timestamp()[1], 1100)
    c.ts = 1200
    c.send("A", two)
    got = c.expect("A", ack=hole + len(two) + 5 & MASK)
    equal(got.timestamp()[1], 1200)
    c.ts = 1400
    c.send("PA", three)
    # None of the bytes that follow the offer is older: one was sent at 1100.
    block = fake.expect(CONNECTION, client=(net.address, c.port)).tcb
    equal((block["rcvq_len"], block["ts_recent"]), (len(one + two) + 5, 1100))
    c.reset()
    fake.answered(board1)


def arrives(request, listener, *segments):
    """These parts of a request, sent with these TSvals, reach the application at once: none fails PAWS. (begin, end, TSval,
    how much of all is acknowledged then, or None)"""
    drops = snmp("board1", "TcpExtPAWSEstab"), snmp("board2", "TcpExtPAWSEstab")
    c, *_ = gathering(request)
    first = c.seq
    for begin, end, c.ts, acknowledged in segments:
        c.send("A", request[begin:end], seq=first + begin)
        if acknowledged is not None:
            c.expect("A", ack=first + acknowledged & MASK)
    app, _ = accept(listener)
    app.settimeout(WAIT / 3)
    equal(receive(app, len(request)), request)
    equal((snmp("board1", "TcpExtPAWSEstab"), snmp("board2", "TcpExtPAWSEstab")), drops, "PAWS drops")
    c.seq = first + len(request) & MASK
    app.sendall(b"answer")
    c.ack = c.iss + 1 & MASK
    equal(c.expect_data(b"answer").timestamp()[1], segments[-1][2], "echo")
    c.reset()
    for one in board1, board2:
        wait_for(lambda: not one.flows("local", "port", str(c.port)), "the reset")
    app.close()


@test("what was acknowledged at different times passes PAWS at the board that gets the connection")
def _():
    for request, listener in BOTH:
        arrives(request, listener, (0, 7, 1100, 7), (7, 15, 1200, 15), (15, len(request), 1300, None))


@test("so do segments that were sent again, and have overtaken one another")
def _():
    for request, listener in BOTH:
        arrives(request, listener, (0, 7, 1100, 7), (7, 15, 1200, None), (7, 15, 1400, 15),
                (15, len(request), 1500, None))
        # The first was lost, and is sent again when the second is here.
        arrives(request, listener, (7, 15, 1100, 0), (0, 7, 1300, 15), (15, len(request), 1400, None))
    # What was not acknowledged is the client's to send again, if the other board finds it old.
    arrives(GET, here, (20, len(GET), 1100, 0), (0, 20, 1300, None))


@test("a segment older than the SYN is not held, but answered by an ACK")
def _():
    for request, listener in BOTH:
        c, one, two, three = gathering(request)
        c.ts = 900
        c.send("A", one, seq=c.seq)
        c.expect("A", ack=c.seq)
        c.ts = 1000
        c.send("A", one)
        c.expect("A", ack=c.seq)
        c.send("PA", two + three)
        app, _ = accept(listener)
        equal(receive(app, len(request)), request)
        c.reset()
        for each in board1, board2:
            wait_for(lambda: not each.flows("local", "port", str(c.port)), "the reset")
        app.close()


run(net.wire.story)
