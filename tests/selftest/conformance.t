#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""A client cannot tell a service of ipOS from an ordinary listener of the same kernel: packet scripts, each played to
the listener, to the service whose connection stays where it arrived, and to the one whose connection moves."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import MASK, mss, sack, timestamps, wscale
from scripts import FULL, compare, script, standard
from tap import run

@script("a request, its response, and the client's close")
def _(p):
    p.handshake()
    p.see()
    p.ask()
    p.acked()
    p.data(b"answer")
    p.send("A")
    p.see()
    p.ended()


for name, options in (("no options", b""), ("an MSS alone", mss(1000)), ("the least MSS", mss(88)),
                      ("timestamps alone", mss(1460) + timestamps(1000)), ("SACK alone", mss(1460) + sack()),
                      ("scaling by 14", mss(1460) + wscale(14))):
    @script(f"a long answer to a client with {name}")
    def _(p, options=options):
        p.begin(options)
        p.data(b"x" * (400 if options == mss(88) else 3000))
        p.ended()


@script("an answer goes no further than the client's window")
def _(p):
    p.begin(mss(1460))
    p.send("A", window=1000)
    p.app.sendall(b"x" * 3000)
    p.upto(1000)
    p.send("A", window=1500)
    p.upto(2500)
    p.send("A", window=65535)
    p.upto(3000)
    p.ended()


@script("a client that closes its window is sent nothing, until it opens it")
def _(p):
    p.begin()
    p.send("A", window=0)
    p.app.sendall(b"answer")
    p.see()
    p.send("A")
    p.upto(6)
    p.ended()


@script("a SYN that comes again is answered again")
def _(p):
    p.syn()
    p.send("S", seq=p.c.isn, options=FULL)
    p.see()
    p.send("A")
    p.ask()
    p.answered()


@script("an acknowledgement of what was never sent ends a handshake")
def _(p):
    p.syn()
    p.send("A", ack=p.c.ack + 9)
    p.see()
    p.send("A")
    p.ask()
    p.acked()


@script("a RST for the SYN-ACK ends a handshake")
def _(p):
    p.syn()
    p.send("R")
    p.see()
    p.send("A")
    p.see()


@script("a request in small pieces")
def _(p):
    p.handshake()
    for at in range(4):
        p.send("PA", p.request[at:at + 1])
    p.send("PA", p.request[4:])
    p.served()
    p.answered()


@script("a request of which the end comes first")
def _(p):
    p.handshake()
    start = p.c.seq
    p.send("PA", p.request[10:], seq=start + 10)
    p.see()
    p.send("PA", p.request[:10])
    p.c.seq = start + len(p.request)
    p.served()
    p.answered()


@script("a request that comes twice")
def _(p):
    p.handshake()
    start = p.c.seq
    p.ask()
    p.acked()
    p.send("PA", p.request, seq=start)
    p.see()
    p.data(b"answer")
    p.ended()


@script("a request together with a FIN")
def _(p):
    p.handshake()
    p.ask(flags="FPA")
    p.read(1)
    p.acked()
    p.data(b"answer")
    p.closes()


@script("an answer to a client that has closed its half")
def _(p):
    p.handshake()
    p.ask()
    p.send("FA")
    p.read(1)
    p.acked()
    p.data(b"x" * 5000)
    p.send("A")
    p.closes()


@script("the application closes first")
def _(p):
    p.begin()
    p.closes()
    p.send("FA")
    p.acked()


@script("both close at once")
def _(p):
    p.begin()
    p.app.close()
    p.wait("F")
    p.send("FA", ack=p.c.ack - 1)
    p.acked()
    p.send("A")
    p.see()


@script("data for a socket that is closed")
def _(p):
    p.begin()
    p.app.close()
    p.wait("F")
    p.send("PA", b"more")
    p.see()


@script("a client that closes without a request", moves=False)
def _(p):
    p.handshake()
    p.send("FA")
    p.unasked()


@script("a client that resets without a request")
def _(p):
    p.handshake()
    p.send("R")
    p.see()
    p.send("PA", p.request)
    p.see()


@script("a RST right behind the request")
def _(p):
    p.handshake()
    p.send("PA", p.request)
    p.send("R")
    p.see()


@script("urgent data")
def _(p):
    p.begin()
    p.send("PAU", b"abc!", urgent=4)
    p.read(3)
    p.read(1, socket.MSG_OOB)
    p.acked()
    p.ended()


@script("urgent data in the request")
def _(p):
    p.handshake()
    p.send("PAU", p.request, urgent=3)
    p.accept()
    p.app.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    p.read(len(p.request))
    p.answered()


@script("the same port again, once the client has closed")
def _(p):
    p.handshake()
    p.ask()
    p.ended()
    p.new(p.c.seq + 1000, p.c.port)
    p.begin()
    p.data(b"answer")
    p.ended()


@script("the same port again, once the server has closed and waits")
def _(p):
    p.begin(mss(1460))
    p.app.close()
    p.wait("F")
    p.send("FA")
    p.acked()
    p.new(p.c.seq + 1000, p.c.port)
    p.begin(mss(1460))
    p.data(b"answer")
    p.ended()


for what, options in ("no timestamps", mss(1460)), ("timestamps", FULL):
    @script(f"an old SYN for a port whose server waits, with {what}", moves=False)
    def _(p, options=options):
        p.begin(options)
        p.app.close()
        p.wait("F")
        p.send("FA")
        p.acked()
        for back in 1, 1000, 1 << 30:
            p.send("S", seq=p.c.seq - back & MASK, options=mss(1460) + (timestamps(500) if options == FULL else b""))
            p.see()
        p.send("PA", b"late")
        p.see()
        p.send("A", seq=p.c.seq - 5)
        p.see()


@script("a SYN for a port whose client has not closed yet", moves=False)
def _(p):
    p.begin()
    p.closes()
    p.send("S", seq=p.c.seq - 1000, options=FULL)
    p.see()
    p.send("S", seq=p.c.seq + 1000, options=FULL)
    p.see()
    p.send("A")
    p.see()


@script("a RST just where it is expected ends the connection")
def _(p):
    p.begin()
    p.send("R")
    p.see()
    p.read(1)


@script("a RST in the window, but not at its edge, is challenged")
def _(p):
    p.begin()
    p.send("R", seq=p.c.seq + 1)
    p.see()
    p.data(b"answer")
    p.ended()


@script("a RST outside the window is nothing")
def _(p):
    p.begin()
    p.send("R", seq=p.c.seq - 1000)
    p.send("R", seq=p.c.seq + (1 << 30))
    p.see()
    p.data(b"answer")
    p.ended()


@script("a SYN into a connection is challenged, wherever it is")
def _(p):
    p.begin()
    for seq in p.c.seq, p.c.seq + 1000, p.c.seq - 1000, p.c.seq + (1 << 30):
        p.send("S", seq=seq & MASK, options=FULL)
        p.see()
    p.send("SA", seq=p.c.seq, options=FULL)
    p.see()
    p.data(b"answer")
    p.ended()


@script("acknowledgements of too much and of too little")
def _(p):
    p.begin()
    p.data(b"answer")
    p.send("A")
    p.send("PA", b"x", seq=p.c.seq, ack=p.c.ack + 1000)
    p.see()
    p.send("PA", b"x", seq=p.c.seq, ack=p.c.ack - (1 << 20))
    p.see()
    p.ended()


@script("data beyond the window is refused")
def _(p):
    p.begin(mss(1460))
    p.send("PA", b"x" * 100, seq=p.c.seq + (1 << 20))
    p.see()
    p.data(b"answer")
    p.ended()


@script("a gap is told, and its filling too")
def _(p):
    p.begin()
    start = p.c.seq
    p.send("PA", b"c" * 10, seq=start + 20)
    p.see()
    p.send("PA", b"b" * 10, seq=start + 10)
    p.see()
    p.send("PA", b"a" * 10, seq=start)
    p.c.seq = start + 30
    p.acked()
    p.read(30)
    p.ended()


@script("a keep-alive is answered")
def _(p):
    p.begin()
    p.send("A", seq=p.c.seq - 1)
    p.see()
    p.send("A", b"\0", seq=p.c.seq - 1)
    p.see()
    p.data(b"answer")
    p.ended()


@script("a segment with an old timestamp is refused")
def _(p):
    p.handshake()
    p.c.ts = 100000
    p.ask()
    p.acked()
    p.c.ts = 90000
    p.send("PA", b"old", seq=p.c.seq)
    p.see()
    p.c.ts = 100001
    p.send("PA", b"new")
    p.read(3)
    p.acked()
    p.ended()


@script("one without a timestamp, where they were agreed on")
def _(p):
    p.begin()
    ts, p.c.ts = p.c.ts, None
    p.send("PA", b"more")
    p.read(4)
    p.see()
    p.c.ts = ts
    p.ended()


for name, isn in (("in the SYN", 0xFFFFFFFF), ("in the request", 0xFFFFFFF0), ("in what follows it", 0xFFFFFFFF - 45)):
    @script(f"sequence numbers that wrap {name}", isn=isn)
    def _(p):
        p.begin()
        p.send("PA", b"y" * 100)
        p.read(100)
        p.acked()
        p.data(b"answer")
        p.ended()


network, kernel, services = standard()
compare(network, kernel, services)
run(network.wire.story)
