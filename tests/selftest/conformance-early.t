#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Packet scripts as in conformance.t, of what happens before a board is chosen: in the handshake, and while the request
is not complete. And the differences that docs/protocol.md tells of: each exists, and is just that."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import MASK, mss, sack, timestamps, wscale
from scripts import FULL, check_listed, compare, script, standard
from tap import run

HOURS = 10000000


# The handshake

@script("segments of no connection", moves=False)
def _(p):
    for flags in "A", "F", "", "P", "SF", "SFA", "FA", "SA", "SR", "R", "RA", "PA", "U", "FPU":
        p.send(flags, seq=p.c.seq, ack=5000)
        p.see()
    p.send("", b"data", seq=p.c.seq)
    p.send("PA", b"data", seq=p.c.seq, ack=6000)
    p.see()


@script("a SYN with flags that mean nothing there", moves=False)
def _(p):
    p.c.send("SPU", options=FULL)
    p.wait("S")
    p.send("A")
    p.ask()
    p.answered()


@script("a handshake whose last ACK is older than its SYN", moves=False)
def _(p):
    p.syn()
    p.c.ts = 500
    p.send("A")
    p.see()
    p.send("PA", p.request, seq=p.c.seq)
    p.see()
    p.c.ts = 1000
    p.send("A")
    p.ask()
    p.answered()


@script("a SYN whose clock stands at 0", moves=False)
def _(p):
    p.syn(mss(1460) + sack() + timestamps(0) + wscale(7))
    p.c.ts = 0x90000000
    p.send("A")
    p.part()
    p.rest()
    p.answered()


@script("an ACK beside the window does not end a handshake", moves=False)
def _(p):
    p.syn()
    for seq in p.c.seq - 1, p.c.seq + (1 << 20), p.c.seq - 1000:
        p.send("A", seq=seq)
        p.see()
    p.send("PA", p.request, seq=p.c.seq - 1000)
    p.send("PA", p.request, seq=p.c.seq + (1 << 20))
    p.see()
    p.send("A")
    p.ask()
    p.answered()


@script("another SYN in the window of a handshake ends it", moves=False)
def _(p):
    p.syn()
    p.send("S", seq=p.c.seq + 100, options=FULL)
    p.see()
    p.send("A")
    p.see()


@script("another SYN just where the next byte is due ends it, too", moves=False)
def _(p):
    p.syn()
    p.send("S", seq=p.c.seq, options=FULL)
    p.see()
    p.send("A")
    p.see()


@script("another SYN beside the window of a handshake", moves=False)
def _(p):
    p.syn()
    for seq in p.c.isn - 1, p.c.isn - 1000, p.c.isn + (1 << 30):
        p.send("S", seq=seq, options=FULL)
        p.see()
    p.send("A")
    p.ask()
    p.answered()


@script("the SYN once more, with an older clock", moves=False)
def _(p):
    p.syn()
    p.send("S", seq=p.c.isn, options=mss(1460) + sack() + timestamps(500) + wscale(7))
    p.see()
    p.send("A")
    p.ask()
    p.answered()


@script("a SYN-ACK for the SYN-ACK", moves=False)
def _(p):
    p.syn()
    for seq in p.c.isn, p.c.seq + 10:
        p.send("SA", seq=seq, ack=p.c.ack + 7, options=FULL)
        p.see()
    p.send("SA", seq=p.c.isn, options=FULL)
    p.see()
    p.send("SA", seq=p.c.seq + 10, options=FULL)
    p.see()


@script("segments without an ACK do not end a handshake", moves=False)
def _(p):
    p.syn()
    for flags in "", "F", "P":
        p.send(flags, seq=p.c.seq)
        p.see()
        p.send(flags, seq=p.c.seq - 1000)
        p.see()
    p.send("A")
    p.ask()
    p.answered()


@script("a RST in the window of a handshake, but not at its edge, is challenged", moves=False)
def _(p):
    p.syn()
    p.send("R", seq=p.c.seq + 100)
    p.see()
    for seq in p.c.seq - 1, p.c.seq - 1000, p.c.seq + (1 << 20):
        p.send("R", seq=seq)
        p.send("RA", seq=seq, ack=77)
    p.see()
    p.send("A")
    p.ask()
    p.answered()


@script("a RST with an ACK of anything ends a handshake", moves=False)
def _(p):
    p.syn()
    p.send("RA", ack=77)
    p.see()
    p.send("A")
    p.see()


@script("a RST that is older than the SYN does not end a handshake", moves=False)
def _(p):
    p.syn()
    p.c.ts = 500
    p.send("R", seq=p.c.seq)
    p.see()
    p.c.ts = 1000
    p.send("A")
    p.ask()
    p.answered()


@script("the request comes with the handshake's ACK", moves=False)
def _(p):
    p.syn()
    p.ask()
    p.answered()


@script("a FIN ends a handshake and the connection", moves=False)
def _(p):
    p.syn()
    p.send("FA")
    p.unasked()


# Before the request is complete

for count in 0, 10:
    WHEN = "behind a part of a request" if count else "before the request"

    @script(f"keep-alives {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        for _ in range(2):
            p.send("A", seq=p.c.seq - 1)
            p.see()
        p.rest(count)
        p.answered()

    @script(f"empty segments beside the window {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        for seq in p.c.seq - 1000, p.c.seq + (1 << 20), p.c.seq + 100:
            p.send("A", seq=seq)
            p.see()
        p.rest(count)
        p.answered()

    @script(f"data beside the window {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.send("PA", b"x" * 100, seq=p.c.seq + (1 << 20))
        p.see()
        p.send("PA", b"x" * 100, seq=p.c.seq - 1000)
        p.see()
        p.send("FA", seq=p.c.seq + (1 << 20))
        p.see()
        p.rest(count)
        p.answered()

    @script(f"a clock that goes back {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.c.ts = 1000000
        p.send("A")
        p.part(count)
        p.c.ts = 900000
        p.send("A", seq=p.c.seq)
        p.see()
        p.send("PA", b"old", seq=p.c.seq)
        p.see()
        p.send("FA", seq=p.c.seq)
        p.see()
        p.send("S", seq=p.c.seq, options=mss(1460) + timestamps(p.c.ts))
        p.see()
        # No older than a reordered ACK might be.
        p.c.ts = 1000000 - 10
        p.send("A", seq=p.c.seq)
        p.see()
        p.c.ts = 1000000
        p.rest(count)
        p.answered()

    @script(f"acknowledgements of too much and of too little {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        for ack in p.c.ack + 1, p.c.ack + 1000, p.c.ack - 1, p.c.ack - 1000, p.c.ack - (1 << 30):
            for data in b"", b"x":
                p.send("PA", data, seq=p.c.seq, ack=ack)
                p.see()
        p.rest(count)
        p.answered()

    @script(f"RSTs beside the edge {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.send("R", seq=p.c.seq + 1)
        p.see()
        for seq in p.c.seq - 1, p.c.seq - 1000, p.c.seq + (1 << 20):
            p.send("R", seq=seq)
            p.see()
        p.rest(count)
        p.answered()

    @script(f"a RST at the edge {WHEN}, with an old clock", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.c.ts = 1
        p.send("R", seq=p.c.seq)
        p.see()
        p.send("A")
        p.see()

    @script(f"SYNs {WHEN} are challenged, wherever they are", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        for seq in p.c.isn, p.c.seq, p.c.seq + 1000, p.c.seq - 1000, p.c.seq + (1 << 30):
            p.send("S", seq=seq & MASK, options=FULL)
            p.see()
        p.send("SA", seq=p.c.seq, options=FULL)
        p.see()
        p.rest(count)
        p.answered()

    @script(f"segments without an ACK {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        for flags, data in ("", b""), ("", b"data"), ("F", b""), ("P", b"x"), ("U", b"x"):
            p.send(flags, data, seq=p.c.seq)
            p.see()
        p.rest(count)
        p.answered()

    @script(f"a segment without a timestamp {WHEN}, where they were agreed on", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        ts, p.c.ts = p.c.ts, None
        p.rest(count)
        p.acked()
        p.c.ts = ts
        p.data(b"answer")
        p.ended()

    @script(f"a client that closes its window {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.send("PA", p.request[count:count + 2], window=0)
        p.send("PA", p.request[count + 2:], window=0)
        p.served()
        p.acked()
        p.app.sendall(b"answer")
        p.see()
        p.send("A")
        p.upto(6)
        p.ended()

    @script(f"answers to invalid segments {WHEN} are limited in their rate", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.sysctl("tcp_invalid_ratelimit", HOURS)
        for _ in range(3):
            p.send("A", seq=p.c.seq - 1)
            p.see()
        p.send("R", seq=p.c.seq + 1)
        p.send("S", seq=p.c.seq, options=FULL)
        p.send("A", seq=p.c.seq, ack=p.c.ack - 1)
        p.see()
        p.send("PA", b"x", seq=p.c.seq - 1000)
        p.see()

    @script(f"urgent data {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.send("AU", p.request[count:count + 5], urgent=3)
        p.send("PA", p.request[count + 5:])
        p.accept()
        p.app.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        p.read(len(p.request))
        p.answered()

    @script(f"data that ends beyond the window {WHEN}", moves=bool(count))
    def _(p, count=count):
        p.handshake(mss(1460))
        p.part(count)
        # What the SYN-ACK told.
        p.send("PA", b"x" * 100, seq=p.c.isn + 1 + p.window - 50)
        p.see()

    @script(f"sequence numbers that wrap {WHEN}", isn=-count - 1, moves=bool(count))
    def _(p, count=count):
        p.handshake()
        p.part(count)
        p.send("A", seq=p.c.seq - 1)
        p.see()
        p.rest(count)
        p.answered()


for flags, what in ("S", "SYNs"), ("A", "ACKs"), ("R", "RSTs"):
    @script(f"answers to invalid {what} in a handshake are limited in their rate", moves=False)
    def _(p, flags=flags):
        p.sysctl("tcp_invalid_ratelimit", HOURS)
        p.syn()
        for _ in range(3):
            p.send(flags, seq=p.c.isn if flags == "S" else p.c.seq + (100 if flags == "R" else -1000),
                   options=FULL if flags == "S" else b"")
            p.see()
        p.send("PA", b"x", seq=p.c.seq - 1000)
        p.see()


@script("bytes that were acknowledged come again")
def _(p):
    p.handshake(mss(1460) + timestamps(1000))
    p.part()
    start = p.c.seq - 10
    for count in 10, 5:
        p.send("PA", p.request[:count], seq=start)
        p.see()
    p.send("PA", p.request[5:20], seq=start + 5)
    p.c.seq = start + 20
    p.acked()
    p.rest(20)
    p.answered()


@script("a FIN behind a part of a request", moves=False)
def _(p):
    p.handshake()
    p.part()
    p.send("FA")
    p.accept()
    p.read(10)
    p.read(1)
    p.acked()
    p.data(b"answer")
    p.closes()


@script("a smaller window is heeded when the sequence number has advanced")
def _(p):
    p.handshake(mss(1460))
    p.send("PA", p.request[:10], window=3000)
    p.acked()
    p.send("PA", p.request[10:], window=1000)
    p.served()
    p.acked()
    p.app.sendall(b"x" * 1000)
    p.upto(1000)
    p.send("A", window=0)
    p.app.sendall(b"y" * 100)
    p.see()
    p.send("A")
    p.upto(1100)
    p.ended()


@script("a smaller window is not heeded before that")
def _(p):
    p.handshake(mss(1460))
    p.send("A", window=1000)
    p.send("PA", p.request, window=1000)
    p.served()
    p.acked()
    p.app.sendall(b"x" * 3000)
    p.upto(3000)
    p.ended()


@script("gaps are told, the latest first, and what comes again")
def _(p):
    p.handshake()
    start = p.c.seq
    for at in 30, 10, 20, 5, 12, 30:
        p.send("PA", p.request[at:at + 3], seq=start + at)
        p.see()
    p.send("PA", p.request[:33])
    p.acked()
    p.send("PA", p.request[33:])
    p.served()
    p.answered()


for limit in 4096, 20000, 131072, 1 << 20:
    @script(f"buffers of {limit} bytes", moves=False)
    def _(p, limit=limit):
        p.sysctl("tcp_rmem", f"4096 {limit} 6291456")
        p.listen()
        for options in mss(1460), FULL:
            p.new()
            p.syn(options)
            p.send("R")
            p.see()


# What is listed

def instead(line, **fields):
    """A segment of a story, with other fields."""
    names = "flags", "seq", "ack", "window", "data", "options"
    return tuple(fields.get(name, value) for name, value in zip(names, line)) + line[len(names):]


@script("data in a SYN, where the listener takes it", known="data in a SYN", moves=False,
        but=lambda story: [instead(story[0], ack=1), *story[1:]])
def _(p):
    p.sysctl("tcp_fastopen", 0x203)
    p.listen(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    p.send("S", p.request, options=FULL)
    p.wait("S")
    p.see()


@script("a SYN-ACK where the fabric is narrow", known="the MSS of the SYN-ACK", moves=False,
        but=lambda story: [instead(story[0], window=64980, options=[(2, f"{1444:04x}")]), *story[1:]])
def _(p):
    p.mtu(1500)
    p.syn(mss(1460))


@script("a listener with a small buffer", known="the listening socket's own options", moves=False,
        but=lambda story: [instead(story[0], window=64240), *story[1:]])
def _(p):
    p.listen(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    p.syn(mss(1460))


@script("the rate of answers to invalid segments", known="`tcp_invalid_ratelimit`",
        but=lambda story: [*story[:-3], instead(story[2], ack=40, window=story[-2][3]), *story[-3:]])
def _(p):
    p.handshake()
    p.part()
    p.sysctl("tcp_invalid_ratelimit", HOURS)
    for _ in range(2):
        p.send("A", seq=p.c.seq - 1)
        p.see()
    p.rest()
    p.acked()
    p.send("A", seq=p.c.seq - 1)
    p.see()
    p.data(b"answer")
    p.see()


@script("an urgent pointer without data", known="an urgent pointer without data, before a board is chosen",
        but=lambda story: [story[0], "recv() fails: OSError", ("reads", b""), *story[2:]])
def _(p):
    p.handshake()
    p.send("AU", seq=p.c.seq, urgent=1)
    p.send("PA", p.request)
    p.accept()
    p.read(1, socket.MSG_OOB)
    p.acked()


network, kernel, services = standard()
check_listed()
compare(network, kernel, services)
run(network.wire.story)
