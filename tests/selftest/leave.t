#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need nft nftables
"""A board leaves, packet by packet: what it says at each state of a flow, and who believes it. Board 2 hears of an origin
that leaves, played by hand; board 1 itself leaves, or loses a board, a device, a service."""

import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, MASK, PACKET, REFUSAL, WITHDRAW, Clients, Fabric, accept, accepted, cluster,
                    conn, counted, hold_keys, notice, receive, segment, tcb)
from tap import after_each, check, equal, run, test, wait_for

hold_keys()
board1, board2 = cluster(2)
net = Clients([board1, board2])
fake, other = Fabric([board1, board2], 9), Fabric([board1, board2], 8)
here, there = board1.listen(backlog=100), board2.listen(backlog=100)
ENDED, UNKNOWN, WITHDRAWN, LEAVING = 1, 2, 3, 4
DRAINING = 7
SERVICE = "192.0.2.77", 80
ids = iter(range(1000, 1 << 30))
ports = iter(range(40000, 60000))
# What a slow machine makes more of, and what no test here is about.
BUT = ("syn_ack_sent", "frames_received", "frames_sent", "established", "syn_received", "held", "url_hit", "policy_hit",
       "policy_local_first", "skipped_drain", "skipped_not_listening", "next_candidate",
       "drop_frame_sender", "drop_no_route")


def counts(board, **wanted):
    def settle():
        net.sync(board)
    return counted(board, settle, BUT, **wanted)


def begin(board=board1):
    """Its place in the cluster, as after `tests/cluster up`, and the test's own boards."""
    board.ctl("dev", "add", "eth0", "role", "client")
    board.ctl("dev", "add", "eth1", "role", "fabric")
    peers()
    board.ctl("board", "start")


def peers():
    for address, number in (board2.fabric, 2), (fake.address, 9), (other.address, 8):
        board1.ctl("server", "add", address, "lladdr", f"02:00:00:00:02:{number:02x}")
    quiet()


def quiet():
    """Nothing is ever offered to it but by a URL."""
    for one in board1, board2:
        one.ctl("server", "set", other.address, "state", "drain")


def rows(board):
    return sum(len(board.flows(table)) for table in ("temporary", "connect", "forward", "local"))


for board in board1, board2:
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)
quiet()
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("service", "add", "tcp", "192.0.2.1:81", "inspect", "http")
board1.ctl("url", "add", "*/fake", "server", fake.address)


@after_each
def nothing_is_left():
    if board1.show()["state"] != "up":
        begin()
    board1.set(leave_ms=5000, limit_withdrawn=65536)
    for port in fake, other:
        port.sync(board1)
        port.forget()
    queued = [listener for listener in (here, there) for _ in iter(lambda l=listener: accepted(l), None)]
    equal(queued, [], "not accepted")


def is_reset(client, seq):
    """By a RST with that number, after acknowledgements of what it sent."""
    while True:
        got = client.expect()
        if "R" in got.flags:
            equal((got.flags, got.seq), ("RA", seq & MASK))
            return
        equal((got.flags, got.data), ("A", b""))


class Taken:
    """One hand-off by the hand-made board. rcv_nxt is its RCV.NXT."""

    def __init__(self, board=board2, accepting=there, data=b"request"):
        self.board, self.listener = board, accepting
        self.at, self.target = (net.address, next(ports)), (board.fabric, 80)
        self.id, self.rcv_nxt, self.data = next(ids), 1001, data
        self.client = net.client(board, sport=self.at[1])
        self.client.service = SERVICE
        self.client.ack = 5001

    def reserved(self):
        fake.send(self.board, CONNECTION, self.at, self.target, conn(SERVICE, tcb(self.id)))
        fake.expect_again(ACK, client=self.at, target=self.target)
        return self

    def packet(self, data=b"", seq=1001):
        fake.send(self.board, PACKET, self.at, self.target, segment(*self.at, *SERVICE, "PA", seq, 5001, data))

    def committed(self):
        self.reserved().packet(self.data)
        wait_for(lambda: self.board.flows("local", "port", str(self.at[1])), "the commit")
        return self

    def accept(self):
        sock, address = accept(self.listener)
        equal(address, self.at)
        equal(receive(sock, len(self.data)), self.data)
        sock.sendall(b"answer")
        self.client.expect_data(b"answer", mac=self.board.mac(0))
        return sock

    def works(self, sock):
        """It still hears the client."""
        self.packet(b"more", 1001 + len(self.data))
        equal(receive(sock, 4), b"more")
        self.data += b"more"

    def leave(self, by=fake, handoff_id=None, seq=None):
        by.send(self.board, CLOSED, self.at, self.target,
                notice(LEAVING, self.id if handoff_id is None else handoff_id, SERVICE,
                       self.rcv_nxt if seq is None else seq))

    def told(self, reason, by=fake, **wanted):
        return by.expect_again(CLOSED, client=self.at, target=self.target, reason=reason, service=SERVICE, **wanted)


def aborted(sock):
    """What its process sees."""
    try:
        return sock.recv(1)
    except ConnectionAbortedError:
        return "aborted"


class Offered:
    """A client of board 1, whose request names the hand-made board."""

    def __init__(self, port=80):
        self.client = net.client(board1, port=port, sport=next(ports))
        self.at, self.service, self.target = (net.address, self.client.port), (board1.address, port), (fake.address, port)

    def syn(self):
        self.client.send("S")
        self.iss = self.client.expect("SA").seq
        self.first = self.client.seq
        return self

    def request(self, text=b"GET /fake HTTP/1.1\r\nHost: a\r\n\r\n"):
        self.client.send("A")
        self.client.send("PA", text)
        self.text = text
        return self

    def part(self):
        """Of a request, acknowledged by the board."""
        self.request(b"GET /fa")
        self.client.expect("A", ack=self.client.seq)
        return self

    def offer(self):
        self.id = fake.expect(CONNECTION, client=self.at).handoff_id
        return self

    def moved(self):
        self.syn().request().offer()
        fake.send(board1, ACK, self.at, self.target)
        fake.expect_again(PACKET, client=self.at)
        return self

    def heard(self, kind, **wanted):
        """From board 1."""
        return fake.expect_again(kind, client=self.at, target=self.target, handoff_id=self.id, service=self.service,
                                 **wanted)

    def tell(self, reason, seq=0):
        fake.send(board1, CLOSED, self.at, self.target, notice(reason, self.id, self.service, seq))

    def lost(self):
        """Its client is asked where it is, and its answer is answered by a RST that it believes."""
        probe = self.client.expect("A", ack=self.first)
        check(probe.seq != self.iss + 1 & MASK, "the client would not answer")
        self.client.send("A", ack=self.iss + 700)
        self.client.expect("R", seq=self.iss + 700)

    def served(self):
        """By board 1 itself, as far as its request went."""
        sock, address = accept(here)
        equal((address, receive(sock, len(self.text))), (self.at, self.text))
        self.client.ack = self.iss + 1 & MASK
        sock.sendall(b"answer")
        self.client.expect_data(b"answer")
        return sock


def stop(*words):
    """`board stop` of board 1, which goes on beside the test."""
    return subprocess.Popen(["ipos-ctl", "-n", "board1", "board", "stop", *words], stdout=subprocess.PIPE, text=True)


def stopped(command):
    text, _ = command.communicate(timeout=300)
    equal(command.returncode, 0, "status")
    equal((board1.show()["state"], board1.ctl("dev", "show").strip(), board1.ctl("server", "show").strip()),
          ("stopped", "[]", "[]"))
    return text


# Board 2 hears of an origin that leaves

@test("origin leaving: the socket is aborted, its client reset with the number it waits for, the origin told of it")
def _():
    t = Taken().committed()
    sock = t.accept()
    with counts(board2, aborted=1, table_local=-1, table_closed=1):
        t.leave()
        is_reset(t.client, 5001 + 6)
        t.told(ENDED, handoff_id=t.id, seq=t.rcv_nxt)
    equal(aborted(sock), "aborted")
    # Said again, it is answered again.
    t.leave()
    t.told(ENDED, handoff_id=t.id, seq=t.rcv_nxt)


@test("so is one that no process has accepted yet")
def _():
    t = Taken().committed()
    with counts(board2, aborted=1, table_local=-1, table_closed=1):
        t.leave()
        is_reset(t.client, 5001)
        t.told(ENDED, handoff_id=t.id)
    sock, _ = accept(there)
    equal((receive(sock, len(t.data)), aborted(sock)), (t.data, "aborted"))


@test("and one that its process has closed, while the client still takes what it was sent")
def _():
    t = Taken().committed()
    sock = t.accept()
    sock.sendall(b"the end")
    sock.close()
    t.client.ack = 5001 + 6
    t.client.expect_data(b"the end")
    with counts(board2, aborted=1, table_local=-1, table_closed=1):
        t.leave()
        t.told(ENDED, handoff_id=t.id, seq=t.rcv_nxt)
    equal([s.flags for s in t.client.answered() if "R" in s.flags], ["RA"])


@test("it counts for the hand-off it names, and from its own origin alone")
def _():
    t = Taken().committed()
    sock = t.accept()
    for by, handoff_id in (other, t.id), (fake, t.id + 1), (fake, t.id - 1):
        with counts(board2, drop_stale_notice=1):
            t.leave(by=by, handoff_id=handoff_id)
            t.told(UNKNOWN, by=by, handoff_id=handoff_id, seq=t.rcv_nxt)
    t.client.nothing()
    t.works(sock)
    sock.close()
    t.leave()
    t.told(ENDED)


@test("of a connection that the target does not have, the origin is told so, about its number")
def _():
    t = Taken()
    with counts(board2, drop_stale_notice=1):
        t.leave(seq=4711)
        t.told(UNKNOWN, handoff_id=t.id, seq=4711)


@test("a reservation ends, and the origin is told to reset the client")
def _():
    t = Taken().reserved()
    with counts(board2, handoff_expired=1, table_reserved=-1, table_local=-1, table_closed=1):
        t.leave()
        t.told(UNKNOWN, handoff_id=t.id, seq=t.rcv_nxt)
    t.packet(b"late")
    t.told(UNKNOWN, seq=t.rcv_nxt)
    t.client.nothing()
    equal(accepted(there), None)


@test("a reservation whose listener has gone ends soon, however long it might have waited")
def _():
    listener = board2.listen(8080)
    t = Taken()
    t.target = board2.fabric, 8080
    t.reserved()
    listener.close()
    t.told(UNKNOWN, handoff_id=t.id, seq=t.rcv_nxt)
    equal(board2.flows("connect"), [])


# Board 1 leaves

def answered_in_time():
    moved = [Offered().moved() for _ in range(3)]
    before = board1.stats()
    equal(board1.show()["forwarded"], 3)
    command = stop()
    left = {o.at: o for o in moved}
    while left:
        o = left.pop(fake.expect(CLOSED, reason=LEAVING, target=moved[0].target).client, None)
        if o:
            o.tell(ENDED)
    stopped(command)
    check(board1.stats()["leaving_sent"] - before["leaving_sent"] <= 9, "they were told more than three times each")
    if board1.stats()["lost"] != before["lost"]:
        return False
    equal([board1.flows("forward", "port", str(o.at[1])) for o in moved], [[]] * 3)
    return True


@test("a board that stops tells the targets, and ends when they have answered")
def _():
    # They are waited for three times, 0.7 s in all. This test may be slower than that, but not each time.
    for _ in range(20):
        if answered_in_time():
            return
        begin()
    check(False, "never in time")


@test("it tells one that does not answer three times, and then resets the client itself")
def _():
    o = Offered().moved()
    before = board1.stats()["leaving_sent"]
    command = stop()
    for _ in range(3):
        o.heard(CLOSED, reason=LEAVING, seq=o.first)
    o.lost()
    stopped(command)
    equal(board1.stats()["leaving_sent"] - before, 3, "times it was told")
    equal([row["flags"] for row in board1.flows("forward")], [["reset"]])


@test("where the target has nothing, too")
def _():
    o = Offered().moved()
    command = stop()
    o.heard(CLOSED, reason=LEAVING, seq=o.first)
    o.tell(UNKNOWN, seq=o.first)
    o.lost()
    stopped(command)


@test("where there is no time to tell them it stops all the same, and counts them")
def _():
    o = Offered().moved()
    board1.set(leave_ms=0)
    before = board1.stats()
    stopped(stop())
    after = board1.stats()
    equal([after[name] - before[name] for name in ("leaving_sent", "leaving_untold", "lost")], [0, 1, 1])
    equal([row["flags"] for row in board1.flows("forward", "port", str(o.at[1]))], [["reset"]])


@test("an endpoint that is offered is withdrawn and attached here, one that is not complete likewise")
def _():
    offered = Offered().syn().request().offer()
    partly = Offered().syn().part()
    with counts(board1, handoff_withdrawn=1, attached_here=2, table_temporary=-1,
                table_forward=-1, table_forward_connect=-1, table_local=2, table_server=-3):
        command = stop()
        offered.heard(WITHDRAW)
        stopped(command)
    served = sorted((accept(here) for _ in range(2)), key=lambda pair: pair[1])
    for o, (sock, address) in zip((offered, partly), served):
        equal((address, receive(sock, len(o.text))), (o.at, o.text))
        o.client.ack = o.iss + 1 & MASK
        sock.sendall(b"answer")
        o.client.expect_data(b"answer")
        sock.close()


@test("where no listener is, its client is reset, and one in the handshake always")
def _():
    half, whole = Offered(81).syn(), Offered(81).syn().part()
    with counts(board1, here_no_listener=1, unplaced=2, reset_sent=2, table_temporary=-2, table_server=-3):
        stopped(stop())
        for o in half, whole:
            is_reset(o.client, o.iss + 1)


@test("an offer that it has acknowledged it refuses, and says that the connection is lost")
def _():
    t = Taken(board1, here).reserved()
    command = stop()
    fake.expect_again(REFUSAL, client=t.at, reason=DRAINING, handoff_id=t.id)
    t.told(UNKNOWN, handoff_id=t.id, seq=t.rcv_nxt)
    stopped(command)
    t.client.nothing()


@test("a socket that came from another board is aborted, and its origin told twice that nobody hears its client")
def _():
    t = Taken(board1, here).committed()
    sock = t.accept()
    equal(board1.show()["taken"], 1)
    with counts(board1, aborted=1, table_local=-1, table_closed=1, table_server=-3):
        command = stop()
        is_reset(t.client, 5001 + 6)
        for _ in range(2):
            t.told(ENDED, handoff_id=t.id, seq=t.rcv_nxt)
        stopped(command)
    equal((aborted(sock), board1.show()["taken"]), ("aborted", 0))


@test("one attached where it arrived lives on, and what begins meanwhile is the stack's")
def _():
    o = Offered().syn().request(b"GET /else HTTP/1.1\r\nHost: a\r\n\r\n")
    board1.ctl("url", "add", "*/else", "server", board1.fabric)
    sock = o.served()
    stopped(stop())
    o.client.send("PA", b"more")
    equal(receive(sock, 4), b"more")
    new = Offered()
    with counts(board1):
        new.syn()
        new.client.send("A")
        own, address = accept(here)
        equal(address, new.at)
    for one in sock, own:
        one.close()
    board1.ctl("url", "del", "*/else", "server", board1.fabric)


# The orderly way

@test("a board that drains refuses offers, keeps what it has, tells what is left, and stops when nothing is")
def _():
    o = Offered().moved()
    command = stop("drain", "600")
    equal(command.stdout.readline(), "draining: 0 unfinished, 1 forwarded, 0 taken, 600 s left\n")
    equal(board1.show()["state"], "draining")
    t = Taken(board1, here)
    fake.send(board1, CONNECTION, t.at, t.target, conn(SERVICE, tcb(t.id)))
    fake.expect_again(REFUSAL, client=t.at, reason=DRAINING, handoff_id=t.id)
    o.client.send("PA", b"more")
    equal(fake.expect_again(PACKET, client=o.at).inner.data, b"more")
    o.tell(ENDED)
    text = stopped(command)
    check("0 unfinished, 0 forwarded, 0 taken" in text, text)


@test("what has not ended by then is ended; an interrupted command leaves the board draining until it is started")
def _():
    o = Offered().moved()
    command = stop("drain", "600")
    command.stdout.readline()
    command.send_signal(signal.SIGINT)
    command.communicate()
    equal((command.returncode, board1.show()["state"]), (-signal.SIGINT, "draining"))
    board1.ctl("board", "start")
    equal(board1.show()["state"], "up")
    command = stop("drain", "1")
    o.heard(CLOSED, reason=LEAVING, seq=o.first)
    o.tell(ENDED)
    text = stopped(command)
    check("1 forwarded, 0 taken, 0 s left" in text, text)


# Another board, a device, a service is taken away

@test("a board that is deleted is told, its connections are reset; what is offered to it goes elsewhere")
def _():
    o, offered, t = Offered().moved(), Offered().syn().request().offer(), Taken(board1, here).committed()
    sock, reserved = t.accept(), Taken(board1, here).reserved()
    with counts(board1, leaving_sent=1, lost=1, drop_packet_lost=1, handoff_withdrawn=1, attached_here=1, aborted=1,
                refused=1, refused_draining=1, handoff_expired=1, reset_sent=1, table_forward_connect=-1,
                table_forward=-1, table_server=-1, table_reserved=-1, table_local=-1, table_closed=2):
        board1.ctl("server", "del", fake.address)
        is_reset(t.client, 5001 + 6)
        o.lost()
        # Who is first, the table decides.
        equal({(f.kind, f.reason, f.client, f.handoff_id, f.seq) for f in fake.answered(board1)},
              {(CLOSED, LEAVING, o.at, o.id, o.first & MASK), (WITHDRAW, 0, offered.at, offered.id, 0),
               (REFUSAL, DRAINING, reserved.at, reserved.id, 0),
               (CLOSED, UNKNOWN, reserved.at, reserved.id, reserved.rcv_nxt),
               (CLOSED, ENDED, t.at, t.id, t.rcv_nxt)})
    equal(aborted(sock), "aborted")
    offered.served().close()
    board1.ctl("server", "add", fake.address, "lladdr", fake.mac)


@test("what there is no time to tell ends all the same: a client is reset when it sends something")
def _():
    o, t = Offered().moved(), Taken(board1, here).committed()
    sock = t.accept()
    board1.set(leave_ms=0)
    with counts(board1, leaving_untold=2, lost=1, drop_packet_lost=1, aborted=1, reset_sent=1, table_server=-1,
                table_local=-1, table_closed=1):
        board1.ctl("server", "del", fake.address)
        is_reset(t.client, 5001 + 6)
        o.client.nothing()
        o.client.send("A", ack=o.iss + 700)
        o.client.expect("R", seq=o.iss + 700)
    equal(aborted(sock), "aborted")
    board1.ctl("server", "add", fake.address, "lladdr", fake.mac)


@test("so it is with all boards behind a fabric device whose role is taken")
def _():
    o, t = Offered().moved(), Taken(board1, here).committed()
    sock = t.accept()
    board1.ctl("dev", "del", "eth1")
    is_reset(t.client, 5001 + 6)
    o.lost()
    equal({(f.kind, f.reason, f.client, f.handoff_id, f.seq) for f in fake.answered(board1)},
          {(CLOSED, LEAVING, o.at, o.id, o.first & MASK), (CLOSED, ENDED, t.at, t.id, t.rcv_nxt)})
    equal(aborted(sock), "aborted")
    equal(board1.ctl("server", "show").strip(), "[]")
    board1.ctl("dev", "add", "eth1", "role", "fabric")
    peers()


@test("without a client device's role what is there goes on, and what is new begins: caught on the way to the stack")
def _():
    o = Offered().moved()
    board1.ctl("dev", "del", "eth0")
    o.client.send("PA", b"more")
    equal(fake.expect_again(PACKET, client=o.at).inner.data, b"more")
    Offered().moved()
    board1.ctl("dev", "add", "eth0", "role", "client")


@test("without its service what is there goes on, at every state; what is new is the stack's")
def _():
    half, partly, offered, moved = Offered().syn(), Offered().syn().part(), \
        Offered().syn().request().offer(), Offered().moved()
    board1.ctl("service", "del", "tcp", "192.0.2.1:80")
    for dev in None, "del", "add":
        # With or without the role.
        if dev:
            board1.ctl("dev", dev, "eth0", *(("role", "client") if dev == "add" else ()))
        moved.client.send("PA", b"more")
        equal(fake.expect_again(PACKET, client=moved.at).inner.data, b"more")
    half.request().offer()
    partly.client.send("PA", b"ke HTTP/1.1\r\nHost: a\r\n\r\n")
    partly.offer()
    equal(fake.expect(PACKET, client=partly.at).inner.data, b"GET /fa")
    for o in half, partly, offered:
        fake.send(board1, ACK, o.at, o.target)
        fake.expect_again(PACKET, client=o.at)
    new = Offered()
    with counts(board1):
        new.syn()
        new.client.send("A")
        accept(here)[0].close()
    board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")


# What is taken back has to be remembered

@test("while no more can be remembered nothing is offered; what cannot be remembered is taken back all the same")
def _():
    remembered = board1.stats()["table_withdrawn"]
    board1.set(limit_withdrawn=remembered + 1)
    both = [Offered().syn().request().offer() for _ in range(2)]
    with counts(board1, reset_received=2, handoff_withdrawn=2, drop_limit_withdrawn=1, table_withdrawn=1,
                table_forward_connect=-2, table_forward=-2):
        for o in both:
            o.client.reset()
            o.heard(WITHDRAW)
    with counts(board1, drop_limit_withdrawn=1, attached_here=1, table_local=1):
        o = Offered().syn().request()
        sock = o.served()
    board1.set(limit_withdrawn=remembered + 2)
    Offered().syn().request().offer().client.reset()
    sock.close()


run()
