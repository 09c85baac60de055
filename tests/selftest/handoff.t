#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""The rules of the hand-off, one by one: board 2 as the target of an origin played by hand, board 1 as the origin whose
target is played by hand, and at last both of them on a fabric that loses, doubles and reorders."""

import ctypes
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, HAS_SACK, HAS_TIMESTAMPS, HAS_WSCALE, MASK, PACKET, REFUSAL, UNATTACHED,
                    WITHDRAW, Board, Clients, Fabric, Namespace, accept, accepted, cluster, conn, counted, forwarding,
                    frame, mss, notice, receive, sack, segment, sh, tcb, timestamps, wscale)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
other = Fabric([board1, board2], 8)
here, there = board1.listen(backlog=100), board2.listen(backlog=100)
SERVICE, TARGET, FAKE, OTHER = ("192.0.2.1", 80), (board2.fabric, 80), (fake.address, 80), (other.address, 80)
NO_LISTENER, QUEUE_FULL, NO_MEMORY, EXISTS, _, NO_ROUTE, DRAINING = range(1, 8)
ENDED, UNKNOWN, WITHDRAWN = 1, 2, 3
# In a withdrawal: whatever the origin offered with that header.
NOBODY = "0.0.0.0", 0

board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("service", "add", "tcp", "192.0.2.1:81", "inspect", "none", "target-port", "80")
board1.ctl("service", "add", "tcp", "192.0.2.1:82", "inspect", "http", "target-port", "80")
board1.ctl("service", "add", "tcp", "192.0.2.1:83", "inspect", "http")
board1.ctl("url", "add", "*/fake", "server", fake.address)
board1.ctl("url", "add", "*/moved", "server", board2.fabric)
for board in board1, board2:
    # Known, but nothing is ever offered to it.
    board.ctl("server", "set", other.address, "state", "drain")
ids = iter(range(1000, 1 << 30))
ports = iter(range(40000, 60000))
SLOW = ("syn_ack_sent",)


def timers(board, offer=60000, tries=4, ack=60000, reserve=600000):
    """Unless a test is about them, nothing happens but what it sends."""
    board.set(hold_ms=600000, offer_ms=offer, offer_tries=tries, ack_ms=ack, reserve_ms=reserve, closing_timeout=3600)


for board in board1, board2:
    timers(board)


left = set()


@after_each
def nothing_is_left():
    unfinished = {(board.name, table, row["src_port"]) for board in (board1, board2) for table in ("connect", "temporary")
                  for row in board.flows(table)}
    new = unfinished - left
    left.update(new)
    for port in fake, other:
        port.forget()
    queued = [listener for listener in (here, there) for _ in iter(lambda l=listener: accepted(l), None)]
    equal((new, queued), (set(), []), "left unfinished, and not accepted")


@test("after its start a board offers nothing, and takes only what was offered to this life of it")
def _():
    with open("/proc/uptime") as uptime:
        if float(uptime.read().split()[0]) > 50:
            print("# this machine is too slow to see it", flush=True)
            return
    epoch = int(board2.show()["epoch"], 0)
    for one in board1, board2:
        one.set(settle_ms=60000)
    with counts(board1, syn_received=1, established=1, held=1, url_hit=1, handoff_settling=1, attached_here=1,
                table_local=1):
        o = Offered()
    o.served(here)
    with counts(frames_received=1, drop_stale_offer=1):
        Origin().offer()
    Origin(epoch=epoch).works()
    for one in board1, board2:
        one.set(settle_ms=0)
    Origin().works()


# Board 2 is the target

class Origin:
    """One hand-off by the hand-made board to board 2. The client's address may be anything."""

    def __init__(self, port=None, queued=b"", service=SERVICE, target=TARGET, address=None, **fields):
        self.at = address or net.address, port or next(ports)
        self.service, self.target = service, target
        self.queued = queued
        self.id = fields.pop("handoff_id", None) or next(ids)
        self.fields = fields
        self.first = fields.get("irs", 1000) + 1
        self.next = self.first + len(queued)
        self.client = net.client(board2, sport=self.at[1])
        self.client.service = service

    def offer(self):
        block = tcb(self.id, queued=len(self.queued), **self.fields)
        fake.send(board2, CONNECTION, self.at, self.target, conn(self.service, block))

    def packet(self, flags="A", data=b"", seq=None, **fields):
        """In the client's name; without seq= at RCV.NXT, which advances."""
        at = self.next if seq is None else seq
        if seq is None:
            self.next += len(data)
        fake.send(board2, PACKET, self.at, self.target,
                  segment(*self.at, *self.service, flags, at, 5001, data, **fields))

    def withdraw(self, handoff_id=None, service=None, by=fake):
        by.send(board2, WITHDRAW, self.at, self.target,
                notice(0, self.id if handoff_id is None else handoff_id, service or self.service))

    def acknowledged(self):
        fake.expect_again(ACK, client=self.at, target=self.target)

    def refused(self, reason):
        fake.expect(REFUSAL, client=self.at, target=self.target, reason=reason, handoff_id=self.id,
                    service=self.service)

    def told(self, reason, **wanted):
        return fake.expect_again(CLOSED, client=self.at, target=self.target, reason=reason, service=self.service,
                                 **wanted)

    def reserved(self):
        return len(board2.flows("connect", "port", str(self.at[1])))

    def accept(self, data=b""):
        sock, address = accept(there)
        equal(address, self.at)
        equal(sock.getsockname(), self.service)
        equal(receive(sock, len(data)), data)
        return sock

    def end(self, sock=None):
        """By the client's RST."""
        self.packet("R")
        self.told(ENDED, handoff_id=self.id)
        wait_for(lambda: not board2.flows("local", "port", str(self.at[1])), "the reset")
        if sock:
            sock.close()

    def works(self, data=b"request"):
        """From the offer to its application's answer."""
        self.offer()
        self.acknowledged()
        self.packet("PA", data)
        sock = self.accept(data)
        self.answers(sock)
        self.end(sock)

    def buried(self):
        """Nothing revives it; its successor is another matter."""
        with counts(frames_received=1, drop_stale_offer=1):
            self.offer()
        with counts(frames_received=1, frames_sent=1, drop_packet_unknown=1):
            self.packet("PA", b"request")
            self.told(UNKNOWN, seq=self.first)
        Origin(port=self.at[1]).works()

    def answers(self, sock):
        """From the service's address, straight from board 2."""
        self.client.ack = 5001
        sock.sendall(b"answer")
        last = self.client.expect_data(b"answer", src=self.service[0], sport=self.service[1], mac=board2.mac(0))
        equal(last.ack, self.next & MASK)


def counts(board=board2, but=(), **wanted):
    def settle():
        fake.sync(board)
        net.sync(board)
    return counted(board, settle, {*SLOW, *but}, **wanted)


@test("an offer is acknowledged and stays unseen; data commits, and the answer comes from the service's address")
def _():
    o = Origin()
    with counts(frames_received=1, frames_sent=1, table_reserved=1, table_local=1):
        o.offer()
        o.acknowledged()
    equal((o.reserved(), accepted(there)), (1, None))
    o.client.nothing()
    with counts(frames_received=1, accepted=1, delivered=1, table_reserved=-1):
        o.packet("PA", b"request")
    sock = o.accept(b"request")
    equal(o.reserved(), 0)
    o.answers(sock)
    o.packet("PA", b"more")
    equal(receive(sock, 4), b"more")
    o.end(sock)


@test("a bare ACK at RCV.NXT commits, for servers that speak first")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    o.packet()
    sock = o.accept()
    o.answers(sock)
    o.end(sock)


@test("data beyond RCV.NXT commits, and what comes before it may follow")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    o.packet("PA", b"quest", seq=o.next + 2)
    sock = o.accept()
    o.packet("A", b"re")
    equal(receive(sock, 7), b"request")
    o.next += 5
    o.answers(sock)
    o.end(sock)


@test("nothing else commits: neither empty segments elsewhere nor data outside the window")
def _():
    o = Origin(rcv_wnd=1000)
    o.offer()
    o.acknowledged()
    with counts(frames_received=7, drop_packet_sequence=7):
        for seq in o.next - 1, o.next + 1, o.next + 999:
            o.packet(seq=seq)
        for seq in o.next - 7, o.next + 1000, o.next + 100000, o.next - 100000:
            o.packet("PA", b"request", seq=seq)
    equal((o.reserved(), accepted(there)), (1, None))
    fake.nothing(board2)
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    o.end(sock)


@test("a RST or a SYN never commits; an acceptable RST ends the reservation")
def _():
    for queued in b"", b"begin":
        o = Origin(queued=queued, rcv_wnd=1000)
        o.offer()
        if not queued:
            o.acknowledged()
        with counts(frames_received=5, drop_packet_sequence=2, drop_packet_syn=3):
            for flags, seq in ("S", o.next), ("S", o.first - 1), ("R", o.next - 1), ("R", o.next + 1000), ("SA", o.next):
                o.packet(flags, seq=seq)
        equal((o.reserved(), accepted(there)), (1, None))
        fake.nothing(board2)
        with counts(frames_received=1, frames_sent=1, handoff_expired=1, table_reserved=-1, table_local=-1,
                    table_closed=1):
            o.packet("R")
            o.told(ENDED, handoff_id=o.id)
        with counts(frames_received=1, drop_stale_offer=1):
            o.offer()
        o.packet("PA", b"late")
        o.told(ENDED, handoff_id=o.id)
        o.client.nothing()


@test("the same offer again is acknowledged again, and is one endpoint all the same")
def _():
    o = Origin()
    for _ in range(3):
        o.offer()
        o.acknowledged()
    equal(o.reserved(), 1)
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    equal(accepted(there), None)
    # Late: committed already.
    with counts(frames_received=1, drop_stale_offer=1):
        o.offer()
    fake.nothing(board2)
    o.answers(sock)
    o.end(sock)


@test("the acknowledgement is repeated eight times; then the origin is told, and a tombstone stays")
def _():
    timers(board2, ack=10)
    o = Origin()
    with counts(frames_received=1, frames_sent=10, handoff_expired=1, table_closed=1):
        o.offer()
        for _ in range(9):
            o.acknowledged()
        o.told(UNKNOWN, handoff_id=o.id, seq=o.next)
    equal((o.reserved(), accepted(there)), (0, None))
    timers(board2)
    o.buried()


@test("once committed, it is not repeated any more")
def _():
    timers(board2, ack=10)
    o, later = Origin(), Origin()
    o.offer()
    o.acknowledged()
    o.acknowledged()
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    fake.answered(board2)
    later.offer()
    for _ in range(9):
        later.acknowledged()
    later.told(UNKNOWN)
    timers(board2)
    o.end(sock)


@test("without a listener an offer is refused, and after it is there taken")
def _():
    o = Origin(target=(board2.fabric, 8080))
    with counts(frames_received=1, frames_sent=1, refused=1, refused_no_listener=1):
        o.offer()
        o.refused(NO_LISTENER)
    listener = board2.listen(8080)
    o = Origin(target=(board2.fabric, 8080))
    o.offer()
    o.acknowledged()
    o.withdraw()
    o.told(WITHDRAWN)
    listener.close()


@test("a full accept queue refuses")
def _():
    listener = board2.listen(8080, backlog=0)
    first, second = (Origin(target=(board2.fabric, 8080)) for _ in range(2))
    first.offer()
    first.acknowledged()
    first.packet("PA", b"request")
    with counts(frames_received=1, frames_sent=1, refused=1, refused_queue_full=1):
        second.offer()
        second.refused(QUEUE_FULL)
    sock, address = accept(listener)
    equal(address, first.at)
    second.offer()
    second.acknowledged()
    second.withdraw()
    second.told(WITHDRAWN)
    first.end(sock)
    listener.close()


@test("a place in the accept queue that went between offer and commit is taken all the same")
def _():
    listener = board2.listen(8080, backlog=0)
    origins = [Origin(target=(board2.fabric, 8080)) for _ in range(3)]
    for o in origins:
        o.offer()
        o.acknowledged()
    for o in origins:
        o.packet("PA", b"request")
    socks = [accept(listener)[0] for _ in origins]
    equal(sorted(sock.getpeername() for sock in socks), sorted(o.at for o in origins))
    for o in origins:
        o.end()
    for sock in socks:
        sock.close()
    listener.close()


@test("a connection that exists is not offered twice: committed, native, or with the same header")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    again = Origin(port=o.at[1])
    with counts(frames_received=1, frames_sent=1, refused=1, refused_exists=1):
        again.offer()
        again.refused(EXISTS)
    # The service is board 2's own, and the connection with it is the kernel's.
    with Namespace("client"):
        native = socket.create_connection(("192.0.2.2", 80), WAIT)
    served, address = accept(there)
    taken = Origin(address=address[0], port=address[1], service=("192.0.2.2", 80))
    taken.offer()
    taken.refused(EXISTS)
    native.sendall(b"request")
    equal(receive(served, 7), b"request")
    # Reserved for one service, the header means nothing else to this origin.
    one = Origin()
    one.offer()
    one.acknowledged()
    two = Origin(port=one.at[1], service=("192.0.2.1", 82))
    two.offer()
    two.refused(EXISTS)
    one.withdraw()
    one.told(WITHDRAWN)
    two.fields, two.id = {}, next(ids)
    two.works()
    native.close()
    served.close()
    o.end(sock)


@test("a board that drains refuses, one without a way back to the client, and one whose tables are full")
def _():
    board2.set(drain="yes")
    o = Origin()
    with counts(frames_received=1, frames_sent=1, refused=1, refused_draining=1):
        o.offer()
        o.refused(DRAINING)
    board2.set(drain="no")
    o = Origin(address="203.0.113.1")
    with counts(frames_received=1, frames_sent=1, refused=1, refused_no_route=1):
        o.offer()
        o.refused(NO_ROUTE)
    one, two = Origin(), Origin()
    one.offer()
    one.acknowledged()
    for limit, counter in ("limit_local", {"drop_limit_local": 1}), ("limit_reserved", {"drop_limit_reserved": 1}):
        board2.set(**{limit: 1})
        with counts(frames_received=1, frames_sent=1, refused=1, refused_no_memory=1, **counter):
            two.offer()
            two.refused(NO_MEMORY)
        board2.set(**{limit: 10000})
        two.id = next(ids)
    one.withdraw()
    one.told(WITHDRAWN)


@test("a receive queue takes so much memory and no more")
def _():
    o = Origin(queued=b"x" * 30000)
    o.offer()
    # In bits of a byte, each with a gap before it: none of them can be joined to another.
    gaps = iter(range(o.first + 1, o.next, 2))
    while not board2.stats()["drop_packet_order"]:
        for _ in range(1000):
            o.packet(data=b"x", seq=next(gaps))
        net.sync(board2)
    with counts(frames_received=1, drop_packet_order=1):
        o.packet(data=b"x", seq=o.first)
    o.withdraw()
    o.told(WITHDRAWN)


@test("a withdrawal ends a reservation for good, and says so each time")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    for n in range(2):
        with counts(frames_received=1, frames_sent=1, table_reserved=-1 if n == 0 else 0,
                    table_local=-1 if n == 0 else 0, table_closed=1 if n == 0 else 0):
            o.withdraw()
            o.told(WITHDRAWN, handoff_id=o.id)
    o.buried()


@test("it does not end a committed one, and is not answered as if it did")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    for handoff_id in o.id, o.id + 1:
        with counts(frames_received=1, drop_stale_notice=1):
            o.withdraw(handoff_id)
        o.withdraw(handoff_id, service=NOBODY)
    fake.nothing(board2)
    o.answers(sock)
    o.end(sock)


@test("it means its id and lower ones, of this origin, under this header; answered is what is sure to be gone")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    o.withdraw(o.id - 1)
    o.told(WITHDRAWN, handoff_id=o.id - 1)
    for handoff_id, service, by in (o.id - 1, NOBODY, fake), (o.id + 1, NOBODY, other), (0, NOBODY, fake):
        o.withdraw(handoff_id, service, by)
    fake.send(board2, WITHDRAW, o.at, (board2.fabric, 81), notice(0, o.id + 1))
    fake.nothing(board2)
    other.nothing(board2)
    equal(o.reserved(), 1)
    # In answer to an acknowledgement that it does not know any more.
    o.withdraw(o.id + 1, service=NOBODY)
    fake.nothing(board2)
    equal(o.reserved(), 0)
    with counts(frames_received=1, drop_stale_offer=1):
        o.offer()
    o.packet("PA", b"request")
    o.told(UNKNOWN)


@test("the withdrawal of another board does not end a reservation")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    for handoff_id in o.id, o.id + 1:
        o.withdraw(handoff_id, by=other)
    other.sync(board2)
    equal(o.reserved(), 1)
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    o.end(sock)


@test("a withdrawal may overtake its offer, which is dropped then")
def _():
    # Nothing is known of the connection.
    o = Origin()
    o.withdraw()
    o.told(WITHDRAWN, handoff_id=o.id)
    with counts(frames_received=1, drop_stale_offer=1):
        o.offer()
    # An earlier connection of the client has left its tombstone; an earlier offer is reserved.
    for commit in True, False:
        first = Origin()
        if commit:
            first.works()
        else:
            first.offer()
            first.acknowledged()
        second = Origin(port=first.at[1])
        second.withdraw()
        second.told(WITHDRAWN, handoff_id=second.id)
        equal(second.reserved(), 0)
        with counts(frames_received=2, drop_stale_offer=2):
            second.offer()
            first.offer()
        Origin(port=first.at[1]).works()


@test("of two hand-offs of a connection the newer one counts")
def _():
    old = Origin()
    old.offer()
    old.acknowledged()
    new = Origin(port=old.at[1], irs=70000)
    new.offer()
    new.acknowledged()
    equal(new.reserved(), 1)
    with counts(frames_received=1, drop_stale_offer=1):
        old.offer()
    old.packet("PA", b"request")
    equal(accepted(there), None)
    fake.answered(board2)
    new.packet("PA", b"request")
    sock = new.accept(b"request")
    new.answers(sock)
    new.end(sock)
    with counts(frames_received=2, drop_stale_offer=2):
        old.offer()
        new.offer()


@test("an offer for another start of this board is dropped")
def _():
    epoch = int(board2.show()["epoch"], 0)
    for wrong in epoch ^ 1, 1, (1 << 64) - 1:
        with counts(frames_received=1, drop_stale_offer=1):
            Origin(epoch=wrong).offer()
    fake.nothing(board2)
    Origin(epoch=epoch).works()
    Origin(epoch=0).works()


@test("what the origin acknowledged comes first, in any order and any number, and never commits")
def _():
    queue = b"GET /a/long/path HTTP/1.1\r\n"
    size = len(queue)
    for parts in (((0, size),), ((0, 10), (10, size)), ((10, size), (0, 10)), ((10, size), (10, size), (0, 10)),
                  ((0, 10), (0, 10), (10, size)), ((5, 15), (0, 10), (10, size)), ((20, size), (10, 20), (0, 10)),
                  ((0, 20), (10, size))):
        o = Origin(queued=queue)
        o.offer()
        for begin, end in parts[:-1]:
            o.packet("A", queue[begin:end], seq=o.first + begin)
        # The same offer once more changes nothing.
        o.offer()
        fake.nothing(board2)
        begin, end = parts[-1]
        o.packet("A", queue[begin:end], seq=o.first + begin)
        o.acknowledged()
        o.packet("A", queue[:10], seq=o.first)
        equal((o.reserved(), accepted(there)), (1, None), str(parts))
        o.packet("PA", b"Host: a\r\n\r\n")
        sock = o.accept(queue + b"Host: a\r\n\r\n")
        o.answers(sock)
        o.end(sock)


@test("a bare ACK commits a complete receive queue")
def _():
    o = Origin(queued=b"begin")
    o.offer()
    o.packet("A", b"begin", seq=o.first)
    o.acknowledged()
    o.packet()
    sock = o.accept(b"begin")
    o.answers(sock)
    o.end(sock)


@test("what would commit an incomplete one is answered by 0x81 unknown with its number")
def _():
    o = Origin(queued=b"begin")
    o.offer()
    o.packet("A", b"beg", seq=o.first)
    for flags, data in ("PA", b"more"), ("A", b""):
        with counts(frames_received=1, frames_sent=1, drop_packet_unknown=1):
            o.packet(flags, data, seq=o.next)
            o.told(UNKNOWN, seq=o.next)
    equal((o.reserved(), accepted(there)), (1, None))
    o.packet("A", b"gin", seq=o.first + 2)
    o.acknowledged()
    o.packet("PA", b"more")
    sock = o.accept(b"beginmore")
    o.end(sock)


@test("what brings a receive queue nothing new is dropped and counted: its offer, copies, what lies before it")
def _():
    o = Origin(queued=b"begin")
    o.offer()
    with counts(frames_received=1, drop_repeated_offer=1):
        o.offer()
    o.packet("A", b"beg", seq=o.first)
    with counts(frames_received=2, drop_packet_copy=1, drop_packet_sequence=1):
        o.packet("A", b"eg", seq=o.first + 1)
        o.packet("A", b"xbe", seq=o.first - 1)
    o.packet("A", b"gin", seq=o.first + 2)
    o.acknowledged()
    with counts(frames_received=1, drop_packet_copy=1):
        o.packet("A", b"begin", seq=o.first)
    o.packet("PA", b"more")
    o.end(o.accept(b"beginmore"))


def filtered(listener, longest):
    """Its connections take no longer segments than this, TCP header included (SO_ATTACH_FILTER)."""
    code = ctypes.create_string_buffer(struct.pack("HBBI" * 4, 0x80, 0, 0, 0, 0x25, 0, 1, longest, 6, 0, 0, 0, 6, 0, 0,
                                                   MASK))
    listener.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 4, ctypes.addressof(code)))
    return listener


@test("what the application's own socket filter refuses is dropped and counted, at the target and where it arrived")
def _():
    listener = filtered(board2.listen(8080), 40)
    o = Origin(target=(board2.fabric, 8080), queued=b"longer than twenty bytes")
    o.offer()
    o.packet("A", o.queued, seq=o.first)
    o.acknowledged()
    with counts(frames_received=1, accepted=1, delivered=1, drop_packet_attach=1, table_reserved=-1):
        o.packet()
    sock, _ = accept(listener)
    o.next = o.first
    o.end(sock)
    listener.close()
    listener = filtered(board1.listen(83), 40)
    with at_origin(syn_received=1, established=1, held=1, policy_hit=1, policy_local_first=1, attached_here=1,
                   drop_packet_attach=1, table_local=1):
        o = Offered("/here", port=83)
    sock, _ = accept(listener)
    o.client.send("R", seq=o.first)
    wait_for(lambda: not board1.flows("local", "port", str(o.at[1])), "the reset")
    sock.close()
    listener.close()


@test("an incomplete one ends silently")
def _():
    timers(board2, reserve=20, ack=10)
    o = Origin(queued=b"begin")
    with counts(frames_received=1, handoff_expired=1, table_closed=1):
        o.offer()
        wait_for(lambda: not o.reserved(), "its end")
    timers(board2)
    fake.nothing(board2)


@test("a packet without an endpoint is answered by 0x81 unknown with its number")
def _():
    o = Origin()
    for flags, data, seq in ("A", b"", 7), ("PA", b"request", 8), ("R", b"", 9), ("S", b"", 10):
        with counts(frames_received=1, frames_sent=1, drop_packet_unknown=1):
            o.packet(flags, data, seq=seq)
            o.told(UNKNOWN, seq=seq, handoff_id=0)


@test("the origin is told when a connection has closed; TIME_WAIT still hears the client")
def _():
    o = Origin()
    o.offer()
    o.acknowledged()
    o.packet("PA", b"request")
    sock = o.accept(b"request")
    sock.close()
    o.client.ack = 5001
    end = o.client.expect()
    while end.flags != "FA":
        end = o.client.expect()
    fin = o.next
    fake.send(board2, PACKET, o.at, o.target, segment(*o.at, *o.service, "FA", fin, end.seq + 1))
    o.told(ENDED, handoff_id=o.id, seq=0)
    o.client.expect("A", ack=fin + 1)
    # The last ACK was lost: the FIN comes again.
    fake.send(board2, PACKET, o.at, o.target, segment(*o.at, *o.service, "FA", fin, end.seq + 1))
    o.client.expect("A", ack=fin + 1)
    fake.nothing(board2)


@test("after a reset a tombstone answers by 0x81 closed")
def _():
    o = Origin()
    o.works()
    with counts(frames_received=1, frames_sent=1, drop_packet_ended=1):
        o.packet("PA", b"late")
        o.told(ENDED, handoff_id=o.id, seq=o.next - 4)
    with counts(frames_received=1, drop_stale_offer=1):
        o.offer()


@test("when a listener leaves, its reservations end, and the origin is told")
def _():
    listener = board2.listen(8080)
    timers(board2, ack=10)
    o = Origin(target=(board2.fabric, 8080))
    o.offer()
    o.acknowledged()
    listener.close()
    o.told(UNKNOWN, handoff_id=o.id)
    timers(board2)
    o.packet("PA", b"request")
    o.told(UNKNOWN, seq=o.first)
    o.client.nothing()


@test("two CPUs at one connection: each frame finds all or nothing of it")
def _():
    timers(board2, ack=20, reserve=20)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("fabric9", 0))
    ether = bytes.fromhex(board2.mac(1).replace(":", "")) + fake.wire.mac + b"\0\7"

    def storm(at, first):
        """What an origin sends, and what comes late of it, in one go."""
        out = []
        for handoff_id in first, first + 1:
            for queued in b"", b"begin":
                block = tcb(handoff_id, queued=len(queued))
                out += [frame(CONNECTION, at, TARGET, conn(SERVICE, block)),
                        frame(PACKET, at, TARGET, segment(*at, *SERVICE, "A", 1001, 5001, b"begin")),
                        frame(PACKET, at, TARGET, segment(*at, *SERVICE, "A", 1001 + len(queued), 5001)),
                        frame(WITHDRAW, at, TARGET, notice(0, handoff_id, SERVICE)),
                        frame(WITHDRAW, at, TARGET, notice(0, handoff_id)),
                        frame(PACKET, at, TARGET, segment(*at, *SERVICE, "R", 1001 + len(queued), 5001))]
        return [ether + data for data in out]

    base = next(ids) + 10000
    storms = [storm((net.address, 1024 + n), base + 2 * n) for n in range(1000)]
    children = []
    for cpu in range(os.cpu_count()):
        child = os.fork()
        if child == 0:
            os.sched_setaffinity(0, {cpu})
            for frames in storms:
                for data in frames:
                    wire.send(data)
            os._exit(0)
        children.append(child)
    for child in children:
        equal(os.waitpid(child, 0)[1], 0)
    wire.close()

    def over():
        for sock, _ in iter(lambda: accepted(there), None):
            sock.close()
        now = board2.stats()
        return now["table_reserved"] == now["table_local"] == 0

    wait_for(over, "the end of all of them")
    timers(board2)
    fake.answered(board2)
    Origin().works()


# Board 1 is the origin

class Offered:
    """A client's connection to board 1, which is offered to the hand-made board."""

    def __init__(self, path="/fake", port=80, sport=None, parts=(), syn=None, quiet=False, isn=None):
        self.client = net.client(board1, port=port, sport=sport or next(ports))
        if isn is not None:
            self.client.isn = self.client.seq = isn & MASK
        self.at, self.service = (net.address, self.client.port), (board1.address, port)
        self.client.handshake(**(syn or {}))
        self.first = self.client.seq
        self.request = f"GET {path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode()
        begin = 0
        for end in parts:
            self.client.send("A", self.request[begin:end])
            self.client.expect("A", ack=self.client.seq)
            begin = end
        self.queued = begin
        if not quiet:
            self.client.send("PA", self.request[begin:])
        self.next = self.first + begin

    def offer(self, **wanted):
        """Expects it."""
        self.got = fake.expect(CONNECTION, client=self.at, target=FAKE, service=self.service, **wanted)
        self.id = self.got.handoff_id
        return self

    def acknowledge(self, by=fake, target=None):
        by.send(board1, ACK, self.at, target or (by.address, 80))

    def tell(self, kind, reason, handoff_id=None, seq=0, by=fake):
        by.send(board1, kind, self.at, (by.address, 80),
                notice(reason, self.id if handoff_id is None else handoff_id, self.service, seq))

    def forwarded(self, data=None, flags=None, **wanted):
        """Expects a packet of the client's."""
        got = fake.expect_again(PACKET, client=self.at, target=FAKE).inner
        check(got.ok, f"wrong checksum inside: {got}")
        equal((got.src, got.sport, got.dst, got.dport), (*self.at, *self.service))
        for name, value in {"data": data, "flags": flags, **wanted}.items():
            if value is not None:
                equal(getattr(got, name), value, name)
        return got

    def moved(self):
        """Acknowledged, and its request has gone."""
        self.acknowledge()
        self.forwarded(self.request[self.queued:], seq=self.next & MASK)
        equal(self.state(), "forward")
        return self

    def state(self):
        for table in "temporary", "connect", "forward", "local":
            for row in board1.flows(table, "from", self.at[0], "port", str(self.at[1])):
                if row.get("service_port", row["dst_port"]) == self.service[1] or table != "forward":
                    return table
        return None

    def withdrawn(self):
        return fake.expect_again(WITHDRAW, client=self.at, target=FAKE, handoff_id=self.id, service=self.service)

    def served(self, listener):
        """By a real board."""
        sock, address = accept(listener)
        equal(address, self.at)
        equal(receive(sock, len(self.request)), self.request)
        self.client.ack = self.client.iss + 1 & MASK
        sock.sendall(b"answer")
        self.client.expect_data(b"answer")
        self.client.reset()
        for one in board1, board2:
            wait_for(lambda: not one.flows("local", "port", str(self.at[1])), "the reset")
        sock.close()


def at_origin(**wanted):
    return counts(board1, **wanted)


@test("a request is offered with what the handshake agreed on, held, and forwarded upon the acknowledgement")
def _():
    with at_origin(syn_received=1, established=1, held=1, url_hit=1, handoff_offered=1, frames_sent=1,
                   table_forward_connect=1, table_forward=1):
        o = Offered(syn=dict(options=mss(1400) + sack() + timestamps(77) + wscale(5), window=5000, ttl=61)).offer()
    block = o.got.tcb
    want = dict(version=1, state=1, flags=UNATTACHED | HAS_TIMESTAMPS | HAS_SACK | HAS_WSCALE, irs=o.client.isn,
                iss=o.client.iss, snd_una=o.client.iss + 1, snd_nxt=o.client.iss + 1, rcv_nxt=o.first,
                rcv_wup=o.first, snd_mss=1400, adv_mss=1444, snd_wscale=5, ts_recent=77, rcvq_len=0, sndq_len=0,
                reserved=bytes(16))
    equal({name: block[name] for name in want}, {name: value & MASK if isinstance(value, int) else value
                                                 for name, value in want.items()})
    check(o.id, "no hand-off id")
    check(block["rcv_wnd"] >= 1444, "no window")
    # Of a SYN-ACK that was sent twice no round trip is known.
    rtt = block["srtt"]
    equal((block["rttvar"], block["rto"]), (rtt // 2, rtt + max(2 * rtt, 200000) if rtt else 1000000), "RTTVAR, RTO")
    equal(o.state(), "connect")
    with at_origin(frames_received=1, frames_sent=1, handoff_done=1, forwarded=1, table_forward_connect=-1):
        o.acknowledge()
    o.forwarded(o.request, seq=o.first)
    equal(o.state(), "forward")
    o.client.nothing()


@test("what the client sends meanwhile is held and goes in order, once, and then everything as it comes")
def _():
    o = Offered().offer()
    start = o.client.seq
    with at_origin(held=3, drop_packet_copy=1):
        o.client.send("A", b"third", seq=start + 11)
        o.client.send("A", b"second", seq=start + 5)
        o.client.send("A", b"first", seq=start)
        o.client.send("A", b"first", seq=start)
    o.client.seq = start + 16
    o.acknowledge()
    for data in o.request, b"first", b"second", b"third":
        o.forwarded(data)
    fake.nothing(board1)
    with at_origin(forwarded=4, frames_sent=4):
        for flags, data, seq in ("PA", b"more", None), ("A", b"old", o.first), ("FA", b"", None), ("R", b"", 12345):
            o.client.send(flags, data, seq=seq)
    for flags, data in ("PA", b"more"), ("A", b"old"), ("FA", b""), ("R", b""):
        o.forwarded(data, flags)


@test("a FIN that came with the request is forwarded with it")
def _():
    o = Offered()
    o.client.send("FA")
    o.offer()
    o.acknowledge()
    o.forwarded(o.request)
    o.forwarded(b"", "FA", seq=o.first + len(o.request))


@test("without inspection the offer comes with the handshake, and the first packet is a bare ACK")
def _():
    board1.ctl("server", "set", board2.fabric, "state", "down")
    board1.set(load_threshold=0)
    o = Offered(port=81, quiet=True, syn=dict(window=4321)).offer()
    equal((o.got.tcb["rcv_nxt"], o.got.tcb["rcvq_len"]), (o.first, 0))
    o.acknowledge()
    o.forwarded(b"", "A", seq=o.first, ack=o.client.iss + 1 & MASK)
    o.client.send("PA", b"hello")
    o.forwarded(b"hello")
    # Data that comes with the handshake's ACK is held before the offer.
    c = net.client(board1, port=81)
    c.send("S")
    c.expect("SA")
    c.send("PA", b"hello")
    fake.expect(CONNECTION, client=(net.address, c.port), target=FAKE, service=(board1.address, 81))
    fake.send(board1, ACK, (net.address, c.port), FAKE)
    got = fake.expect(PACKET, client=(net.address, c.port)).inner
    equal((got.data, got.seq), (b"hello", c.isn + 1))
    board1.ctl("server", "set", board2.fabric, "state", "up")
    board1.set(load_threshold=10000)


@test("what was acknowledged to the client goes with each offer, and is not sent again after the acknowledgement")
def _():
    # The fourth would come after 560 ms: time enough.
    timers(board1, offer=80, tries=4)
    o = Offered(parts=(7, 15))
    o.offer()
    for n in range(3):
        got = o.got if n == 0 else fake.expect_again(CONNECTION, client=o.at, handoff_id=o.id)
        equal((got.tcb["rcv_nxt"], got.tcb["rcvq_len"], got.tcb["irs"]), (o.next, 15, o.client.isn))
        o.forwarded(o.request[:7], seq=o.first)
        o.forwarded(o.request[7:15], seq=o.first + 7)
    o.acknowledge()
    o.forwarded(o.request[15:], seq=o.next)
    fake.nothing(board1)
    timers(board1)


@test("an offer is sent again, each time later; then it is withdrawn, and the next board is asked")
def _():
    timers(board1, offer=50, tries=4)
    board1.set(load_threshold=0)
    with at_origin(syn_received=1, established=1, held=1, url_hit=1, handoff_offered=2, handoff_retransmitted=3,
                   handoff_timeout=1, handoff_withdrawn=1, handoff_done=1, forwarded=1, frames_sent=7,
                   frames_received=1, next_candidate=1, skipped_drain=1, table_forward=1):
        o = Offered().offer()
        times = [time.monotonic()]
        for _ in range(3):
            fake.expect_again(CONNECTION, client=o.at, handoff_id=o.id)
            times.append(time.monotonic())
        o.withdrawn()
        times.append(time.monotonic())
        sock, address = accept(there)
        equal(address, o.at)
    # 50, 100, 200, 400 ms: a late look shortens the next interval, but not the sum of the rest.
    check(times[4] - times[0] > 0.7, f"{times}")
    check(times[4] - times[2] > times[2] - times[0], f"{times}")
    equal(receive(sock, len(o.request)), o.request)
    o.client.reset()
    wait_for(lambda: not board2.flows("local", "port", str(o.at[1])), "the reset")
    sock.close()
    timers(board1)
    board1.set(load_threshold=10000)


@test("a refusal asks the next board, at last this one")
def _():
    board1.set(load_threshold=0)
    o = Offered().offer()
    with at_origin(frames_received=2, frames_sent=2, handoff_refused=1, handoff_refused_queue_full=1,
                   handoff_offered=1, handoff_done=1, forwarded=1, next_candidate=1, skipped_drain=1,
                   table_forward_connect=-1):
        o.tell(REFUSAL, QUEUE_FULL)
    o.served(there)
    board2.set(drain="yes")
    o = Offered().offer()
    o.tell(REFUSAL, DRAINING)
    o.served(here)
    board2.set(drain="no")
    board1.set(load_threshold=10000)


@test("where no board can serve, the client is reset and counted")
def _():
    o = Offered(port=83)
    o.got = fake.expect(CONNECTION, client=o.at, target=(fake.address, 83))
    with at_origin(frames_received=2, frames_sent=1, handoff_refused=2, handoff_refused_no_listener=2,
                   handoff_offered=1, here_no_listener=1, unplaced=1, reset_sent=1, next_candidate=2, skipped_drain=2,
                   skipped_not_listening=2, table_forward_connect=-1, table_forward=-1, table_temporary=0):
        fake.send(board1, REFUSAL, o.at, (fake.address, 83), notice(NO_LISTENER, o.got.handoff_id, o.service))
    o.client.expect("RA", seq=o.client.iss + 1 & MASK)
    equal(o.state(), None)


@test("refusals are counted by their reason, those of a later version of ipOS as other")
def _():
    names = "no_listener", "queue_full", "no_memory", "exists", "version", "no_route", "draining", "starting"
    for reason, name in (*enumerate(names, 1), (0, "other"), (9, "other"), (65535, "other")):
        o = Offered().offer()
        with at_origin(frames_received=1, handoff_refused=1, **{f"handoff_refused_{name}": 1}, next_candidate=1,
                       attached_here=1, table_forward_connect=-1, table_forward=-1, table_local=1):
            o.tell(REFUSAL, reason)
        o.served(here)


@test("where this board cannot attach it either, it is counted why")
def _():
    others = board2.fabric, fake.address
    for address in others:
        board1.ctl("server", "set", address, "state", "down")
    listener = board1.listen(83, backlog=0)
    first = Offered("/here", port=83)
    alone = dict(held=1, policy_hit=1, policy_local_first=1, skipped_drain=3, unplaced=1)
    with at_origin(**alone, syn_received=1, established=1, here_queue_full=1, reset_sent=1):
        second = Offered("/here", port=83)
    second.client.expect("RA")
    first.served(listener)
    listener.close()
    # A program of this board calls the client from the service's port.
    o = Offered("/here", port=82, quiet=True)
    with Namespace(board1.name):
        native = socket.socket()
    native.setblocking(False)
    native.bind((board1.address, 82))
    native.connect_ex(o.at)
    o.client.expect("S")
    o.client.ack = o.client.iss + 1 & MASK
    with at_origin(**alone, here_exists=1, reset_sent=1, table_temporary=-1):
        o.client.send("PA", o.request)
    o.client.expect("RA")
    native.close()
    o = Offered("/here", port=82, quiet=True)
    sh(f"ip -n board1 route add unreachable {net.address}")
    with counted(board1, lambda: fake.sync(board1), SLOW, **alone, here_no_route=1, drop_no_route=1,
                 table_temporary=-1):
        o.client.send("PA", o.request)
    sh(f"ip -n board1 route del unreachable {net.address}")
    for address in others:
        board1.ctl("server", "set", address, "state", "up")


@test("a board that is deleted before its turn is passed over")
def _():
    board1.ctl("server", "set", other.address, "state", "up")
    for one in fake, other:
        board1.ctl("url", "add", "*/two", "server", one.address)
    o = Offered("/two")
    net.sync(board1)
    first, second = fake, other
    if not board1.flows("connect", "server", fake.address, "port", str(o.at[1])):
        first, second = other, fake
    o.id = first.expect(CONNECTION, client=o.at).handoff_id
    board1.ctl("server", "del", second.address)
    with at_origin(frames_received=1, handoff_refused=1, handoff_refused_no_memory=1, next_candidate=1,
                   handoff_no_server=1, attached_here=1, table_forward_connect=-1, table_forward=-1, table_local=1):
        o.tell(REFUSAL, NO_MEMORY, by=first)
        first.sync(board1)
    o.served(here)
    board1.ctl("server", "add", second.address, "lladdr", second.mac)
    board1.ctl("server", "set", other.address, "state", "drain")
    for one in fake, other:
        board1.ctl("url", "del", "*/two", "server", one.address)


@test("a board without a Server IP hands nothing over")
def _():
    nameless = Board(7)
    sh(f"ip netns add {nameless.name}")
    sh(f"ip link add name board7-eth0 type veth peer name eth0 address {nameless.mac(0)} netns {nameless.name}")
    sh("ip link set dev board7-eth0 master clients addrgenmode none up")
    sh(f"ip -n {nameless.name} link set dev eth0 addrgenmode none up")
    sh(f"ip -n {nameless.name} address add {nameless.address}/24 dev eth0")
    sh(f"ip -n {nameless.name} neigh replace {net.address} lladdr {net.mac} dev eth0 nud permanent")
    wait_for(lambda: forwarding("board7-eth0"), "the bridge's port")
    nameless.ctl("dev", "add", "eth0", "role", "both")
    nameless.ctl("server", "add", board2.fabric, "lladdr", board2.mac(1))
    nameless.ctl("service", "add", "tcp", f"{nameless.address}:80", "inspect", "http")
    nameless.ctl("url", "add", "*", "server", board2.fabric)
    nameless.set(settle_ms=0)
    listener, c = nameless.listen(), net.client(nameless)
    with counted(nameless, lambda: net.sync(nameless), SLOW, syn_received=1, established=1, held=1, url_hit=1,
                 handoff_no_server_ip=1, attached_here=1, table_local=1):
        c.handshake()
        c.send("PA", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    sock, _ = accept(listener)
    for one in sock, listener:
        one.close()


@test("a refusal counts only while it is offered, from the board and for the hand-off it was offered with")
def _():
    o = Offered().offer()
    with at_origin(frames_received=4, drop_stale_notice=3, drop_frame_target=1):
        o.tell(REFUSAL, NO_LISTENER, handoff_id=o.id - 1)
        o.tell(REFUSAL, NO_LISTENER, by=other)
        other.send(board1, REFUSAL, o.at, FAKE, notice(NO_LISTENER, o.id, o.service))
        other.sync(board1)
        fake.send(board1, REFUSAL, o.at, (fake.address, 81), notice(NO_LISTENER, o.id, o.service))
    equal(o.state(), "connect")
    o.moved()
    with at_origin(frames_received=1, drop_stale_notice=1):
        o.tell(REFUSAL, NO_LISTENER)
    o.client.send("PA", b"more")
    o.forwarded(b"more")


@test("an acknowledgement that matches nothing is answered by a withdrawal and commits nothing")
def _():
    o = Offered().offer()
    with at_origin(frames_received=1, frames_sent=1, drop_stale_ack=1):
        o.acknowledge(by=other)
        other.expect(WITHDRAW, client=o.at, target=OTHER, handoff_id=o.id, service=NOBODY)
    for at, target in (o.at, (fake.address, 81)), ((o.at[0], 1), FAKE), (("192.0.2.201", o.at[1]), FAKE):
        with at_origin(frames_received=1, frames_sent=1, drop_stale_ack=1):
            fake.send(board1, ACK, at, target)
            # Nothing that this board offered is newer.
            fake.expect(WITHDRAW, client=at, target=target, handoff_id=o.id, service=NOBODY)
    with at_origin(frames_received=1, drop_frame_target=1):
        other.send(board1, ACK, o.at, FAKE)
        other.sync(board1)
    equal(o.state(), "connect")
    o.moved()


@test("an acknowledgement after the first is answered by a bare ACK")
def _():
    o = Offered().offer().moved()
    o.client.send("PA", b"more")
    o.forwarded(b"more")
    for _ in range(2):
        with at_origin(frames_received=1, frames_sent=1, forwarded=1):
            o.acknowledge()
            o.forwarded(b"", "A", seq=o.next, ack=o.client.iss + 1 & MASK)


@test("0x81 unknown at or after RCV.NXT: the connection is lost, the client reset with its next packet")
def _():
    for ahead in 0, 1000:
        o = Offered().offer().moved()
        with at_origin(frames_received=1, lost=1):
            o.tell(CLOSED, UNKNOWN, handoff_id=0, seq=o.next + ahead)
        # Its own segment once more makes a waiting client say where it is.
        probe = o.client.expect("A", ack=o.next)
        check(probe.seq != o.client.iss + 1 & MASK, "the client would not answer")
        with at_origin(frames_received=1):
            o.tell(CLOSED, UNKNOWN, handoff_id=o.id, seq=o.next + ahead)
        with at_origin(reset_sent=1, drop_packet_lost=1):
            o.client.send("PA", b"more", ack=o.client.iss + 500)
            o.client.expect("R", seq=o.client.iss + 500)
        fake.nothing(board1)


@test("below RCV.NXT a packet has overtaken its offer: a bare ACK")
def _():
    o = Offered(parts=(10,)).offer()
    o.forwarded(o.request[:10])
    # Before the acknowledgement it says nothing at all.
    with at_origin(frames_received=2, drop_stale_notice=2):
        o.tell(CLOSED, UNKNOWN, handoff_id=0, seq=o.first)
        o.tell(CLOSED, UNKNOWN, handoff_id=0, seq=o.next)
    o.moved()
    with at_origin(frames_received=1, frames_sent=1, forwarded=1):
        o.tell(CLOSED, UNKNOWN, handoff_id=0, seq=o.first)
        o.forwarded(b"", "A", seq=o.next)
    o.client.send("PA", b"more")
    o.forwarded(b"more")


@test("0x81 of a board that is not the target, or about another hand-off, is ignored")
def _():
    o = Offered().offer().moved()
    for reason in ENDED, UNKNOWN, WITHDRAWN + 10:
        with at_origin(frames_received=4, drop_stale_notice=3, drop_frame_target=1):
            o.tell(CLOSED, reason, seq=o.next, by=other)
            other.send(board1, CLOSED, o.at, FAKE, notice(reason, o.id, o.service, o.next))
            other.sync(board1)
            o.tell(CLOSED, reason, handoff_id=o.id + 1)
            o.tell(CLOSED, reason, handoff_id=o.id - 1, seq=o.next - 1)
    o.client.nothing()
    o.client.send("PA", b"more")
    o.forwarded(b"more")


@test("0x81 closed of an older connection, about a packet of this one, says that this one is lost")
def _():
    o = Offered().offer().moved()
    with at_origin(frames_received=1, lost=1):
        o.tell(CLOSED, ENDED, handoff_id=o.id - 1, seq=o.next)
    o.client.expect("A", ack=o.next)
    o.client.send("A", ack=o.client.iss + 9)
    o.client.expect("R", seq=o.client.iss + 9)


@test("the client's RST before the acknowledgement withdraws; the header waits until no target can remember it")
def _():
    o = Offered().offer()
    with at_origin(frames_sent=1, handoff_withdrawn=1, reset_received=1, table_forward_connect=-1, table_forward=-1):
        o.client.reset()
        o.withdrawn()
    equal(o.state(), None)
    # The target had reserved: its acknowledgement finds nobody.
    o.acknowledge()
    fake.expect(WITHDRAW, client=o.at, handoff_id=o.id, service=NOBODY)
    # A new connection of the same port would be offered with the same header. The answer shortens nothing.
    with at_origin(syn_received=1, established=1, held=1, url_hit=1, handoff_header_used=1, attached_here=1,
                   table_local=1):
        second = Offered(sport=o.at[1])
    second.served(here)
    with at_origin(frames_received=1, withdrawal_answered=1):
        o.tell(CLOSED, WITHDRAWN)
    Offered(sport=o.at[1]).served(here)


@test("what can be remembered for a short time only is offered again after it, with a newer id")
def _():
    timers(board1, ack=1, reserve=10)
    o = Offered().offer()
    o.client.reset()
    o.withdrawn()
    # How long this one waits is settled; its successor's offer is not to be repeated.
    timers(board1)
    again = offered_again(o)
    check(again.id - o.id & (1 << 64) - 1 < 1 << 63, f"{again.id} after {o.id}")
    again.moved()


def offered_again(o):
    """The first of its successors with the same header that the same board is offered."""
    end = time.monotonic() + WAIT
    while True:
        again = Offered(sport=o.at[1])
        net.sync(board1)
        if again.state() == "connect":
            return again.offer()
        again.served(here)
        check(time.monotonic() < end, "never offered again")


@test("two connections with the same header are never offered to one board")
def _():
    # Under way, and live: the second one goes elsewhere.
    for ready in False, True:
        one = Offered(port=80).offer()
        if ready:
            one.moved()
        with at_origin(syn_received=1, established=1, held=1, url_hit=1, handoff_header_used=1, attached_here=1,
                       table_local=1):
            two = Offered(port=82, sport=one.at[1])
        fake.nothing(board1)
        two.served(here)
        if not ready:
            one.moved()
        one.client.send("PA", b"more")
        one.forwarded(b"more")


@test("a SYN on a live entry is forwarded; on one that closes it begins a new connection")
def _():
    o = Offered().offer().moved()
    o.client.send("S", seq=o.client.isn)
    o.forwarded(b"", "S", seq=o.client.isn)
    o.client.send("S", seq=o.client.isn + 1000000)
    o.forwarded(b"", "S", seq=o.client.isn + 1000000)
    with at_origin(frames_received=1, closed=1):
        o.tell(CLOSED, ENDED)
    # TIME_WAIT at the target must still hear the client.
    o.client.send("FA")
    o.forwarded(b"", "FA")
    with at_origin(drop_packet_syn=1):
        o.client.send("S", seq=o.client.isn)
    o.client.nothing()
    with at_origin(syn_received=1, resumed=1, table_temporary=1, table_forward=-1):
        new = net.client(board1, sport=o.at[1])
        new.isn = new.seq = o.client.isn + 1000000
        new.send("S")
    new.expect("SA", ack=new.isn + 1)
    new.reset()


@test("a client's port that returns is offered at once; what its last connection left behind resets it at worst")
def _():
    old = Offered().offer().moved()
    old.tell(CLOSED, ENDED)
    net.sync(board1)
    new = Offered(sport=old.at[1], isn=old.client.isn + 1000000).offer()
    check(new.id - old.id & (1 << 64) - 1 < 1 << 63, f"{new.id} after {old.id}")
    # An acknowledgement of the old one commits too early: then the target has only a tombstone to answer by.
    new.moved()
    with at_origin(frames_received=2, drop_stale_notice=2):
        new.tell(CLOSED, ENDED, handoff_id=old.id)
        new.tell(CLOSED, ENDED, handoff_id=old.id, seq=new.first - 1 & MASK)
    with at_origin(frames_received=1, lost=1):
        new.tell(CLOSED, ENDED, handoff_id=old.id, seq=new.next & MASK)
    new.client.expect("A", seq=new.client.iss)
    new.client.ack = new.client.iss + 1 & MASK
    new.client.send("A")
    new.client.expect("R", seq=new.client.iss + 1 & MASK)


@test("a client that has forgotten its connection ends it by itself, and begins anew")
def _():
    o = Offered("/moved")
    sock, _ = accept(there)
    equal(receive(sock, len(o.request)), o.request)
    o.client.expect("A", ack=o.client.seq)
    new = net.client(board1, sport=o.at[1])
    new.isn = new.seq = o.client.isn + 1000000
    new.send("S")
    # Board 2 says where the old one is (RFC 5961), the client that it knows of none.
    challenge = new.expect("A", ack=o.client.seq, mac=board2.mac(0))
    new.send("R", seq=challenge.ack)
    wait_for(lambda: not board2.flows("local", "port", str(o.at[1])), "the reset")
    sock.close()
    fake.sync(board1)
    new.send("S", seq=new.isn)
    new.expect("SA", ack=new.isn + 1, mac=board1.mac(0))
    new.reset()


@test("0x81 closed about a packet: nobody hears this client any more, it is reset")
def _():
    o = Offered().offer().moved()
    with at_origin(frames_received=1, closed=1):
        o.tell(CLOSED, ENDED, seq=o.next + 500)
    o.client.send("PA", b"more", ack=o.client.iss + 77)
    o.client.expect("R", seq=o.client.iss + 77)
    fake.nothing(board1)


@test("a fabric that loses, doubles and reorders loses no request (200 fetches, 8 at a time)")
def _():
    for one in board1, board2:
        # As they come.
        timers(one, offer=100, ack=250, reserve=3000)
        one.set(hold_ms=10000)
        sh(f"ip netns exec {one.name} tc qdisc add dev eth1 root netem delay 1ms loss 5% duplicate 10% reorder 25%")
    board1.ctl("url", "add", "*/any", "server", board2.fabric)
    done, wrong = [], []
    stop = threading.Event()

    def serve(listener):
        while not stop.is_set():
            got = accepted(listener)
            if not got:
                time.sleep(0.005)
                continue
            threading.Thread(target=answer, args=got, daemon=True).start()

    def answer(sock, _):
        sock.setblocking(True)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            more = sock.recv(1000)
            if not more:
                return
            request += more
        sock.sendall(request * 50)
        sock.close()

    def fetch(number):
        request = f"GET /any/{number} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode()
        with Namespace("client"):
            sock = socket.socket()
        try:
            sock.settimeout(3 * WAIT)
            sock.connect(SERVICE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if number % 4 == 0:
                # Enough time for a part to be acknowledged, and then handed over.
                sock.sendall(request[:20])
                time.sleep(0.06)
                sock.sendall(request[20:])
            else:
                sock.sendall(request)
            equal(receive(sock, 50 * len(request)), request * 50)
            equal(sock.recv(1), b"")
            done.append(number)
        except (OSError, AssertionError) as error:
            wrong.append(f"{number}: {error}")
        sock.close()

    def fetches(begin):
        for number in range(begin, 200, 8):
            fetch(number)

    begun = board1.stats()
    servers = [threading.Thread(target=serve, args=(listener,)) for listener in (here, there)]
    clients = [threading.Thread(target=fetches, args=(n,)) for n in range(8)]
    for thread in servers + clients:
        thread.start()
    for thread in clients:
        thread.join()
    stop.set()
    for thread in servers:
        thread.join()
    now = board1.stats()
    told = {name: now[name] - begun[name] for name in ("handoff_done", "attached_here", "handoff_retransmitted",
                                                       "handoff_timeout", "lost", "unplaced", "ack_forced")}
    print(f"# {told}", flush=True)
    equal((wrong, len(done)), ([], 200))
    equal((told["lost"], told["unplaced"]), (0, 0))
    check(told["handoff_done"] > 150 and told["ack_forced"], f"{told}")
    for one in board1, board2:
        sh(f"ip netns exec {one.name} tc qdisc del dev eth1 root")
        wait_for(lambda one=one: not one.flows("connect"), "the end of all reservations")
        wait_for(lambda one=one: not one.flows("local"), "the end of all endpoints")


run(lambda: fake.wire.story() + "\n" + net.wire.story())
