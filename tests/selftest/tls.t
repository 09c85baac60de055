#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""ClientHellos by hand on a service that inspects TLS: each way to cut one, each end it can have, and what counts it."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from hello import extension, message, records, server_name
from player import Clients, Namespace, accept, accepted, cluster, receive
from tap import WAIT, after_each, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
here, there = board1.listen(port=443, backlog=100), board2.listen(port=443, backlog=100)
board1.ctl("service", "add", "tcp", "192.0.2.1:443", "inspect", "tls")
board1.ctl("url", "add", "moved.example", "server", "10.0.0.2")
board1.ctl("url", "add", "path.example/video", "server", "10.0.0.2")
for board in board1, board2:
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000)

MOVED = records(message(server_name(b"moved.example")))
HERE = records(message(server_name(b"here.example")))
DECISIONS = "url_hit", "policy_hit", "request_unparsed", "request_timeout", "request_too_long"


class decided:
    """with decided(url_hit=2): so many requests are decided so, and none in another way."""

    def __init__(self, **wanted):
        self.wanted = {name: wanted.get(name, 0) for name in DECISIONS}

    def __enter__(self):
        self.old = board1.stats()

    def __exit__(self, kind, *_):
        if not kind:
            new = board1.stats()
            equal({name: new[name] - self.old[name] for name in DECISIONS}, self.wanted)


def begin(port=443):
    c = net.client(board1, port=port)
    c.handshake()
    return c


def served(c, listener, data):
    """The application there gets all of it, in order; then the client's reset ends it."""
    sock, address = accept(listener)
    equal(address, (net.address, c.port))
    equal(receive(sock, len(data)), data)
    c.reset()
    sock.close()


def ask(listener, *parts):
    """A connection whose request comes in these segments is served there."""
    c = begin()
    for part in parts:
        c.send("PA", part)
    served(c, listener, b"".join(parts))


@after_each
def nothing_is_left():
    for table in "temporary", "connect":
        wait_for(lambda t=table: not board1.flows(t) and not board2.flows(t), f"the end of rows: {table}")
    equal((accepted(here), accepted(there)), (None, None), "not accepted")


@test("a name goes to its board, however it is written; another one, or one that has rows with paths only, by the policy")
def _():
    with decided(url_hit=3):
        for name in b"moved.example", b"Moved.EXAMPLE", b"moved.example.":
            ask(there, records(message(server_name(name))))
    with decided(policy_hit=3):
        for name in b"here.example", b"path.example", b"a.moved.example":
            ask(here, records(message(server_name(name))))


@test("a hello in two segments, cut at every place, in whichever order they come")
def _():
    with decided(url_hit=2 * len(MOVED) - 2):
        for place in range(1, len(MOVED)):
            ask(there, MOVED[:place], MOVED[place:])
            c = begin()
            c.send("PA", MOVED[place:], seq=c.seq + place)
            c.send("PA", MOVED[:place])
            served(c, there, MOVED)


@test("in records of every size, and in a segment for each of the smallest")
def _():
    hello = message(server_name(b"moved.example"))
    with decided(url_hit=len(hello) + 1):
        for size in range(1, len(hello) + 1):
            ask(there, records(hello, size))
        ask(there, *(records(bytes((byte,))) for byte in hello))


@test("a hello that ends anywhere with a FIN goes by the policy, and its bytes are not lost")
def _():
    with decided(policy_hit=len(MOVED) - 1):
        for end in range(1, len(MOVED)):
            c = begin()
            c.send("FPA", MOVED[:end])
            sock, _ = accept(here)
            equal(receive(sock, 1000), MOVED[:end])
            c.reset()
            sock.close()


@test("a hello without a name, or with an address, has no host: it goes where any host's row says, else by the policy")
def _():
    nameless = [records(message(*extensions)) for extensions in (
        (), [extension(0x0a0a), extension(16, b"\0\3\2h2")], [server_name(b"192.0.2.1")], [server_name(b"[::1]")],
        [server_name(b"a\0b")], [server_name(b"*")])]
    with decided(policy_hit=len(nameless)):
        for hello in nameless:
            ask(here, hello)
    board1.ctl("url", "add", "*", "server", "10.0.0.2")
    with decided(url_hit=len(nameless) + 1):
        for hello in nameless:
            ask(there, hello)
        ask(there, HERE)
    board1.ctl("url", "del", "*", "server", "10.0.0.2")


@test("what is not TLS goes by the policy at its first wrong byte")
def _():
    wrong = [b"SSH-2.0-OpenSSH_9.2p1\r\n", b"GET / HTTP/1.1\r\nHost: moved.example\r\n\r\n", b"\0", bytes(range(256)),
             # SSL 2; an alert; a record of nothing; one too large; a ServerHello; two names.
             bytes.fromhex("802e0103010015000000100100800300800600400700c00000040000050102030405060708090a0b0c0d0e0f10"),
             bytes.fromhex("15030100020228"), bytes.fromhex("1603010000"), bytes.fromhex("1603014001"),
             records(b"\2" + message()[1:]),
             records(message(extension(0, b"\0\x08" + b"\0\0\1a\0\0\1b")))]
    with decided(policy_hit=len(wrong), request_unparsed=len(wrong)):
        for data in wrong:
            ask(here, data)


def padded(size, name=b"moved.example"):
    """A hello of so many bytes in records, with the name at its end."""
    inside = size - 5 * -(-size // 16389)
    empty = len(message(extension(0xfafa), server_name(name)))
    return records(message(extension(0xfafa, bytes(inside - empty)), server_name(name)))


def real(listener, data):
    """The same over a real client's TCP, which knows what a window is."""
    with Namespace("client"):
        sock = socket.socket()
    sock.settimeout(WAIT)
    sock.connect(("192.0.2.1", 443))
    sock.sendall(data)
    app, _ = accept(listener)
    equal(receive(app, len(data)) == data, True, "the same bytes")
    sock.close()
    app.close()


@test("a hello of as many bytes as are held goes by its name, a larger one by the policy")
def _():
    for bound in 4096, 16384, 65536:
        board1.set(hold_bytes=bound)
        fits = padded(bound)
        equal(len(fits), bound)
        with decided(url_hit=1):
            real(there, fits)
        with decided(policy_hit=1, request_too_long=1):
            real(here, padded(bound + 1))
    board1.set(hold_bytes=32768)


@test("the name is believed where it stands: what follows it is not waited for")
def _():
    large = message(server_name(b"moved.example"), extension(0xfafa, bytes(60000)))
    with decided(url_hit=2):
        real(there, records(large))
        ask(there, records(large)[:120])


@test("a hello that does not go on is waited for no longer than hold-ms, and what comes then is not lost")
def _():
    board1.set(hold_ms=100)
    with decided(policy_hit=2, request_timeout=2):
        c = begin()
        c.send("PA", MOVED[:40])
        sock, _ = accept(here)
        c.send("PA", MOVED[40:])
        equal(receive(sock, len(MOVED)), MOVED)
        c.reset()
        sock.close()
        # Nothing at all, as from one who waits for the server.
        c = begin()
        served(c, here, b"")
    board1.set(hold_ms=600000)


@test("a service that is changed reads what has begun as it was")
def _():
    get = b"GET / HTTP/1.1\r\nHost: moved.example\r\n\r\n"
    for first, then, data in ("tls", "http", MOVED), ("http", "tls", get), ("tls", "none", MOVED):
        board1.ctl("service", "set", "tcp", "192.0.2.1:443", "inspect", first)
        with decided(url_hit=1):
            c = begin()
            c.send("PA", data[:20])
            net.sync(board1)
            board1.ctl("service", "set", "tcp", "192.0.2.1:443", "inspect", then)
            c.send("PA", data[20:])
            served(c, there, data)
    board1.ctl("service", "set", "tcp", "192.0.2.1:443", "inspect", "tls")


run(net.wire.story)
