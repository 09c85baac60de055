#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Starting an application, packet by packet: board 1 as the origin, of a board played by hand that says what it can start;
and as the target, whose agent is played by hand, too: a socket of the test's own hears what is to be started."""

import json
import os
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CONNECTION, PACKET, REFUSAL, TCP, UDP, WITHDRAW, Clients, Fabric, Namespace, advert, cluster, conn,
                    counted, ip_bytes, listening, notice, tcb)
from tap import after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
other = Fabric([board1, board2], 8)
NO_LISTENER, QUEUE_FULL, NO_MEMORY, STARTING = 1, 2, 3, 8
REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
IS_STARTING = 1
MEMORY = 1 << 20
ids, ports, snapshots = iter(range(1000, 1 << 30)), iter(range(8000, 9000)), iter(range(1, 1 << 30))
board1.set(hold_ms=600000, offer_ms=60000, wait_ms=600000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)
board1.ctl("server", "del", board2.fabric)


def state(word, wire=other):
    board1.ctl("server", "set", wire.address, "state", word)


# Nobody listens: whoever is not known to would be asked at last.
state("down")


def startable(port, flags=0, required=1, address="0.0.0.0", protocol=TCP):
    """What a board could start, as advertisements list it."""
    return struct.pack(">BBH4sI16s", 0x80 | protocol, flags, port, ip_bytes(address), required, b"app")


def says(*listeners, wire=fake):
    """The board made by hand lists these."""
    wire.advertise(board1, advert(1, next(snapshots), listeners, memory=MEMORY))
    wire.sync(board1)


def rows(port):
    return [(row["server"], row["state"], row.get("required"))
            for row in json.loads(board1.ctl("listen", "show", "port", str(port)) or "[]")]


@after_each
def silence():
    """No board listens, nor could start anything."""
    for wire in fake, other:
        says(wire=wire)
        wire.forget()
    equal(board1.stats()["table_waiting"], 0, "endpoints that wait")


class Asked:
    """A client that has asked board 1 for a service of a port of its own, where nothing listens."""

    def __init__(self, like=None):
        self.port = like.port if like else next(ports)
        if like:
            return
        board1.ctl("service", "add", "tcp", f"192.0.2.1:{self.port}", "inspect", "http")

    def ask(self):
        self.client = net.client(board1, port=self.port)
        self.client.handshake()
        self.client.send("PA", REQUEST)
        return self

    def find(self, wire):
        wire.sync(board1)
        for got in wire.queue:
            if got.kind == CONNECTION and got.client == (net.address, self.client.port):
                wire.queue.remove(got)
                self.got = got
                return got
        return None

    def offered(self, wire=fake):
        """Offers to several clients' endpoints come in any order."""
        wait_for(lambda: self.find(wire), "an offer")
        equal(self.got.target, (wire.address, self.port))
        return self.got

    def answers(self, reason, wire=fake, handoff_id=None):
        wire.send(board1, REFUSAL, self.got.client, (wire.address, self.port),
                  notice(reason, handoff_id or self.got.handoff_id, self.got.service))
        wire.sync(board1)

    def takes(self, wire=fake):
        wire.send(board1, ACK, self.got.client, (wire.address, self.port))
        equal(wire.expect(PACKET, client=self.got.client).inner.data, REQUEST)

    def is_reset(self):
        equal(self.client.expect().flags, "RA")


# Board 1 is the origin

@test("what a board could start is listed as such, and is no listener")
def _():
    a = Asked()
    says(startable(a.port, required=77), listening(a.port + 500))
    equal(rows(a.port), [(fake.address, "startable", 77)])
    equal(rows(a.port + 500), [(fake.address, "listening", None)])
    says(startable(a.port, IS_STARTING), startable(a.port + 1, address="10.0.0.9"), startable(a.port + 2, protocol=7))
    equal((rows(a.port), rows(a.port + 1), rows(a.port + 2)), ([(fake.address, "starting", 1)], [], []))
    # Without a request nothing is offered.
    fake.nothing(board1)


@test("where nobody listens it is offered to a board that can start it; refused as starting, it waits and is offered anew")
def _():
    a = Asked()
    says(startable(a.port))
    a.ask()
    first = a.offered()
    with counted(board1, lambda: fake.sync(board1), frames_received=1, handoff_refused=1, handoff_refused_starting=1,
                 waited=1, table_waiting=1, but={"handoff_offered", "frames_sent", "adverts_received"}):
        a.answers(STARTING)
    # Now it listens.
    says(listening(a.port))
    second = a.offered()
    check(second.handoff_id > first.handoff_id, "each offer has an id of its own")
    equal(second.tcb["rcv_nxt"], first.tcb["rcv_nxt"], "nothing was acknowledged meanwhile")
    a.takes()


@test("without news it is offered again once a second; a board that says that nothing listens has failed")
def _():
    a = Asked()
    says(startable(a.port))
    a.ask().offered()
    for _ in range(2):
        a.answers(STARTING)
        a.offered()
    with counted(board1, lambda: fake.sync(board1), frames_received=1, handoff_refused=1, handoff_refused_no_listener=1,
                 next_candidate=1, here_no_listener=1, unplaced=1, reset_sent=1, table_waiting=-1, table_forward=-1,
                 table_forward_connect=-1, but={"skipped_not_startable", "skipped_not_listening", "skipped_drain"}):
        a.answers(NO_LISTENER)
    a.is_reset()


@test("the next board that can start it is asked when one has failed")
def _():
    a = Asked()
    state("up")
    says(startable(a.port))
    says(startable(a.port), wire=other)
    a.ask()
    # Either may be the first.
    first = wait_for(lambda: next((wire for wire in (fake, other) if a.find(wire)), None), "an offer")
    second = other if first is fake else fake
    a.answers(NO_LISTENER, first)
    a.offered(second)
    a.answers(NO_LISTENER, second)
    a.is_reset()
    state("down")


@test("a board that was asked is asked again by all who follow, one that says that it starts it before others")
def _():
    a, clients = Asked(), []
    state("up")
    says(startable(a.port))
    says(startable(a.port, IS_STARTING), wire=other)
    for _ in range(4):
        b = Asked(like=a)
        clients.append(b.ask())
        b.offered(other)
        b.answers(STARTING, other)
    fake.nothing(board1)
    state("down", fake)
    says(wire=other)
    for b in clients:
        b.offered(other)
        b.answers(NO_LISTENER, other)
        b.is_reset()
    state("up", fake)
    state("down")


@test("a board without the memory is passed over, unless it starts it already")
def _():
    a = Asked()
    says(startable(a.port, required=MEMORY + 1))
    with counted(board1, lambda: fake.sync(board1), skipped_memory=1, unplaced=1,
                 but={"syn_received", "syn_ack_sent", "established", "held", "policy_hit", "policy_local_first", "reset_sent",
                      "skipped_not_listening", "skipped_not_startable", "skipped_drain", "here_no_listener"}):
        a.ask().is_reset()
    fake.nothing(board1)
    says(startable(a.port, IS_STARTING, required=MEMORY + 1))
    a.ask().offered()
    a.answers(NO_LISTENER)
    a.is_reset()


@test("copies of a refusal are dropped while it waits, those of another hand-off always")
def _():
    a = Asked()
    says(startable(a.port))
    a.ask().offered()
    a.answers(STARTING)
    with counted(board1, lambda: fake.sync(board1), frames_received=3, drop_stale_notice=3):
        a.answers(STARTING)
        a.answers(NO_LISTENER)
        a.answers(NO_LISTENER, handoff_id=a.got.handoff_id - 1)
    a.offered()
    a.answers(NO_LISTENER)
    a.is_reset()


@test("an acknowledgement that answers a copy of the offer commits while it waits")
def _():
    a = Asked()
    says(startable(a.port))
    a.ask().offered()
    a.answers(STARTING)
    a.takes()


@test("a full accept queue is waited for, too")
def _():
    a = Asked()
    says(startable(a.port))
    a.ask().offered()
    a.answers(STARTING)
    says(listening(a.port))
    a.offered()
    a.answers(QUEUE_FULL)
    a.offered()
    a.takes()


@test("a client's RST ends the waiting, and so does its board's end")
def _():
    a = Asked()
    says(startable(a.port))
    a.ask().offered()
    a.answers(STARTING)
    a.client.reset()
    net.sync(board1)
    a.ask().offered()
    a.answers(STARTING)
    board1.ctl("server", "del", fake.address)
    a.is_reset()
    board1.ctl("server", "add", fake.address, "lladdr", fake.mac)


# Board 1 is the target

class Agent:
    """Heard as an agent is: a netlink socket of the family's group."""

    def __enter__(self):
        self.program = subprocess.Popen(["ip", "netns", "exec", "board1", "ipos-agent"], stderr=subprocess.PIPE, text=True)
        equal(self.program.stderr.readline(), "ipos-agent: ready\n")
        return self

    def __exit__(self, *_):
        self.program.terminate()
        self.program.wait()
        self.program.stderr.close()


def offer(port, client=None, protocol=TCP):
    """The hand-made board offers board 1 a connection for the port; its id, which a UDP flow has not."""
    number = next(ids)
    at = client or (net.address, 30000 + number)
    block = tcb(number) if protocol == TCP else b""
    fake.send(board1, CONNECTION, at, (board1.fabric, port), conn(("192.0.2.9", 80), block), protocol=protocol)
    return at, number if protocol == TCP else 0


def refused(port, reason, at, number):
    fake.expect_again(REFUSAL, client=at, target=(board1.fabric, port), reason=reason, handoff_id=number)


def app(name, field):
    return next(row[field] for row in json.loads(board1.ctl("app", "show")) if row.get("app") == name)


@test("an offer for a port of no application is refused as ever")
def _():
    with Agent(), counted(board1, lambda: fake.sync(board1), frames_received=1, frames_sent=1, refused=1,
                          refused_no_listener=1):
        refused(7000, NO_LISTENER, *offer(7000))


def add(name, port, *words):
    subprocess.run(["ipos-ctl", "-n", "board1", "app", "add", name, "port", str(port), "start-timeout", "600", *words],
                   check=True)


@test("an offer has a registered application started, once; while it starts all are refused as starting, then taken")
def _():
    add("idle", 7001, "memory", "1M", "exec", "sleep 1000")
    with counted(board1, lambda: fake.sync(board1), frames_received=1, frames_sent=1, refused=1, refused_no_listener=1,
                 start_no_agent=1):
        refused(7001, NO_LISTENER, *offer(7001))
    with Agent():
        with counted(board1, lambda: fake.sync(board1), frames_received=5, frames_sent=5, refused=5, refused_starting=5,
                     start_asked=1):
            for _ in range(5):
                refused(7001, STARTING, *offer(7001))
        equal((app("idle", "state"), app("idle", "starts")), ("starting", 1))
        listener = board1.listen(7001)
        equal(app("idle", "state"), "running")
        at, number = wait_for(lambda: offer(7001), "an offer")
        fake.expect_again(ACK, client=at)
        fake.send(board1, WITHDRAW, at, (board1.fabric, 7001), notice(0, number, ("192.0.2.9", 80)))
        fake.sync(board1)
        listener.close()
        wait_for(lambda: app("idle", "state") == "stopped" or None, "its end")
    board1.ctl("app", "del", "idle")


@test("what a UDP flow needs is started, too; it is found within a second of its beginning to wait for datagrams")
def _():
    add("quiet", 7004, "proto", "udp", "memory", "1M", "exec", "sleep 1000")
    with Agent():
        with counted(board1, lambda: fake.sync(board1), frames_received=3, frames_sent=3, refused=3, refused_starting=3,
                     start_asked=1):
            for _ in range(3):
                refused(7004, STARTING, *offer(7004, protocol=UDP))
        equal((app("quiet", "state"), app("quiet", "proto"), app("quiet", "starts")), ("starting", "udp", 1))
        # Another protocol's port is another's.
        refused(7004, NO_LISTENER, *offer(7004))
        with Namespace("board1"):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("0.0.0.0", 7004))
        at, _ = offer(7004, protocol=UDP)
        fake.expect_again(ACK, client=at, protocol=UDP)
        wait_for(lambda: app("quiet", "state") == "running" or None, "its being found")
        sock.close()
        wait_for(lambda: app("quiet", "state") == "stopped" or None, "its end")
    board1.ctl("app", "del", "quiet")


@test("one that has failed rests, and is refused as not listening")
def _():
    add("bad", 7002, "memory", "1M", "exec", "/bin/false")
    with Agent():
        refused(7002, STARTING, *offer(7002))
        wait_for(lambda: app("bad", "failures") or None, "its failure")
        if app("bad", "state") == "failed":
            at, number = offer(7002)
            got = fake.expect_again(REFUSAL, client=at)
            check(got.reason == NO_LISTENER or app("bad", "starts") > 1, "it rests")
    board1.ctl("app", "del", "bad")


@test("one that needs more memory than there is is refused for that reason")
def _():
    add("large", 7003, "memory", "4000G", "exec", "/bin/false")
    with Agent():
        with counted(board1, lambda: fake.sync(board1), frames_received=1, frames_sent=1, refused=1, refused_no_memory=1,
                     start_no_memory=1):
            refused(7003, NO_MEMORY, *offer(7003))
    board1.ctl("app", "del", "large")


run()
