#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""A client played by hand against a service of board 1: from its SYN to the board that gets the connection."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (MASK, Clients, accept, accepted, before, cluster, counted, mss, receive, sack, timestamps,
                    wscale)
from tap import after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
here, there = board1.listen(), board2.listen()
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/moved", "server", "10.0.0.2")
# Nothing but what a test sends decides.
board1.set(hold_ms=600000)

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
MOVED = b"GET /moved HTTP/1.1\r\nHost: a.example\r\n\r\n"
# A SYN-ACK sent again because the machine is slow is no error.
SLOW = ("syn_ack_sent",)


def new(**fields):
    return net.client(board1, **fields)


def counts(**wanted):
    return counted(board1, lambda: net.sync(board1), SLOW, **wanted)


def temporary(c):
    return len(board1.flows("temporary", "from", net.address, "port", str(c.port)))


def attached(c):
    """A socket of board 1 gets its request, and is ended by its reset."""
    sock, _ = accept(here)
    equal(sock.recv(1000), GET)
    c.expect("A", ack=c.seq)
    c.reset()
    sock.close()


@after_each
def nothing_is_left():
    for table in "temporary", "connect":
        equal(board1.flows(table), [], table)
    equal(accepted(here), None, "accepted by board 1")
    equal(accepted(there), None, "accepted by board 2")


@test("the SYN-ACK has the options that the SYN offers, and an MSS that leaves room on the fabric")
def _():
    for n in range(16):
        c = new()
        options = ((mss(1460) if n & 1 else b"") + (wscale(7) if n & 2 else b"") + (sack() if n & 4 else b"") +
                   (timestamps(4711) if n & 8 else b""))
        c.send("S", options=options)
        got = c.expect("SA", ack=c.isn + 1)
        want = {2} | ({3} if n & 2 else set()) | ({4} if n & 4 else set()) | ({8} if n & 8 else set())
        equal(set(got.options), want, f"options for {options.hex()}")
        equal(int.from_bytes(got.options[2], "big"), 1444, "MSS")
        check(10 * 1444 <= got.window <= 65535, f"window {got.window}")
        if n & 2:
            check(got.options[3][0] <= 14, f"window scale {got.options[3][0]}")
        if n & 8:
            equal(got.timestamp()[1], 4711, "echoed timestamp")
        c.reset()


@test("an entry stands in the Temporary Table until it has its place")
def _():
    c = new()
    with counts(syn_received=1, table_temporary=1):
        c.send("S")
        c.expect("SA")
    row, = board1.flows("temporary", "from", net.address, "port", str(c.port))
    equal([row[name] for name in ("src_ip", "src_port", "dst_ip", "dst_port")], [net.address, c.port, "192.0.2.1", 80])
    with counts(established=1):
        c.send("A")
    equal(temporary(c), 1)
    with counts(held=1, policy_hit=1, policy_local_first=1, attached_here=1, table_temporary=-1, table_local=1):
        c.send("PA", GET)
    equal(temporary(c), 0)
    equal(len(board1.flows("local", "from", net.address, "port", str(c.port))), 1)
    sock, address = accept(here)
    equal(address, (net.address, c.port))
    equal(sock.getsockname(), ("192.0.2.1", 80))
    equal(sock.recv(1000), GET)
    sock.sendall(b"answer")
    equal(c.expect("A", ack=c.seq).data, b"", "acknowledgement")
    equal(c.expect("PA", seq=c.ack).data, b"answer")
    c.send("A")
    c.reset()
    sock.close()


@test("a SYN-ACK without answer is sent again, more seldom each time, and the handshake still ends well")
def _():
    c = new()
    c.send("S", options=mss(1460) + timestamps(1))
    first = c.expect("SA")
    times = [time.monotonic()]
    last = first.timestamp()[0]
    for _ in range(2):
        again = c.expect_again(first)
        times.append(time.monotonic())
        equal(set(again.options), set(first.options), "options")
        check(before(last, again.timestamp()[0]), f"TSval goes from {last} to {again.timestamp()[0]}")
        last = again.timestamp()[0]
    check(times[2] - times[1] > times[1] - times[0], f"intervals of {times}")
    c.ts = 2
    with counts(established=1):
        c.send("A")
    c.reset()


@test("the SYN again gets the same SYN-ACK at once")
def _():
    c = new()
    c.send("S", options=mss(1000) + wscale(3) + sack())
    first = c.expect("SA")
    with counted(board1, lambda: net.sync(board1), syn_ack_sent=1):
        c.send("S", options=mss(1000) + wscale(3) + sack(), seq=c.isn)
    again = c.expect_again(first)
    equal((again.options, again.window), (first.options, first.window))
    c.reset()


@test("another SYN of the same port is told where the first one is, and ends it by RST")
def _():
    c = new()
    c.send("S")
    first = c.expect("SA")
    c.send("S", seq=c.isn + 100000)
    got = c.expect("A", seq=first.seq + 1 & MASK, ack=c.isn + 1)
    # As a client does that knows nothing of the first SYN.
    with counts(reset_received=1, table_temporary=-1):
        c.send("R", seq=got.ack)
    c.isn += 100000
    c.seq = c.isn
    c.handshake()
    c.reset()


@test("an ACK of what was never sent gets a RST with that number, and the entry stays")
def _():
    c = new()
    c.send("S")
    c.expect("SA")
    with counts(bad_ack=1, reset_sent=1):
        c.send("A", ack=c.ack + 1)
        c.expect("R", seq=c.ack + 1 & MASK)
    with counts(established=1):
        c.send("A")
    c.reset()


@test("the client's RST ends an entry; one beside RCV.NXT does not")
def _():
    for shake in False, True:
        c = new()
        if shake:
            c.handshake()
        else:
            c.send("S")
            c.expect("SA")
        with counts(drop_packet_sequence=2):
            c.send("R", seq=c.seq + 100000)
            c.send("R", seq=c.seq - 1)
        c.nothing()
        # In the window it is challenged (RFC 5961).
        with counts(drop_packet_sequence=1):
            c.send("R", seq=c.seq + 1)
        c.expect("A", ack=c.seq)
        equal(temporary(c), 1)
        with counts(reset_received=1, table_temporary=-1):
            c.reset()
        c.nothing()
        with counts(no_endpoint=1, reset_sent=1):
            c.send("A", GET)
        c.expect("R")


@test("the request may come with the handshake's ACK")
def _():
    c = new()
    c.send("S")
    c.expect("SA")
    with counts(established=1, held=1, policy_hit=1, policy_local_first=1, attached_here=1, table_temporary=-1,
                table_local=1):
        c.send("PA", GET)
    attached(c)


@test("data in the SYN, and a Fast Open cookie, are ignored: the client sends them again")
def _():
    for option in b"", b"\x22\x02\1\1", b"\x22\x0a" + b"cookie!!" + b"\1\1":
        c = new()
        c.send("S", GET, seq=c.isn, options=mss(1460) + option)
        got = c.expect("SA", ack=c.isn + 1)
        equal(set(got.options), {2})
        c.seq = c.isn + 1
        c.send("PA", GET)
        attached(c)


@test("a FIN before any request goes to the policy's board, whose application sees the end")
def _():
    c = new()
    c.handshake()
    c.send("FA")
    sock, _ = accept(here)
    equal(sock.recv(1000), b"")
    c.expect("A", ack=c.seq)
    sock.close()
    c.expect("FA")
    c.send("A")


@test("segments out of order, doubled and overlapping are put together")
def _():
    for request, listener in (GET, here), (MOVED, there):
        for parts in (((10, 99), (0, 10)), ((20, 99), (5, 20), (0, 5)), ((0, 10), (0, 10), (10, 99)),
                      ((0, 12), (8, 99)), ((12, 20), (0, 15), (15, 99)), ((5, 15), (0, 20), (20, 99)),
                      ((15, 99), (0, 30))):
            c = new()
            c.handshake()
            start = c.seq
            for begin, end in parts:
                c.send("PA", request[begin:end], seq=start + begin)
            sock, address = accept(listener)
            equal(address, (net.address, c.port))
            equal(receive(sock, len(request)), request, f"{parts}")
            sock.close()
            c.seq = start + len(request)
            c.reset()


@test("what lies outside the window is dropped and answered by an ACK that says where it is")
def _():
    c = new()
    window = c.handshake().window
    for seq in c.seq + window + 1, c.seq - len(GET), c.seq - 100000:
        with counts(drop_packet_sequence=1):
            c.send("PA", GET, seq=seq)
        c.expect("A", seq=c.ack, ack=c.seq)
    # The last byte of the window is inside.
    with counts(held=1):
        c.send("A", b"x", seq=c.seq + window - 1)
    c.reset()


@test("an acknowledgement of what was never sent is dropped after the handshake as well")
def _():
    c = new()
    c.handshake()
    with counts(drop_packet_sequence=2):
        c.send("PA", GET, seq=c.seq, ack=c.ack + 1)
        c.send("PA", GET, seq=c.seq, ack=c.ack - 1)
    equal(temporary(c), 1)
    c.reset()


@test("a wrong checksum is dropped and counted in every stage")
def _():
    c = new()
    with counts(drop_packet_checksum=1):
        c.send("S", seq=c.isn, bad_checksum=True)
    # The IP header's is the stack's to judge.
    with counts():
        c.send("S", seq=c.isn, bad_header=True)
    c.nothing()
    c.send("S")
    c.expect("SA")
    with counts(drop_packet_checksum=2):
        c.send("A", bad_checksum=True)
        c.send("R", bad_checksum=True)
    c.send("A")
    with counts(drop_packet_checksum=2):
        c.send("PA", GET, bad_checksum=True)
        c.send("R", bad_checksum=True)
    c.nothing()
    with counts(drop_packet_checksum=1):
        c.send("A", GET, seq=1, bad_checksum=True)
    c.reset()


@test("initial sequence numbers differ between connections and go with the clock")
def _():
    first = {}
    for n in range(8):
        c = new()
        begun = time.time_ns()
        c.send("S")
        first[c.port] = c.expect("SA").seq, begun, time.time_ns()
        c.reset()
    equal(len({iss for iss, _, _ in first.values()}), 8)
    offsets = {iss - (begun >> 6) & MASK for iss, begun, _ in first.values()}
    check(max(offsets) - min(offsets) > 1 << 24, f"one can be told from another: {offsets}")
    for port, (iss, begun, done) in first.items():
        c = new(sport=port)
        again = time.time_ns()
        c.send("S")
        step = c.expect("SA").seq - iss & MASK
        most = (time.time_ns() - begun >> 6) + 1
        check(again - done >> 6 <= step <= most, f"{again - done >> 6} <= {step} <= {most}")
        c.reset()


@test("timestamps go on at the board that gets the connection, and PAWS holds there")
def _():
    c = new()
    first = c.handshake(mss(1460) + sack() + timestamps(1000) + wscale(7))
    c.ts = 1001
    c.send("PA", MOVED)
    sock, _ = accept(there)
    equal(sock.recv(1000), MOVED)
    sock.sendall(b"answer")
    last = first.timestamp()[0]
    for wanted in b"", b"answer":
        got = c.expect("PA" if wanted else "A", ack=c.seq, data=wanted)
        check(got.timestamp(), "no timestamp")
        check(not before(got.timestamp()[0], last), f"TSval falls from {last} to {got.timestamp()[0]}")
        equal(got.timestamp()[1], 1001, "echo")
        last = got.timestamp()[0]
    # Of a former life of the port: dropped, and acknowledged again.
    c.send("PA", b"old", seq=c.seq, options=timestamps(900, last))
    c.expect("A", ack=c.seq)
    c.ts = 1002
    c.send("PA", b"new")
    equal(sock.recv(1000), b"new")
    c.reset()
    wait_for(lambda: not board2.flows("local"), "the reset")
    sock.close()


@test("an ACK of no connection gets a RST, as RFC 9293 makes it; a RST, and what has no ACK, gets none")
def _():
    c = new()
    with counts(no_endpoint=4, reset_sent=2):
        c.send("A", seq=5, ack=77)
        c.expect("R", seq=77)
        c.send("SA", seq=5, ack=78)
        c.expect("R", seq=78)
        c.send("F", b"abc", seq=5)
        c.send("R", seq=5)
    c.nothing()


@test("a part of a request is acknowledged when the delayed-ACK time has passed, and not before")
def _():
    for _ in range(50):
        c = new()
        c.handshake()
        c.nothing()
        begun = time.monotonic()
        c.send("A", GET[:20])
        early = c.answered()
        took = time.monotonic() - begun
        if took < 0.03:
            break
        # The machine was busy: the time may have passed, which says nothing.
        c.reset()
    else:
        check(False, "never seen in less than 30 ms")
    equal(early, [])
    c.expect("A", ack=c.seq)
    # The rest is one request with it.
    c.send("PA", GET[20:])
    sock, _ = accept(here)
    equal(receive(sock, len(GET)), GET)
    c.expect_acknowledged()
    c.reset()
    sock.close()


@test("what was acknowledged goes with the connection to another board")
def _():
    c = new()
    c.handshake()
    for begin, end in (0, 7), (7, 15):
        c.send("A", MOVED[begin:end])
        c.expect("A", ack=c.seq)
    c.send("PA", MOVED[15:])
    sock, _ = accept(there)
    equal(receive(sock, len(MOVED)), MOVED)
    c.expect_acknowledged()
    c.reset()
    wait_for(lambda: not board2.flows("local"), "the reset")
    sock.close()


@test("a copy of what was acknowledged is acknowledged again")
def _():
    c = new()
    c.handshake()
    start = c.seq
    c.send("A", GET[:20])
    c.expect("A", ack=c.seq)
    with counts(drop_packet_sequence=1):
        c.send("A", GET[:20], seq=start)
    c.expect("A", ack=c.seq)
    c.reset()


@test("at the Temporary Table's limit a SYN is dropped and counted, below it taken again")
def _():
    board1.set(limit_temporary=2)
    a, b, c = new(), new(), new()
    for client in a, b:
        client.send("S")
        client.expect("SA")
    with counts(syn_received=1, drop_limit_temporary=1):
        c.send("S", seq=c.isn)
    c.nothing()
    a.reset()
    c.send("S")
    c.expect("SA")
    b.reset()
    c.reset()
    board1.set(limit_temporary=1000)


run(net.wire.story)
