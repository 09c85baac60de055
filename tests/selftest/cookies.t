#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""SYN cookies: when they answer, what they carry, and that none of them begins a connection twice."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (CONNECTION, HAS_ECN, HAS_SACK, HAS_TIMESTAMPS, HAS_WSCALE, MASK, Clients, Fabric, Namespace, accept, accepted,
                    before, cluster, counted, mss, receive, sack, segment, sh, sysctl, timestamps, wscale)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
here, there = board1.listen(), board2.listen()
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("service", "add", "tcp", "192.0.2.1:81", "inspect", "none", "target-port", "80")
board1.ctl("service", "add", "tcp", "192.0.2.1:82", "inspect", "http", "target-port", "8082")
board1.ctl("url", "add", "*/moved", "server", board2.fabric)
board1.ctl("url", "add", "*/fake", "server", fake.address)
DEFAULT = board1.show()["syn_cookies_threshold"]
# Nothing but what a test sends decides.
for board in board1, board2:
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)
board1.set(syn_cookies_threshold=0)

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
MOVED = b"GET /moved HTTP/1.1\r\nHost: a.example\r\n\r\n"
FAKE = b"GET /fake HTTP/1.1\r\nHost: a.example\r\n\r\n"
SLOW = ("syn_ack_sent",)
COOKIE = dict(syn_received=1, syn_cookies_sent=1)
TAKEN = dict(syn_cookies_received=1, established=1)


def new(**fields):
    return net.client(board1, **fields)


def counts(board=board1, **wanted):
    return counted(board, lambda: net.sync(board), SLOW, **wanted)


def rows(c, table="temporary", *words):
    return len(board1.flows(table, *words, "from", net.address, "port", str(c.port)))


def tombstone(c):
    return rows(c, "local", "state", "closed")


def cookie(c, options=b"", flags="S", **fields):
    """A SYN and its SYN-ACK."""
    c.send(flags, options=options, **fields)
    got = c.expect(ack=c.isn + 1 & MASK)
    c.iss = got.seq
    equal(rows(c), 0, "entries")
    return got


def served(c, request, listener, answer=b"answer"):
    """The request, which may be with the application already, and an answer."""
    sock, address = accept(listener)
    equal(address, (net.address, c.port))
    equal(sock.getsockname(), c.service)
    equal(receive(sock, len(request)), request)
    sock.sendall(answer)
    c.expect_data(answer)
    return sock


def over(c, sock, board=board1):
    """Reset by the client."""
    c.reset()
    wait_for(lambda: not board.flows("local", "port", str(c.port)), "the reset")
    sock.close()


def offered(c, request=FAKE, **fields):
    """The control block with which board 1 offers the connection; the client is gone then."""
    c.send("PA", request, **fields)
    block = fake.expect(CONNECTION, client=(net.address, c.port)).tcb
    c.reset()
    fake.answered(board1)
    return block


@after_each
def nothing_is_left():
    board1.set(syn_cookies_threshold=0)
    for table in "temporary", "connect":
        equal(board1.flows(table), [], table)
    equal(accepted(here), None, "accepted by board 1")
    equal(accepted(there), None, "accepted by board 2")


@test("at the threshold of unfinished endpoints cookies answer, below it entries are made")
def _():
    board1.set(syn_cookies_threshold=2)
    a, b, c = new(), new(), new()
    for one in a, b:
        with counts(syn_received=1, table_temporary=1):
            one.send("S")
            one.expect("SA")
    with counts(**COOKIE):
        c.send("S")
        c.expect("SA")
    with counts(**TAKEN, table_temporary=1):
        c.send("A")
    equal(rows(c), 1)
    a.reset()
    b.reset()
    d = new()
    with counts(syn_received=1, table_temporary=1):
        d.send("S")
        d.expect("SA")
    d.reset()
    c.reset()
    check(DEFAULT < board1.show()["limit_temporary"], f"the default, {DEFAULT}, is never reached")


@test("the namespace's tcp_syncookies is obeyed: 0 never, 1 at the threshold, 2 always")
def _():
    for value, threshold, wanted in (0, 0, 0), (1, 1000, 0), (1, 0, 1), (2, 1000, 1):
        sysctl("board1", "tcp_syncookies", value)
        board1.set(syn_cookies_threshold=threshold)
        c = new()
        with counts(syn_received=1, syn_cookies_sent=wanted, table_temporary=1 - wanted):
            c.send("S")
            c.expect("SA")
        c.seq = c.isn + 1
        with counts(reset_received=1 - wanted, no_endpoint=wanted, table_temporary=wanted - 1):
            c.reset()
    sysctl("board1", "tcp_syncookies", 1)


@test("the final ACK brings it back, here and by hand-off, with the request or before it")
def _():
    for request, listener in (GET, here), (MOVED, there):
        for early in False, True:
            c = new()
            with counts(**COOKIE):
                cookie(c)
            if early:
                with counts(**TAKEN, table_temporary=1):
                    c.send("A")
            c.send("PA", request)
            sock = served(c, request, listener)
            over(c, sock, board1 if listener is here else board2)


@test("a server that speaks first is reached by the bare ACK")
def _():
    c = net.client(board1, 81)
    cookie(c)
    with counts(**TAKEN, policy_hit=1, policy_local_first=1, attached_here=1, table_local=1):
        c.send("A")
    sock = served(c, b"", here)
    over(c, sock)


@test("where the ACK was lost, the first segment of the request does, and its copies change nothing")
def _():
    c = new()
    cookie(c)
    start = c.seq
    c.send("A", GET[:10])
    c.send("A", GET[:10], seq=start)
    c.send("A", b"", seq=start)
    equal(rows(c), 1)
    c.send("PA", GET[10:])
    sock = served(c, GET, here)
    over(c, sock)


@test("with timestamps every option survives, and goes to the board that gets the connection")
def _():
    sysctl("board1", "tcp_ecn", 2)
    for n in range(8):
        c = new()
        options = (mss(1460) + timestamps(4711) + (wscale(n + 7) if n & 1 else b"") + (sack() if n & 2 else b""))
        syn_ack = cookie(c, options, "SEC" if n & 4 else "S")
        equal(syn_ack.flags, "SAE" if n & 4 else "SA")
        equal(set(syn_ack.options), {2, 8} | ({3} if n & 1 else set()) | ({4} if n & 2 else set()))
        equal(int.from_bytes(syn_ack.options[2], "big"), 1444)
        equal(syn_ack.timestamp()[1], 4711)
        c.ts = 4712
        block = offered(c, window=1000)
        equal(block["flags"] & 15, HAS_TIMESTAMPS | (HAS_WSCALE if n & 1 else 0) | (HAS_SACK if n & 2 else 0) |
              (HAS_ECN if n & 4 else 0), f"flags of {n}")
        if n & 1:
            equal((block["snd_wscale"], block["rcv_wscale"]), (n + 7, syn_ack.options[3][0]))
        equal(block["snd_wnd"], 1000 << (n + 7 if n & 1 else 0))
        equal((block["irs"], block["iss"], block["rcv_nxt"]), (c.isn, c.iss, c.isn + 1 & MASK))
        equal((block["snd_mss"], block["adv_mss"], block["rcv_wnd"]), (1460, 1444, syn_ack.window))
        equal(block["ts_recent"], 4712)
        check(not before(block["tsval"], syn_ack.timestamp()[0]), "the clock goes back")
        check(block["tsval"] - syn_ack.timestamp()[0] & MASK < 60000, "the clock is another one")


@test("the MSS is one of the kernel's four, never above the client's but at the lowest")
def _():
    for size, wanted in (None, 536), (100, 536), (536, 536), (1299, 536), (1300, 1300), (1439, 1300), (1440, 1440), \
            (1460, 1460), (9000, 1460):
        c = new()
        cookie(c, mss(size) if size else b"")
        equal(offered(c)["snd_mss"], wanted)


@test("without timestamps the other options are lost, and not agreed on")
def _():
    for flags in "S", "SEC":
        c = new()
        got = cookie(c, mss(1460) + sack() + wscale(7), flags)
        equal((got.flags, set(got.options)), ("SA", {2}))
        block = offered(c, window=1000)
        equal((block["flags"] & 15, block["snd_wnd"]), (0, 1000))


@test("the client's timestamps go on at the other board, and PAWS holds there")
def _():
    c = new()
    syn_ack = cookie(c, mss(1460) + timestamps(1000) + wscale(7) + sack())
    last = syn_ack.timestamp()[0]
    c.ts = 1001
    c.send("PA", MOVED)
    sock, _ = accept(there)
    equal(receive(sock, len(MOVED)), MOVED)
    sock.sendall(b"answer")
    got = c.expect_data(b"answer")
    check(not before(got.timestamp()[0], last), f"TSval falls from {last} to {got.timestamp()[0]}")
    check(got.timestamp()[0] - last & MASK < 60000, "the clock is another one")
    equal(got.timestamp()[1], 1001)
    c.send("PA", b"old", seq=c.seq, options=timestamps(900, last))
    c.expect("A", ack=c.seq)
    c.ts = 1002
    c.send("PA", b"new")
    equal(receive(sock, 3), b"new")
    over(c, sock, board2)


@test("a cookie that is none, or not this client's, is counted and answered by RST")
def _():
    c, other = new(), new()
    cookie(c)
    # The lowest bits tell the MSS.
    for ack, seq in (c.ack + 4, c.seq), (c.ack - 1, c.seq), (c.ack, c.seq + 1), (c.ack + (1 << 24), c.seq), (1, 1):
        with counts(syn_cookies_failed=1, reset_sent=1):
            c.send("PA", GET, seq=seq, ack=ack)
        c.expect("R", seq=ack & MASK)
    with counts(syn_cookies_failed=1, reset_sent=1):
        other.send("PA", GET, seq=c.seq, ack=c.ack)
    other.expect("R")
    # What no cookie comes with; a listener answers what acknowledges something.
    with counts(no_endpoint=3, reset_sent=1):
        c.send("SA", seq=c.seq)
        c.send("R", seq=c.seq)
        c.send("F", seq=c.seq)
    c.expect("R")
    c.nothing()
    with counts(drop_packet_checksum=1):
        c.send("A", seq=c.seq, bad_checksum=True)
    with counts(**TAKEN, table_temporary=1):
        c.send("A")
    c.reset()


@test("options that are switched off are none of ours")
def _():
    for name in "tcp_sack", "tcp_window_scaling":
        c = new()
        cookie(c, mss(1460) + timestamps(1000) + wscale(7) + sack())
        c.ts = 1001
        sysctl("board1", name, 0)
        with counts(syn_cookies_failed=1, reset_sent=1):
            c.send("A")
        c.expect("R")
        sysctl("board1", name, 1)
        with counts(**TAKEN, table_temporary=1):
            c.send("A")
        c.reset()


def late(c, start, request):
    """The first segment again, as the network may keep it: a RST, and no second owner."""
    for _ in range(2):
        with counts(no_endpoint=1, reset_sent=1):
            c.send("PA", request, seq=start, ack=c.iss + 1)
        c.expect("R", seq=c.iss + 1 & MASK)


@test("what a cookie began and the client has reset is not begun again by a late segment")
def _():
    for request in b"", GET[:10], FAKE:
        c = new()
        cookie(c)
        start = c.seq
        if request == FAKE:
            offered(c)
        else:
            c.send("PA", request)
            if request:
                c.expect("A", ack=c.seq)
            c.reset()
            net.sync(board1)
        equal((rows(c), tombstone(c)), (0, 1))
        late(c, start, GET)


@test("nor what was served here, nor moved and ended there")
def _():
    for request, listener, board in (GET, here, board1), (MOVED, there, board2):
        c = new()
        cookie(c)
        start = c.seq
        c.send("PA", request)
        sock = served(c, request, listener)
        if board is board2:
            board1.set(closing_timeout=1)
            equal(rows(c, "forward"), 1)
            # The living one is the target's to judge.
            with counted(board1, lambda: net.sync(board1), SLOW + ("table_forward", "table_closed"), forwarded=1,
                         frames_sent=1):
                c.send("PA", request, seq=start, ack=c.iss + 1)
            c.answered()
        over(c, sock, board)
        wait_for(lambda: tombstone(c) == 1, "the tombstone")
        equal(rows(c, "forward"), 0)
        # Rows of other tests are to stay while it is counted.
        board1.set(closing_timeout=3600)
        late(c, start, request)


@test("nor what no board could serve")
def _():
    for ip in board2.fabric, fake.address:
        board1.ctl("server", "set", ip, "state", "down")
    c = net.client(board1, 82)
    cookie(c)
    start = c.seq
    with counts(**TAKEN, held=1, policy_hit=1, policy_local_first=1, skipped_not_listening=1, skipped_drain=2,
                here_no_listener=1, unplaced=1, reset_sent=1, table_closed=1):
        c.send("PA", GET)
    c.expect("RA")
    late(c, start, GET)
    for ip in board2.fabric, fake.address:
        board1.ctl("server", "set", ip, "state", "up")


@test("a new SYN of the same port begins anew, with an entry that stands in the old cookie's way")
def _():
    c = new()
    cookie(c)
    start, iss = c.seq, c.iss
    c.send("A")
    c.reset()
    again = new(sport=c.port)
    again.isn = again.seq = c.isn + 100000
    with counts(syn_received=1, table_temporary=1, table_closed=-1):
        again.send("S")
        again.expect("SA")
    with counts(bad_ack=1, reset_sent=1):
        again.send("PA", GET, seq=start, ack=iss + 1)
    again.expect("R", seq=iss + 1 & MASK)
    again.reset()
    net.sync(board1)
    equal(tombstone(again), 1)
    again.iss = iss
    late(again, start, GET)


@test("a tombstone without room is not kept, and counted")
def _():
    board1.set(limit_closed=0)
    c = new()
    cookie(c)
    c.send("A")
    with counts(reset_received=1, drop_limit_closed=1, table_temporary=-1):
        c.reset()
    board1.set(limit_closed=100000)


@test("a cookie finds no room in the Temporary Table: it is dropped, counted, and good later")
def _():
    c = new()
    cookie(c)
    board1.set(limit_temporary=0)
    start = c.seq
    with counts(drop_limit_temporary=1):
        c.send("PA", GET, seq=start)
    c.nothing()
    board1.set(limit_temporary=10000)
    c.send("PA", GET, seq=start)
    c.seq = start + len(GET)
    over(c, served(c, GET, here))


@test("a port whose last connection is in TIME_WAIT gets an entry")
def _():
    board1.set(syn_cookies_threshold=1000)
    c = new()
    c.handshake()
    c.send("PA", GET)
    sock = served(c, GET, here)
    sock.close()
    c.expect("FA")
    c.send("FA")
    c.expect("A", ack=c.seq)
    board1.set(syn_cookies_threshold=0)
    again = new(sport=c.port)
    again.isn = again.seq = c.seq + 100000
    with counts(syn_received=1, table_temporary=1):
        again.send("S")
        again.expect("SA")
    again.send("PA", GET)
    over(again, served(again, GET, here))


@test("the stack's own connections are left alone")
def _():
    listener = board1.listen(8080)
    with Namespace("client"):
        native = socket.create_connection(("192.0.2.1", 8080), WAIT)
    sock, _ = accept(listener)
    with counts():
        native.sendall(b"request")
        equal(receive(sock, 7), b"request")
    for each in native, sock, listener:
        each.close()


@test("a flood of 2,000 SYNs: few entries, and every honest client is served throughout")
def _():
    board1.set(syn_cookies_threshold=50)
    before_flood = board1.stats()
    with Namespace("client"):
        clients = [socket.socket() for _ in range(20)]
    flood = [segment(net.address, 1024 + n, "192.0.2.1", 80, "S", n * 7919, options=mss(1460)) for n in range(2000)]
    for n, sock in enumerate(clients):
        for packet in flood[n * 100:n * 100 + 100]:
            net.send(board1, packet)
        sock.settimeout(WAIT)
        sock.connect(("192.0.2.1", 80))
        request = MOVED if n % 2 else GET
        sock.sendall(request)
        app, address = accept(there if n % 2 else here)
        equal(address, sock.getsockname())
        equal(receive(app, len(request)), request)
        app.sendall(b"answer")
        equal(receive(sock, 6), b"answer")
        app.close()
        check(board1.stats()["table_temporary"] <= 51, "too many entries")
    now = board1.stats()
    equal({name: now[name] - before_flood[name] for name in
           ("syn_received", "established", "attached_here", "handoff_done")},
          dict(syn_received=2020, established=20, attached_here=10, handoff_done=10))
    check(now["syn_cookies_sent"] - before_flood["syn_cookies_sent"] >= 1950, "cookies")
    for sock in clients:
        sock.close()
    for n in range(2000):
        net.send(board1, segment(net.address, 1024 + n, "192.0.2.1", 80, "R", n * 7919 + 1))
    net.sync(board1)


@test("after a restart of the board no cookie of its former life is valid")
def _():
    c, d = new(), new()
    cookie(c)
    rest = sh("ipos-ctl -n board1 board show")
    check("syn-cookies-threshold  0" in rest, rest)
    sh("ip netns exec board1 ipos-ctl service del tcp 192.0.2.1:80")
    sh("ip netns exec board1 ipos-ctl service add tcp 192.0.2.1:80 inspect http")
    # A service that is taken and given back is no restart.
    with counts(**TAKEN, table_temporary=1):
        c.send("A")
    c.reset()
    cookie(d)
    sh("modprobe -r ipos")
    sh("modprobe ipos")
    for words in ("board set server-ip 10.0.0.1 settle-ms 0 advertise-ms 0 syn-cookies-threshold 0 hold-ms 600000",
                  "dev add eth0 role client", "dev add eth1 role fabric", "service add tcp 192.0.2.1:80 inspect http"):
        sh(f"ipos-ctl -n board1 {words}")
    with counts(no_endpoint=1, reset_sent=1):
        d.send("PA", GET, seq=d.seq)
    d.expect("R")
    cookie(new())
    with counts(syn_cookies_failed=1, reset_sent=1):
        d.send("PA", GET, seq=d.seq)
    d.expect("R")


run(net.wire.story)
