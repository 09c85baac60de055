#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Floods: what they take is bounded, each refusal is counted, and honest clients are served meanwhile, or as soon as there
is room. limits.sh has the tables of endpoints that have their place."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (CONNECTION, MASK, PACKET, WITHDRAW, Clients, Fabric, Namespace, accept, accepted, cluster, conn, frame,
                    mac_bytes, notice, receive, requested, segment, sysctl, tcb)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
known = Fabric([board1, board2], 9)
stranger = Fabric([board1, board2], 10, known=False)
here, there = board1.listen(), board2.listen()
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/moved", "server", board2.fabric)
# Nothing but what a test sends decides.
for board in board1, board2:
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)
DEFAULT = board1.show()
ROOM = dict(limit_temporary=DEFAULT["limit_temporary"], syn_cookies_threshold=DEFAULT["syn_cookies_threshold"],
            hold_bytes=DEFAULT["hold_bytes"])
SERVICE = "192.0.2.1", 80
ELSEWHERE = "192.0.2.77", 80
MOVED = b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n"


def end(sock, app):
    """The client's answer, and both ends are gone."""
    app.sendall(b"answer")
    equal(receive(sock, 6), b"answer")
    sock.close()
    equal(receive(app, 1), b"")
    app.close()


def honest(listener=there):
    end(*requested(MOVED, listener))


def since(board, before, **wanted):
    """How much these have grown, exactly."""
    now = board.stats()
    equal({name: now[name] - before[name] for name in wanted}, wanted, board.name)


def syn(port, flags="S", seq=1000):
    net.wire.send_raw(mac_bytes(board1.mac(0)) + net.wire.mac + b"\x08\0" +
                      segment(net.address, port, *SERVICE, flags, seq))


def rows(board, table="temporary"):
    return board.stats()["table_" + table]


@after_each
def nothing_left():
    board1.set(**ROOM)
    wait_for(lambda: not rows(board1) and not rows(board2, "reserved"), "the flood's rows to go")


@test("a SYN flood is answered by cookies from the threshold on, and honest clients are served meanwhile")
def _():
    board1.set(syn_cookies_threshold=100)
    before = board1.stats()
    for first in range(20000, 21500, 500):
        for port in range(first, first + 500):
            syn(port)
        net.sync(board1)
        honest()
    since(board1, before, handoff_done=3, drop_limit_temporary=0)
    now = board1.stats()
    # On a very slow machine the first of them have been given up.
    check(0 < now["table_temporary"] <= 100, f"{now['table_temporary']} rows")
    check(now["syn_received"] - before["syn_received"] >= 1503, "SYNs were not seen")
    check(now["syn_cookies_sent"] > before["syn_cookies_sent"], "no cookies")
    for port in range(20000, 20100):
        syn(port, "R", 1001)


@test("without cookies the table is full at its limit; an honest client comes in when there is room")
def _():
    sysctl("board1", "tcp_syncookies", 0)
    board1.set(limit_temporary=50)
    before = board1.stats()
    for port in range(24000, 24500):
        syn(port)
    net.sync(board1)
    since(board1, before, syn_received=500, table_temporary=50, drop_limit_temporary=450, syn_cookies_sent=0)
    with Namespace("client"):
        sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(SERVICE)
    wait_for(lambda: board1.stats()["drop_limit_temporary"] - before["drop_limit_temporary"] > 450, "the client's SYN")
    for port in range(24000, 24050):
        syn(port, "R", 1001)
    sock.settimeout(WAIT)
    wait_for(lambda: sock.connect_ex(SERVICE) in (0, 106), "the client's connection")
    sock.sendall(MOVED)
    app, _ = accept(there)
    equal(receive(app, len(MOVED)), MOVED)
    end(sock, app)
    sysctl("board1", "tcp_syncookies", 1)


@test("connections without a request fill the table and no more; an honest client is served when there is room")
def _():
    board1.set(syn_cookies_threshold=25, limit_temporary=50)
    before = board1.stats()
    clients = [net.client(board1) for _ in range(100)]
    for c in clients:
        c.handshake()
    net.sync(board1)
    since(board1, before, established=50, table_temporary=50, drop_limit_temporary=50, attached_here=0)
    with Namespace("client"):
        sock = socket.socket()
    sock.settimeout(WAIT)
    sock.connect(SERVICE)
    sock.sendall(MOVED)
    wait_for(lambda: board1.stats()["drop_limit_temporary"] - before["drop_limit_temporary"] > 50, "the client's ACK")
    check(accepted(there) is None, "it was served")
    for c in clients[:50]:
        c.reset()
    app, _ = accept(there)
    equal(receive(app, len(MOVED)), MOVED)
    end(sock, app)


@test("slow requests keep nobody from being served, and are read to the bound only")
def _():
    board1.set(hold_bytes=256)
    before = board1.stats()
    clients = [net.client(board1) for _ in range(50)]
    for c in clients:
        c.handshake()
    for i in range(4):
        for c in clients:
            c.send("PA", b"GET "[i:i + 1])
        net.sync(board1)
        honest()
    since(board1, before, table_temporary=50, established=54, request_too_long=0, handoff_done=4)
    # One of them goes on: the policy places it.
    clients[0].send("PA", b"x" * 300)
    app, _ = accept(here)
    equal(receive(app, 304), b"GET " + b"x" * 300)
    since(board1, before, request_too_long=1, attached_here=1)
    for c in clients:
        c.reset()
    wait_for(lambda: not board1.flows("local"), "the reset")
    app.close()


@test("a body before the request is held as far as the window reaches")
def _():
    before = board1.stats()
    clients = [net.client(board1) for _ in range(10)]
    for c in clients:
        c.handshake()
        start = c.seq
        for i in range(1, 101):
            c.send("A", b"x" * 1000, seq=start + 1000 * i & MASK)
    net.sync(board1)
    honest()
    now = board1.stats()
    held, refused = (now[name] - before[name] for name in ("held", "drop_packet_sequence"))
    # The honest client's request, too.
    equal(held + refused, 1001, "segments held and refused")
    check(held <= 10 * 65 + 1, f"{held} of them held")
    since(board1, before, table_temporary=10)
    for c in clients:
        c.reset()


@test("forged frames of strangers leave nothing behind")
def _():
    before = board2.stats()
    for number in range(1, 1001):
        at = net.address, 30000 + number
        stranger.send(board2, CONNECTION, at, (board2.fabric, 80), conn(ELSEWHERE, tcb(number)))
    stranger.sync(board2)
    since(board2, before, drop_frame_sender=1000, table_reserved=0, accepted=0)
    honest()


@test("a board that offers without end gets as far as the limit; honest clients are served where they arrived")
def _():
    board2.set(limit_reserved=50)
    before = board2.stats()
    for number in range(1, 201):
        known.send(board2, CONNECTION, (net.address, 30000 + number), (board2.fabric, 80), conn(ELSEWHERE, tcb(number)))
    known.sync(board2)
    since(board2, before, table_reserved=50, drop_limit_reserved=150, refused_no_memory=150, accepted=0)
    honest(here)
    for number in range(1, 51):
        known.send(board2, WITHDRAW, (net.address, 30000 + number), (board2.fabric, 80), notice(0, number, ELSEWHERE))
    known.sync(board2)
    board2.set(limit_reserved=DEFAULT["limit_reserved"])
    honest()


@test("packets for connections that are none are answered, and make none")
def _():
    before = board2.stats()
    for number in range(1, 501):
        at = net.address, 40000 + number
        known.send_bytes(board2, frame(PACKET, at, (board2.fabric, 80), segment(*at, *ELSEWHERE, "A", 1001, 5001)))
    known.sync(board2)
    since(board2, before, drop_packet_unknown=500, table_reserved=0, accepted=0)
    honest()


run()
