#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""The Cookie Map: what board 1 believes of what others say, where it sends whom, and what it learns itself. The other
boards are played by hand."""

import json
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CONNECTION, DRAINING, KEPT, LEARNED, MAP, NAME, PACKET, USED, Clients, Fabric, Namespace, accept,
                    accepted, advert, cluster, conn, counted, frame, listening, map_row, map_update, receive, requested,
                    segment, tcb)
from tap import after_each, check, equal, run, test, wait_for

(board1,) = cluster(1)
net = Clients([board1])
fake = Fabric([board1], 9)
other = Fabric([board1], 8)
silent = Fabric([board1], 7)
stranger = Fabric([board1], 10, known=False)
here = board1.listen(backlog=100)
FAKE, NOBODY = (fake.address, 80), ("0.0.0.0", 0)
HEAD = "GET /{} HTTP/1.1\r\nHost: a.example\r\n"
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http", "cookie", "SID")
# An hour between repetitions: who tests them asks for more. Nothing is retransmitted.
board1.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, cookie_refresh=3600)
epochs = iter(range(0x1000, 1 << 30))
numbers = iter(range(1, 1 << 30))
ids = iter(range(1000, 1 << 30))
epoch = {}


def life(board, flags=0):
    """The board begins one; nothing of what it said before holds."""
    epoch[board] = next(epochs)
    board.advertise(board1, advert(epoch[board], 1, [listening(80)], flags=flags))
    board.sync(board1)


def counts(wire=fake, but=(), **wanted):
    """But what is repeated for a board that has come, a moment later."""
    return counted(board1, lambda: wire.sync(board1), but=("maps_sent", *but), **wanted)


def silence(wire=fake):
    """Nothing was answered but that."""
    equal([got for got in wire.answered(board1) if not got.rows or {row[0] for row in got.rows} - {KEPT, NAME, USED}], [],
          "answer")


def says(board, *rows, number=None, **fields):
    """A map update of its own life, unless told otherwise."""
    body = {name: fields.pop(name) for name in ("part", "parts", "length", "count") if name in fields}
    update = map_update(fields.pop("epoch", epoch.get(board, 1)), next(numbers) if number is None else number, rows, **body)
    board.advertise(board1, update, kind=MAP, **fields)


def cookie(text, board=fake, kind=LEARNED, **fields):
    return map_row(kind, text, board.address, **fields)


def rows(*words):
    return {row["id"]: row["server"] for row in json.loads(board1.ctl("cookie", "show", *words) or "[]")}


def request(cookies="", path=""):
    return (HEAD.format(path) + cookies + "\r\n").encode()


def with_cookie(text):
    return request(f"Cookie: a=b; SID={text}\r\n")


def asks(data):
    client = net.client(board1)
    client.handshake()
    client.send("PA", data)
    return client


def goes_to(board, data):
    """A request that is offered there."""
    net.sync(board1)
    board.sync(board1)
    board.forget()
    client = asks(data)
    board.expect(CONNECTION, client=(net.address, client.port), target=(board.address, 80))
    client.reset()


def stays(data):
    """A request that is served here; its client and the program's socket."""
    client = asks(data)
    sock, _ = accept(here)
    equal(receive(sock, len(data)), data)
    return client, sock


def served_here(data):
    client, sock = stays(data)
    sock.close()
    client.reset()


@after_each
def anew():
    board1.set(limit_cookie=262144, cookie_timeout=3600, cookie_refresh=3600)
    board1.ctl("cookie", "flush")
    for board in fake, other:
        life(board)
        board1.ctl("server", "set", board.address, "state", "up")
    for board in fake, other, silent, stranger:
        board.forget()
    equal(accepted(here), None, "accept()")


anew()


@test("what a board's program has given out is known, and its requests go there")
def _():
    with counts(maps_received=1, cookies_heard=2, table_cookie=2):
        says(fake, cookie("x1"), cookie("x2"))
    equal(rows(), {"x1": fake.address, "x2": fake.address})
    with counts(but=("syn_ack_sent", "table_withdrawn"), syn_received=1, established=1, held=1, cookie_hit=1,
                handoff_offered=1, frames_sent=2, handoff_withdrawn=1, reset_received=1):
        goes_to(fake, with_cookie("x1"))
        net.sync(board1)
    for other_name in "Cookie: sid=x1\r\n", "Cookie: SIDE=x1; XSID=x1\r\n", "X-Cookie: SID=x1\r\n", "":
        served_here(request(other_name))
    goes_to(fake, request("Cookie: a=SID=y\r\ncookie: SID=\"x2\"\r\n"))
    board1.ctl("url", "add", "*/", "server", other.address)
    goes_to(fake, with_cookie("x2"))
    goes_to(other, with_cookie("x3"))
    board1.ctl("url", "flush")


@test("the cookie is found however the request is cut, and too long a value is no ID")
def _():
    says(fake, cookie("x" * 128), cookie("y"))
    fake.sync(board1)
    client = net.client(board1)
    client.handshake()
    # The first byte of a line says that the one before is complete.
    for byte in with_cookie("y")[:-2]:
        client.send("PA", bytes((byte,)))
    silence()
    client.send("PA", b"\r")
    fake.expect(CONNECTION, client=(net.address, client.port))
    client.reset()
    goes_to(fake, with_cookie("x" * 128))
    before = board1.stats()["cookie_unfit"]
    for bad in "x" * 129, "x" * 1200, "y y":
        served_here(with_cookie(bad))
    equal(board1.stats()["cookie_unfit"] - before, 3)


@test("who is not known is not believed, nor who speaks for another board, or in its name")
def _():
    with counts(stranger, maps_received=1, drop_frame_sender=1):
        says(stranger, cookie("f1", stranger), epoch=epoch[fake])
    with counts(maps_received=4, drop_map_untrusted=4):
        says(fake, cookie("f2", other))
        says(fake, map_row(LEARNED, "f3", board1.fabric))
        says(fake, cookie("f4", other), address=other.address)
        says(fake, cookie("f5"), address=other.address)
    equal(rows(), {})


@test("every truncation is dropped as short, a wrong checksum as that, and every absurd number as malformed")
def _():
    good = frame(MAP, NOBODY, (fake.address, 0), map_update(epoch[fake], next(numbers), [cookie("t1"), cookie("t2")]))
    sizes = [16, 17] + list(range(18, len(good), 13)) + [len(good) - 1]
    with counts(maps_received=len(sizes), drop_frame_short=len(sizes)):
        for size in sizes:
            fake.send_bytes(board1, good[:size], mac="03:00:69:70:4f:53")
    absurd = [{"epoch": 0}, {"part": 0}, {"part": 2}, {"parts": 0}, {"count": 2}, {"count": 65535}]
    absurd += [{"length": size} for size in (0, 2, 19)]
    with counts(maps_received=len(absurd), drop_map_length=len(absurd)):
        for fields in absurd:
            says(fake, cookie("t3"), **fields)
    with counts(maps_received=2, drop_frame_checksum=1, drop_frame_protocol=1):
        says(fake, cookie("t4"), bad_checksum=True)
        says(fake, cookie("t5"), protocol=3)
    bad = [cookie(""), cookie("a b"), cookie("a;b"), cookie("\x1b[2J"), cookie("ä"), cookie("x", length=129),
           cookie("x", length=2), cookie("x", port=80), map_row(NAME, "a b", "192.0.2.9", 80),
           map_row(NAME, "n" * 64, "192.0.2.9", 80), map_row(NAME, "n", "192.0.2.9", 0), map_row(NAME, "n", "0.0.0.0", 80)]
    with counts(maps_received=2, drop_map_length=len(bad), cookies_heard=1, table_cookie=1):
        says(fake, *bad[:7])
        says(fake, *bad[7:], cookie("good"), map_row(0, "", "0.0.0.0"), map_row(77, "x", "0.0.0.0", 1), b"later",
             count=len(bad) - 7 + 3)
    equal(rows(), {"good": fake.address})


@test("each update is heard once, in any order of a few, and none of another life")
def _():
    with counts(maps_received=4, cookies_heard=4, table_cookie=4):
        for number in 1000, 1002, 1001, 939:
            says(fake, cookie(f"n{number}"), number=number)
    with counts(maps_received=5, drop_map_replayed=5):
        for number in 1000, 1001, 1002, 939, 938:
            says(fake, cookie("again"), number=number)
    with counts(maps_received=4, cookies_heard=3, table_cookie=3, drop_map_replayed=1):
        says(fake, cookie("far"), number=1002 + (1 << 31) - 1)
        says(fake, cookie("round"), number=1000)
        says(fake, cookie("on"), number=1001)
        says(fake, cookie("before"), number=1002 + (1 << 31) - 1)
    with counts(maps_received=3, drop_map_epoch=3):
        says(fake, cookie("e1"), epoch=epoch[fake] - 2)
        says(fake, cookie("e2"), epoch=epoch[fake] + 1000)
        # It has never advertised.
        says(silent, cookie("e3", silent), epoch=1)


@test("a row made by hand is nobody's to take, and stays")
def _():
    board1.ctl("cookie", "add", "h1", "server", other.address)
    says(fake, cookie("h2"))
    fake.sync(board1)
    # What was learned gives way to what is said by hand.
    board1.ctl("cookie", "add", "h2", "server", other.address)
    board1.set(cookie_timeout=1)
    with counts(maps_received=1, drop_map_static=3):
        says(fake, cookie("h1"), cookie("h1", kind=KEPT), cookie("h2"))
    says(fake, cookie("h3"))
    wait_for(lambda: "h3" not in rows(), "what was learned to end")
    equal(rows(), {"h1": other.address, "h2": other.address})
    goes_to(other, with_cookie("h1"))


@test("the last board to give a cookie out has it; one that merely has it still does not take it")
def _():
    with counts(maps_received=2, cookies_heard=2, table_cookie=1):
        says(fake, cookie("m"))
        says(other, cookie("m", other))
    equal(rows(), {"m": other.address})
    with counts(maps_received=2, cookies_heard=1, drop_map_held=1, table_cookie=1):
        says(fake, cookie("m", kind=KEPT), cookie("k", kind=KEPT))
        says(fake, cookie("k", kind=KEPT))
    equal(rows(), {"m": other.address, "k": fake.address})
    life(other)
    says(fake, cookie("m", kind=KEPT))
    wait_for(lambda: rows() == {"m": fake.address, "k": fake.address}, "the board that is there to have it")


@test("a session whose board cannot have it goes by the policy: silent, down, draining by its own word, not listening")
def _():
    says(fake, cookie("s"))
    goes_to(fake, with_cookie("s"))
    board1.ctl("server", "set", fake.address, "state", "drain")
    goes_to(fake, with_cookie("s"))
    served_here(request())
    before = board1.stats()["cookie_board_gone"]
    board1.ctl("server", "set", fake.address, "state", "down")
    served_here(with_cookie("s"))
    board1.ctl("server", "set", fake.address, "state", "up")
    for snapshot, fields in ((2, {"listeners": []}), (3, {"flags": DRAINING}), (4, {"interval": 1})):
        fake.advertise(board1, advert(epoch[fake], snapshot, **{"listeners": [listening(80)], **fields}))
        fake.sync(board1)
        if "interval" in fields:
            wait_for(lambda: json.loads(board1.ctl("server", "show", fake.address))[0]["freshness"] != "fresh", "stale")
        served_here(with_cookie("s"))
    equal(board1.stats()["cookie_board_gone"] - before, 4)
    # It was not forgotten for that.
    fake.advertise(board1, advert(epoch[fake], 5, [listening(80)]))
    goes_to(fake, with_cookie("s"))


@test("a board that restarts has no sessions any more, nor one that is deleted")
def _():
    says(fake, cookie("r1"))
    says(other, cookie("r2", other))
    goes_to(fake, with_cookie("r1"))
    life(fake)
    served_here(with_cookie("r1"))
    wait_for(lambda: rows() == {"r2": other.address}, "its rows to go")
    board1.ctl("server", "del", other.address)
    served_here(with_cookie("r2"))
    wait_for(lambda: rows() == {}, "its rows to go")
    board1.ctl("server", "add", other.address, "lladdr", other.mac)


@test("10,000 cookies: all are found, a board has half of them at most, and all are bounded")
def _():
    many = [f"{i:032x}" for i in range(10000)]
    board1.set(limit_cookie=20000)
    with counts(maps_received=1000, cookies_heard=10000, table_cookie=10000):
        for at in range(0, 10000, 10):
            says(fake, *map(cookie, many[at:at + 10]), part=at // 10 + 1, parts=1000)
            if at % 500 == 0:
                fake.sync(board1)
    equal(len(rows("server", fake.address)), 10000)
    for i in 0, 5000, 9999:
        goes_to(fake, with_cookie(many[i]))
    with counts(maps_received=1, drop_limit_cookie=1):
        says(fake, cookie("one too many"[:3]), cookie(many[7]))
    board1.set(limit_cookie=10001)
    with counts(maps_received=1, cookies_heard=1, drop_limit_cookie=1, table_cookie=1):
        says(other, cookie("o1", other), cookie("o2", other))
    # A session that moves needs no place.
    with counts(maps_received=1, cookies_heard=1):
        says(other, cookie(many[3], other))
    client, sock = stays(request())
    with counts(drop_limit_cookie=1):
        sock.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: SID=mine\r\n\r\n")
        net.sync(board1)
    client.reset()
    sock.close()
    life(fake)
    wait_for(lambda: set(rows().values()) == {other.address}, "all of them to go")


def learns(pieces, *learned, **counted_too):
    """What a program here sends in these pieces, and what the fabric hears of it before the client does."""
    client, sock = requested(request(), here)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    fake.sync(board1)
    fake.forget()
    with counts(**counted_too):
        for piece in pieces:
            sock.sendall(piece)
        equal(receive(client, len(b"".join(pieces))), b"".join(pieces))
    told = [got for got in fake.answered(board1) if got.kind == MAP and LEARNED in {row[0] for row in got.rows}]
    equal([(got.target, got.part, got.parts, got.rows) for got in told],
          [((board1.fabric, 0), 1, 1, [(LEARNED, text, board1.fabric, 0)]) for text in learned])
    sock.close()
    client.close()


OK = b"HTTP/1.1 200 OK\r\n"


@test("what a program here gives out is learned, and told at once")
def _():
    learns([OK + b"Set-Cookie: SID=l1; Path=/\r\n\r\nbody"], "l1", cookies_learned=1, table_cookie=1)
    equal(rows(), {"l1": board1.fabric})
    # Known already: nobody is told again.
    learns([OK + b"Set-Cookie: SID=l1\r\n\r\n"])
    head = OK + b"Server: x\r\nset-cookie: a=b\r\nSet-Cookie: SID=l2; HttpOnly\r\n\r\n"
    learns([bytes((byte,)) for byte in head], "l2", cookies_learned=1, table_cookie=1)
    learns([OK + b"Set-Cookie: SID=; Max-Age=0\r\nSet-Cookie: SID=l3\r\n\r\n"], "l3", cookies_learned=1,
           table_cookie=1)
    client, sock = stays(with_cookie("l2"))
    client.reset()
    sock.close()
    # Somebody else's, given out here.
    says(fake, cookie("l4"))
    learns([OK + b"Set-Cookie: SID=l4\r\n\r\n"], "l4", cookies_learned=1)
    equal(rows()["l4"], board1.fabric)


@test("what is no head of a first response is not learned")
def _():
    learns([OK + b"\r\n", OK + b"Set-Cookie: SID=later\r\n\r\n"])
    learns([b"SSH-2.0\r\nSet-Cookie: SID=ssh\r\n\r\n"])
    learns([OK + b"Set-Cookie: SID=deleted; Max-Age=0\r\n\r\n"])
    learns([OK + b"Set-Cookie: SID=" + b"x" * 129 + b"\r\n\r\n"], cookies_unfit=1)
    learns([OK + b"X: " + b"x" * 8192 + b"\r\nSet-Cookie: SID=beyond\r\n\r\n"])
    fits = OK + b"Set-Cookie: SID=fits\r\nX: "
    learns([fits + b"x" * (8192 - len(fits) - 4) + b"\r\n\r\n"], "fits", cookies_learned=1, table_cookie=1)
    learns([fits + b"x" * (8193 - len(fits) - 4) + b"\r\n\r\n"])
    equal(rows(), {"fits": board1.fabric})


def handed_over(port):
    """An endpoint of the hand-made board's, for a service that this board does not have; the program's socket."""
    at, service, target = (net.address, port), ("192.0.2.77", 8080), (board1.fabric, 80)
    fake.send(board1, CONNECTION, at, target, conn(service, tcb(next(ids))))
    wait_for(lambda: any((got.kind, got.client) == (ACK, at) for got in fake.answered(board1)), "an acknowledgement")
    fake.send(board1, PACKET, at, target, segment(*at, *service, "PA", 1001, 5001, request()))
    sock, address = accept(here)
    equal((address, sock.getsockname()), (at, service))
    fake.sync(board1)
    fake.forget()
    return sock


@test("of an endpoint that was handed over it is learned, by the name that its origin told")
def _():
    sock = handed_over(50001)
    sock.sendall(OK + b"Set-Cookie: sess=u1\r\n\r\n")
    silence()
    equal(rows(), {})
    sock.close()
    says(fake, map_row(NAME, "sess", "192.0.2.77", 8080))
    fake.sync(board1)
    sock = handed_over(50002)
    sock.sendall(OK + b"Set-Cookie: SID=u0\r\nSet-Cookie: sess=u2\r\n\r\n")
    wait_for(lambda: any(got.rows == [(LEARNED, "u2", board1.fabric, 0)] for got in fake.answered(board1)), "what it learned")
    sock.close()
    equal(rows(), {"u2": board1.fabric})
    says(fake, map_row(NAME, "", "192.0.2.77", 8080))
    fake.sync(board1)
    sock = handed_over(50003)
    sock.sendall(OK + b"Set-Cookie: sess=u3\r\n\r\n")
    sock.close()
    fake.sync(board1)
    equal(rows(), {"u2": board1.fabric})


@test("the names of one board are bounded")
def _():
    names = [map_row(NAME, "sess", f"10.1.{i // 200}.{i % 200 + 1}", 80) for i in range(260)]
    with counts(maps_received=26, drop_limit_cookie=4):
        for at in range(0, 260, 10):
            says(fake, *names[at:at + 10])


def repeated(kinds):
    """All rows of these kinds in the updates that come, until there are some."""
    seen = set()
    while not {row[0] for row in seen} >= kinds:
        seen.update(fake.expect_again(MAP).rows)
    return {row for row in seen if row[0] in kinds}


@test("its own cookies and its services' names are repeated, and what it has placed others' for is told them")
def _():
    learns([OK + b"Set-Cookie: SID=p1\r\n\r\n"], "p1", cookies_learned=1, table_cookie=1)
    board1.ctl("cookie", "add", "p2", "server", board1.fabric)
    says(other, cookie("p3", other), cookie("p4", other))
    goes_to(other, with_cookie("p3"))
    board1.set(cookie_refresh=1)
    life(other)
    life(fake)
    says(other, cookie("p3", other), cookie("p4", other))
    goes_to(other, with_cookie("p3"))
    equal(repeated({KEPT, NAME, USED}), {(KEPT, "p1", board1.fabric, 0), (NAME, "SID", "192.0.2.1", 80),
                                         (USED, "p3", other.address, 0)})


@test("a service's cookie is told when it gets one, changes it and loses it")
def _():
    at = "192.0.2.1", 81
    for words, text in ((("add", "tcp", "192.0.2.1:81", "inspect", "http", "cookie", "one"), "one"),
                        (("set", "tcp", "192.0.2.1:81", "cookie", "two"), "two"),
                        (("del", "tcp", "192.0.2.1:81"), "")):
        board1.ctl("service", *words)
        wait_for(lambda row=(NAME, text, *at): any(got.rows == [row] for got in fake.answered(board1)), "a name")


@test("a session lives as long as it is used, here or through another board")
def _():
    learns([OK + b"Set-Cookie: SID=v1\r\n\r\n"], "v1", cookies_learned=1, table_cookie=1)
    says(fake, cookie("v2"), cookie("v3"))

    def idle(text):
        return {row["id"]: row["idle"] for row in json.loads(board1.ctl("cookie", "show"))}[text]

    for text, use in (("v1", lambda: says(other, map_row(USED, "v1", board1.fabric))),
                      ("v2", lambda: says(fake, cookie("v2", kind=KEPT))), ("v2", lambda: goes_to(fake, with_cookie("v2")))):
        wait_for(lambda t=text: idle(t) > 1, "a row to grow older")
        use()
        other.sync(board1)
        fake.sync(board1)
        check(idle(text) < idle("v3") - 0.9, f"{text} was not used")
    # It is no word of its own that another board's row lives by.
    says(other, map_row(USED, "v3", fake.address))
    board1.set(cookie_timeout=1)
    wait_for(lambda: rows() == {}, "all to end")


def whole(size, text):
    """A request's head of so many bytes, its cookie at the end."""
    end = f"Cookie: SID={text}\r\n\r\n".encode()
    begin = HEAD.format("").encode()
    fields = b""
    while size - len(begin) - len(fields) - len(end) > 1100:
        fields += b"X-Filler: " + b"x" * 988 + b"\r\n"
    rest = size - len(begin) - len(fields) - len(end)
    return begin + fields + b"Y: " + b"y" * (rest - 5) + b"\r\n" + end


def sends(data):
    """By a real client; both ends' sockets."""
    with Namespace("client"):
        sock = socket.socket()
    sock.settimeout(60)
    sock.connect(("192.0.2.1", 80))
    sock.sendall(data)
    app, _ = accept(here)
    equal(receive(app, len(data)), data)
    app.sendall(OK + b"\r\n")
    equal(sock.recv(100), OK + b"\r\n")
    app.close()
    sock.close()


@test("a head of 64 kB is read to its end; of a longer one nothing is lost, and it goes by the policy")
def _():
    board1.ctl("cookie", "add", "big", "server", board1.fabric)
    board1.set(hold_bytes=65536)
    # All is known with the last byte but one.
    for size, hit, too_long in ((65536, 1, 0), (65537, 1, 0), (65538, 0, 1), (200000, 0, 1)):
        before = board1.stats()
        sends(whole(size, "big"))
        after = board1.stats()
        equal((after["cookie_hit"] - before["cookie_hit"], after["request_too_long"] - before["request_too_long"]),
              (hit, too_long), f"{size} bytes")
    board1.set(hold_bytes=32768)


run(lambda: fake.wire.story() + net.wire.story())
