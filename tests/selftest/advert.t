#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Advertisements: what board 1 says, what it believes of others, and what their silence, restart and departure mean to
it. The other boards are played by hand; an interval of a minute means fresh, one of a millisecond silent at once."""

import json
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, ADVERT, CONNECTION, DRAINING, GROUP, LEAVING, MASK, PACKET, REFUSAL, Clients, Fabric, Namespace,
                    accept, accepted, cluster, counted, frame, listening, notice, receive)
from player import advert as said
from tap import after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1], 9, hears=True)
stranger = Fabric([board1], 10, known=False)
here = board1.listen(backlog=100)
SERVICE, FAKE = ("192.0.2.1", 80), (fake.address, 80)
NOBODY = "0.0.0.0", 0
REQUEST = b"GET /fake HTTP/1.1\r\nHost: a.example\r\n\r\n"
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/fake", "server", fake.address)
board1.set(hold_ms=600000, offer_ms=60000, closing_timeout=3600)
EPOCH = 0x1000
# Each test begins another life of the board, so that its snapshots begin anew.
epochs = iter(range(EPOCH, 1 << 30))


def advert(epoch, snapshot, listeners=(listening(80),), **fields):
    """Of a board that serves."""
    return said(epoch, snapshot, listeners, **fields)


def row(address=fake.address):
    rows = json.loads(board1.ctl("server", "show", address) or "[]")
    return rows[0] if rows else {}


def learn(how):
    board1.ctl("dev", "set", "eth1", "learn", how)


def counts(wire=fake, but=(), **wanted):
    return counted(board1, lambda: wire.sync(board1), but=but, **wanted)


def hears(body, wire=fake, **fields):
    wire.advertise(board1, body, **fields)
    wire.sync(board1)


def life(**fields):
    """The board made by hand begins one; its number."""
    epoch = next(epochs)
    hears(advert(epoch, 1, **fields))
    return epoch


def offered():
    """A client's connection that is on offer to the board made by hand; what was before is over."""
    net.sync(board1)
    fake.sync(board1)
    fake.forget()
    client = net.client(board1)
    client.handshake()
    client.send("PA", REQUEST)
    return client, fake.expect(CONNECTION, client=(net.address, client.port), target=FAKE)


def moved():
    client, _ = offered()
    fake.send(board1, ACK, (net.address, client.port), FAKE)
    equal(fake.expect_again(PACKET, client=(net.address, client.port)).inner.data, REQUEST)
    return client


def served(client):
    """Here, after all."""
    sock, _ = accept(here)
    equal(receive(sock, len(REQUEST)), REQUEST)
    sock.close()
    client.reset()


def placed_here():
    client = net.client(board1)
    client.handshake()
    client.send("PA", REQUEST)
    served(client)


@after_each
def fresh_again():
    learn("off")
    board1.set(peer_timeout=15, limit_server=10000)
    life()
    fake.forget()
    stranger.forget()
    equal(accepted(here), None, "accept()")
    equal((row()["freshness"], row()["lladdr"], row()["learned"]), ("fresh", fake.mac, False))


@test("a board says what it is, at an interval, to the group of all boards")
def _():
    epoch = int(board1.show()["epoch"], 0)
    board1.set(advertise_ms=60000)
    first = fake.expect(ADVERT, client=NOBODY, target=(board1.fabric, 0), protocol=1, epoch=epoch, interval=60000,
                        flags=0)
    equal((first.length, first.part), (64 + 28 * len(first.listeners), 1))
    board1.set(advertise_ms=50)
    one = fake.expect_again(ADVERT, interval=50)
    while one.snapshot < first.snapshot + 5:
        new = fake.expect_again(ADVERT, interval=50, epoch=epoch)
        check(new.snapshot in (one.snapshot, one.snapshot + 1), f"snapshot {new.snapshot} after {one.snapshot}")
        one = new
    board1.set(advertise_ms=60000, drain="yes")
    while one.interval != 60000:
        one = fake.expect_again(ADVERT)
    equal(one.flags, DRAINING)
    board1.set(advertise_ms=0, drain="no")
    fake.sync(board1)
    fake.forget()
    with counts():
        fake.nothing(board1)


@test("it takes a known board's state, from the group and from its own address")
def _():
    equal((row()["freshness"], row()["learned"]), ("fresh", False))
    state = dict(connections=7, cpu=500, memory=1 << 40, bandwidth=10**7, in_flight=3, accept_us=250, memory_total=2048,
                 bandwidth_total=10000)
    epoch = next(epochs)
    with counts(adverts_received=1):
        fake.advertise(board1, advert(epoch, 5, **state))
    got = row()
    equal({name: got[name] for name in state}, state)
    equal((got["epoch"], got["snapshot"], got["interval"], got["says"]), (f"0x{epoch:016x}", 5, 60000, []))
    with counts(adverts_received=1):
        fake.advertise(board1, advert(epoch, 6, connections=8), mac=board1.mac(1))
    equal((row()["connections"], row()["snapshot"]), (8, 6))


@test("the group is for nothing else")
def _():
    with counts(frames_received=1, drop_frame_type=1):
        fake.send_bytes(board1, frame(ACK, (net.address, 1), FAKE), mac=GROUP)
    with counts():
        fake.send_bytes(board1, frame(ACK, (net.address, 1), FAKE), mac="03:00:69:70:4f:54")


@test("who is not known is not believed: neither a strange MAC, nor a known one with another Server IP")
def _():
    body = advert(next(epochs), 1)
    with counts(stranger, adverts_received=2, drop_frame_sender=2):
        stranger.advertise(board1, body)
        stranger.advertise(board1, body, address=fake.address)
    with counts(adverts_received=2, drop_advert_untrusted=2):
        fake.advertise(board1, body, address=stranger.address)
        fake.advertise(board1, body, address=board1.fabric)
    equal(row(stranger.address), {})


@test("every truncation is dropped as short, a wrong checksum as that, and every absurd number as malformed")
def _():
    good = frame(ADVERT, NOBODY, (fake.address, 0), advert(next(epochs), 1, [listening(80), listening(443)]))
    sizes = [16, 17] + list(range(18, len(good), 7)) + [len(good) - 1]
    with counts(adverts_received=len(sizes), drop_frame_short=len(sizes)):
        for size in sizes:
            fake.send_bytes(board1, good[:size], mac=GROUP)
    absurd = [advert(0, 1), advert(9, 1, part=0), advert(9, 1, part=2), advert(9, 1, part=257, parts=257),
              advert(9, 1, parts=65535), advert(9, 1, interval=0), advert(9, 1, cpu=1001), advert(9, 1, weight=0),
              advert(9, 1, weight=10001), advert(9, 1, count=2), advert(9, 1, count=65535)]
    absurd += [advert(9, 1, length=size) for size in (0, 2, 22, 63)]
    with counts(adverts_received=len(absurd) + 1, drop_advert_length=len(absurd) + 1):
        for body in absurd:
            fake.advertise(board1, body)
        fake.advertise(board1, advert(9, 1), address="224.0.0.1")
    with counts(adverts_received=2, drop_frame_checksum=1, drop_frame_protocol=1):
        fake.advertise(board1, advert(9, 1), bad_checksum=True)
        fake.advertise(board1, advert(9, 1), protocol=3)


@test("what follows the listening sockets is a later version's")
def _():
    body = advert(next(epochs), 1, [listening(80), b"more"], count=1)
    with counts(adverts_received=1):
        fake.advertise(board1, body)


@test("a snapshot is heard once, each part of it, and no older one after it")
def _():
    epoch = next(epochs)
    with counts(adverts_received=4):
        fake.advertise(board1, advert(epoch, 7, part=2, parts=3, connections=1))
        fake.advertise(board1, advert(epoch, 7, part=3, parts=3, connections=2))
        fake.advertise(board1, advert(epoch, 7, part=1, parts=3, connections=3))
        fake.advertise(board1, advert(epoch, 8, part=1, parts=2, connections=4))
    equal(row()["connections"], 4)
    with counts(adverts_received=4, drop_advert_replayed=3, drop_advert_length=1):
        fake.advertise(board1, advert(epoch, 7, part=3, parts=3))
        fake.advertise(board1, advert(epoch, 8, part=1, parts=2))
        fake.advertise(board1, advert(epoch, 8 - (1 << 31) + 1))
        fake.advertise(board1, advert(epoch, 8, part=2, parts=3))
    with counts(adverts_received=3, drop_advert_replayed=1):
        fake.advertise(board1, advert(epoch, 8 + (1 << 31) - 1))
        fake.advertise(board1, advert(epoch, 7 + (1 << 31) + (1 << 30)))
        fake.advertise(board1, advert(epoch, 8 + (1 << 31)))
    equal(row()["snapshot"], 7 + (1 << 31) + (1 << 30) & MASK)


@test("of a board's former life nothing is believed")
def _():
    old = life()
    new = life()
    with counts(adverts_received=2, drop_advert_epoch=2):
        fake.advertise(board1, advert(old, 2))
        fake.advertise(board1, advert(old, 1000))
    equal(row()["epoch"], f"0x{new:016x}")


@test("a process's name cannot command the terminal of who reads it")
def _():
    hears(advert(next(epochs), 1, [listening(80, pid=7, name=b"\x1b[2J\n\"x")]))
    equal(json.loads(board1.ctl("listen", "show", "server", fake.address))[0]["name"], "?[2J?\"x")


@test("ten thousand listening sockets are bounded")
def _():
    epoch = next(epochs)
    rows = [listening(1 + i) for i in range(10000)]
    with counts(but=("drop_advert_limit",), adverts_received=200):
        before = board1.stats()["drop_advert_limit"]
        for part in range(200):
            fake.advertise(board1, advert(epoch, 1, rows[part * 50:part * 50 + 50], part=part + 1, parts=200))
            if part % 20 == 19:
                fake.sync(board1)
    # 4096 of one board; all parts that had more are counted.
    equal(board1.stats()["drop_advert_limit"] - before, 200 - 81)


@test("an offer tells which life of the board is meant")
def _():
    epoch = life()
    client, offer = offered()
    equal(offer.tcb["epoch"], epoch)
    client.reset()


@test("a restart resets the clients whose connections it forgot, and moves on what was on offer")
def _():
    life()
    lost, waiting = moved(), offered()[0]
    with counts(but=("syn_ack_sent",), adverts_received=1, lost=1, handoff_restarted=1, attached_here=1, table_local=1,
                table_forward_connect=-1, table_forward=-1):
        life()
        sock, _ = accept(here)
    equal(receive(sock, len(REQUEST)), REQUEST)
    check(lost.expect("A").seq != lost.iss + 1 & MASK, "the client would not answer")
    lost.send("PA", b"more", ack=lost.iss + 500)
    lost.expect("R", seq=lost.iss + 500)
    sock.close()
    waiting.reset()
    # The new life is as good as the old one.
    client, offer = offered()
    equal(offer.tcb["epoch"], int(row()["epoch"], 0))
    client.reset()


@test("a row made by hand keeps its state over a restart, and what was set")
def _():
    board1.ctl("server", "set", fake.address, "state", "drain")
    life(connections=5)
    equal((row()["state"], row()["connections"]), ("drain", 5))
    placed_here()
    board1.ctl("server", "set", fake.address, "state", "up")


@test("a board that drains, or leaves, is offered nothing until it says otherwise")
def _():
    epoch = life()
    for snapshot, flag, says in (2, DRAINING, ["draining"]), (4, LEAVING, ["leaving"]):
        hears(advert(epoch, snapshot, flags=flag))
        equal((row()["says"], row()["freshness"]), (says, "left" if flag == LEAVING else "fresh"))
        placed_here()
        hears(advert(epoch, snapshot + 1))
        equal((row()["says"], row()["freshness"]), ([], "fresh"))
        offered()[0].reset()


@test("a silent board is stale, then gone; it is offered nothing until it is heard again, and keeps what it has")
def _():
    epoch = life()
    client = moved()
    hears(advert(epoch, 2, interval=1))
    wait_for(lambda: row()["freshness"] != "fresh", "stale")
    placed_here()
    wait_for(lambda: row()["freshness"] == "gone", "gone")
    placed_here()
    client.send("PA", b"more")
    equal(fake.expect_again(PACKET).inner.data, b"more")
    hears(advert(epoch, 3))
    equal(row()["freshness"], "fresh")
    client.send("PA", b"still")
    equal(fake.expect_again(PACKET).inner.data, b"still")
    offered()[0].reset()


@test("a board is passed over, and it is counted why: silent, or known not to listen")
def _():
    def passed_over(**wanted):
        names = "skipped_stale", "skipped_not_listening", "skipped_drain", "next_candidate", "url_hit", "policy_hit"
        before = board1.stats()
        placed_here()
        after = board1.stats()
        equal({name: after[name] - before[name] for name in names if after[name] != before[name]},
              {"policy_hit": 1, **wanted})
    life(listeners=[listening(81)])
    passed_over(skipped_not_listening=1)
    epoch = life(listeners=[listening(80, protocol=2)])
    passed_over(skipped_not_listening=1)
    # Only a complete list says what is not in it.
    hears(advert(epoch, 2, [listening(443)], part=1, parts=2))
    passed_over(skipped_not_listening=1)
    hears(advert(epoch, 2, [listening(80)], part=2, parts=2))
    offered()[0].reset()
    hears(advert(next(epochs), 1, [listening(443)], part=1, parts=2))
    offered()[0].reset()
    epoch = life()
    hears(advert(epoch, 2, interval=1))
    wait_for(lambda: row()["freshness"] != "fresh", "stale")
    passed_over(skipped_stale=1)


UNSERVED = ("192.0.2.1", 85)


class Asks:
    """A client of a service for which nothing listens here, and its request."""

    def __init__(self):
        self.client = net.client(board1, port=UNSERVED[1])
        self.at = net.address, self.client.port
        self.client.handshake()

    def ask(self):
        self.client.send("PA", REQUEST)
        net.sync(board1)
        fake.sync(board1)
        return self

    def offer(self):
        """The offer to the board made by hand, if there was one."""
        return next((got for got in fake.queue if got.kind == CONNECTION and got.client == self.at), None)

    def refused(self):
        got = self.offer()
        fake.send(board1, REFUSAL, self.at, (fake.address, UNSERVED[1]), notice(1, got.handoff_id, got.service))


@test("where nobody is known to listen, a board that is not is asked; when it has refused, not again for a moment")
def _():
    board1.ctl("service", "add", "tcp", "192.0.2.1:85", "inspect", "http")
    board1.ctl("server", "set", board2.fabric, "state", "down")
    life(listeners=[listening(81)])
    one = Asks()
    with counts(but={"held", "policy_hit", "policy_local_first", "skipped_not_listening", "skipped_drain"}, asked_not_listening=1,
                handoff_offered=1, frames_sent=1, table_forward=1, table_forward_connect=1, table_temporary=-1):
        one.ask()
    check(one.offer(), "it was not asked")
    fake.forget()
    fake.send(board1, ACK, one.at, (fake.address, UNSERVED[1]))
    equal(fake.expect_again(PACKET, client=one.at).inner.data, REQUEST)
    one.client.reset()

    def again():
        one, two = Asks(), Asks()
        wait_for(lambda: one.ask().offer(), "an offer")
        one.refused()
        two.ask()
        asked = two.offer()
        if asked:
            two.refused()
        for client in one.client, two.client:
            equal(client.expect().flags, "RA")
        return not asked
    # A moment is short: the machine may stand still for longer.
    wait_for(again, "a client for which no board was asked")
    life(listeners=[listening(81)], flags=DRAINING)
    with counts(but={"held", "policy_hit", "policy_local_first", "skipped_not_listening", "skipped_drain", "skipped_stale", "syn_received",
                     "syn_ack_sent", "established", "lost"}, here_no_listener=1, unplaced=1, reset_sent=1):
        equal(Asks().ask().client.expect().flags, "RA")
    board1.ctl("service", "del", "tcp", "192.0.2.1:85")
    board1.ctl("server", "set", board2.fabric, "state", "up")


@test("what begins to listen is told of in a moment, unless nobody else can reach it")
def _():
    board1.set(advertise_ms=60000)
    fake.expect(ADVERT, client=NOBODY)

    def told():
        return [struct.unpack(">BBH", row[:4])[::2] for row in fake.expect_again(ADVERT).listeners]
    local, tcp = board1.listen(4001, address="127.0.0.1"), board1.listen(4002)
    while (1, 4002) not in (now := told()):
        pass
    check((1, 4001) not in now, "a socket of no use to anybody was told")
    with Namespace("board1"):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", 4003))
    while (2, 4003) not in told():
        pass
    for sock in local, tcp, udp:
        sock.close()
    board1.set(advertise_ms=0)
    fake.sync(board1)


@test("silent for longer than peer-timeout, it loses its connections: their clients are reset")
def _():
    epoch = life()
    client = moved()
    board1.set(peer_timeout=1)
    with counts(lost=1, adverts_received=1):
        hears(advert(epoch, 2, interval=1))
        client.expect("A")
    client.send("PA", b"more", ack=client.iss + 500)
    client.expect("R", seq=client.iss + 500)


@test("a board that never advertised is waited for")
def _():
    board1.set(peer_timeout=1)
    board1.ctl("server", "del", fake.address)
    board1.ctl("server", "add", fake.address, "lladdr", fake.mac)
    equal(row()["freshness"], "unheard")
    client, offer = offered()
    equal(offer.tcb["epoch"], 0)
    client.reset()


@test("with learn on a strange board becomes known; one made by hand is never overwritten")
def _():
    learn("on")
    epoch = life()
    with counts(stranger, adverts_received=1, table_server=1):
        stranger.advertise(board1, advert(7, 1, connections=9))
    got = row(stranger.address)
    equal((got["learned"], got["lladdr"], got["connections"], got["state"]), (True, stranger.mac, 9, "up"))
    check(stranger.address not in board1.ctl("save"), "what was learned is not saved")
    with counts(stranger, adverts_received=1, drop_advert_untrusted=1):
        stranger.advertise(board1, advert(epoch, 2), address=fake.address)
    with counts(adverts_received=1, drop_advert_untrusted=1):
        fake.advertise(board1, advert(7, 2), address=stranger.address)
    equal((row()["lladdr"], row()["snapshot"]), (fake.mac, 1))
    # What was learned stays believed when learning ends; nobody else is.
    learn("off")
    with counts(stranger, adverts_received=2, drop_frame_sender=1):
        stranger.advertise(board1, advert(7, 3))
        stranger.advertise(board1, advert(8, 1), address="10.0.0.11", src="02:00:00:00:02:0b")
    equal(row(stranger.address)["snapshot"], 3)
    board1.ctl("server", "del", stranger.address)


@test("a learned board moves to another MAC, with its flows; not by a replayed frame")
def _():
    learn("on")
    board1.ctl("server", "del", fake.address)
    hears(advert(7, 5))
    equal(row()["learned"], True)
    client = moved()
    with counts(stranger, adverts_received=1, drop_advert_replayed=1):
        stranger.advertise(board1, advert(7, 5), address=fake.address)
    equal(row()["lladdr"], fake.mac)
    with counts(stranger, adverts_received=1):
        stranger.advertise(board1, advert(7, 6), address=fake.address)
    equal((row()["lladdr"], row()["handoffs"]), (stranger.mac, 1))
    stranger.sync(board1)
    stranger.forget()
    client.send("PA", b"more")
    equal(stranger.expect(PACKET).inner.data, b"more")
    # The old MAC is nobody's now, and comes back as any other would.
    hears(advert(7, 7))
    equal(row()["lladdr"], fake.mac)
    board1.ctl("server", "del", fake.address)
    board1.ctl("server", "add", fake.address, "lladdr", fake.mac)
    client.reset()


@test("a learned board that is gone, or has left, is forgotten; but not while it has connections")
def _():
    learn("on")
    board1.ctl("server", "del", fake.address)
    hears(advert(7, 1))
    client = moved()
    hears(advert(7, 2, interval=1))
    wait_for(lambda: row()["freshness"] == "gone", "gone")
    hears(advert(7, 3, interval=1), stranger)
    wait_for(lambda: not row(stranger.address), "the end of a learned row")
    equal(row()["handoffs"], 1)
    hears(advert(7, 4), stranger)
    check(row(stranger.address), "not learned again")
    hears(advert(7, 5, flags=LEAVING), stranger)
    wait_for(lambda: not row(stranger.address), "the end of a learned row")
    with counts(stranger, adverts_received=1):
        stranger.advertise(board1, advert(7, 6, flags=LEAVING))
    hears(advert(7, 4))
    client.reset()
    board1.ctl("server", "del", fake.address)
    board1.ctl("server", "add", fake.address, "lladdr", fake.mac)


@test("a hundred boards with a hundred listening sockets each are held, as many as there may be rows")
def _():
    def all_of_them(snapshot, **fields):
        for number in range(100):
            for part in range(2):
                stranger.advertise(board1, advert(1, snapshot, rows[part], part=part + 1, parts=2, **fields),
                                   address=f"10.0.1.{number + 1}", src=f"02:00:00:00:03:{number:02x}")
            if number % 20 == 19:
                stranger.sync(board1)
    rows = [[listening(1000 + part * 50 + i, pid=i + 1, name=b"simulated") for i in range(50)] for part in range(2)]
    learn("on")
    board1.set(limit_server=board1.stats()["table_server"] + 60)
    # It takes a slow kernel so long that what was moved before may end.
    with counts(stranger, ("table_forward",), adverts_received=200, table_server=60, drop_advert_limit=80):
        all_of_them(1)
    board1.set(limit_server=10000)
    with counts(stranger, ("table_forward",), adverts_received=200, table_server=40):
        all_of_them(2)
    known = [each for each in json.loads(board1.ctl("server", "show")) if each["ip"].startswith("10.0.1.")]
    equal({(each["learned"], each["freshness"], each["snapshot"]) for each in known}, {(True, "fresh", 2)})
    before = board1.stats()["table_server"]
    all_of_them(3, interval=1)
    wait_for(lambda: board1.stats()["table_server"] == before - 100, "the end of all of them")


@test("a device that goes takes what was learned behind it along")
def _():
    learn("on")
    hears(advert(7, 1), stranger)
    check(row(stranger.address), "not learned")
    board1.ctl("dev", "del", "eth1")
    equal(json.loads(board1.ctl("server", "show") or "[]"), [])
    with counts():
        stranger.advertise(board1, advert(7, 2))
    board1.ctl("dev", "add", "eth1", "role", "fabric")
    for number in 2, 9:
        board1.ctl("server", "add", f"10.0.0.{number}", "lladdr", f"02:00:00:00:02:{number:02x}")


@test("a board that takes its fabric away says so")
def _():
    board1.set(advertise_ms=60000)
    fake.expect(ADVERT, flags=0)
    fake.forget()
    board1.ctl("dev", "del", "eth1")
    fake.expect(ADVERT, flags=LEAVING, listeners=[])
    board1.set(advertise_ms=0)
    board1.ctl("dev", "add", "eth1", "role", "fabric")
    for number in 2, 9:
        board1.ctl("server", "add", f"10.0.0.{number}", "lladdr", f"02:00:00:00:02:{number:02x}")


run(lambda: f"{net.wire.story()}\n-- fabric\n{fake.wire.story()}\n-- stranger\n{stranger.wire.story()}")
