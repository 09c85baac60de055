#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Frames that no honest board sends: each is refused and counted in its own counter, and nothing else changes."""

import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, MASK, PACKET, REFUSAL, UDP, UNATTACHED, WITHDRAW, Clients, Fabric,
                    Namespace, accept, accepted, checksum, cluster, conn, counted, forwarding, frame, notice, receive,
                    segment, sh, tcb, timestamps)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
known = Fabric([board1, board2], 9)
stranger = Fabric([board1, board2], 10, known=False)
app = board2.listen(backlog=100)
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/moved", "server", "10.0.0.2")
# Nothing but what a test sends decides.
for board in board1, board2:
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)

SERVICE = "192.0.2.1", 80
TARGET = board2.fabric, 80
FAKE = known.address, 80
VERSION = 5
ids = iter(range(1000, 1 << 30))
ports = iter(range(30000, 60000))


def client():
    return net.address, next(ports)


def inner(at, flags="A", seq=1001, ack=5001, data=b"", **fields):
    return segment(*at, *SERVICE, flags, seq, ack, data, **fields)


def every_kind():
    """One good frame of each type and protocol, for board 2."""
    at = client()
    block = tcb(next(ids))
    told = notice(1, 1, SERVICE)
    return {
        "TCP connection": frame(CONNECTION, at, TARGET, conn(SERVICE, block)),
        "UDP connection": frame(CONNECTION, at, TARGET, conn(SERVICE), protocol=UDP),
        "TCP packet": frame(PACKET, at, TARGET, inner(at, data=b"some data")),
        "UDP packet": frame(PACKET, at, TARGET, inner(at, data=b"some data"), protocol=UDP),
        "acknowledgement": frame(ACK, at, FAKE),
        "refusal": frame(REFUSAL, at, FAKE, told),
        "closed": frame(CLOSED, at, FAKE, told),
        "withdrawal": frame(WITHDRAW, at, TARGET, told),
    }


def counts(**wanted):
    return counted(board2, lambda: known.sync(board2), **wanted)


def dropped(counter, frames, **fields):
    """Each of them, unanswered, and nothing else has changed."""
    frames = list(frames)
    with counted(board2, lambda: known.nothing(board2), frames_received=len(frames), **{counter: len(frames)}):
        for data in frames:
            known.send_bytes(board2, data, **fields)


def ignored(frames, **fields):
    """Not even counted: not ours."""
    with counted(board2, lambda: known.nothing(board2)):
        for data in frames:
            known.send_bytes(board2, data, **fields)


def fetch():
    """An honest connection, which board 1 hands to board 2."""
    with Namespace("client"):
        sock = socket.socket()
    sock.settimeout(WAIT)
    sock.connect(SERVICE)
    sock.sendall(b"GET /moved HTTP/1.1\r\nHost: a.example\r\n\r\n")
    served, address = accept(app)
    equal(address, sock.getsockname())
    check(receive(served, 4) == b"GET ", "no request")
    served.sendall(b"answer")
    equal(receive(sock, 6), b"answer")
    # No TIME_WAIT, and nothing in the tables of either board.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    wait_for(lambda: not board2.flows("local"), "the end at board 2")
    served.close()


@after_each
def nothing_is_left():
    equal(board2.flows("connect"), [], "reservations")
    equal(board2.flows("local"), [], "endpoints")
    equal(accepted(app), None, "accept()")
    fetch()
    known.forget()


@test("every truncation of every frame is dropped as short, and inside a packet as malformed")
def _():
    for name, data in every_kind().items():
        inside = range(16, len(data)) if "packet" in name else range(0)
        dropped("drop_frame_short", (data[:n] for n in range(len(data)) if n not in inside))
        if inside:
            dropped("drop_frame_inner", (data[:n] for n in inside))


@test("the same with checksums made for what is left")
def _():
    for name, data in every_kind().items():
        if "packet" not in name:
            cuts = (data[:14] + b"\0\0" + data[16:n] for n in range(16, len(data)))
            dropped("drop_frame_short", (cut[:14] + struct.pack(">H", checksum(cut)) + cut[16:] for cut in cuts))


@test("a wrong checksum is never taken, nor one wrong byte anywhere that it covers")
def _():
    for name, data in every_kind().items():
        covered = 16 if "packet" in name else len(data)
        # Type and protocol are asked for before the checksum; a notice's length tells what it covers.
        skip = {12, 13} | ({16, 17} if data[12] >= 0x80 else set())
        dropped("drop_frame_checksum", (data[:n] + bytes((data[n] ^ 1 << n % 8,)) + data[n + 1:]
                                        for n in range(covered) if n not in skip))
        dropped("drop_frame_checksum", (data[:14] + sum_ + data[16:] for sum_ in (b"\0\0", b"\xff\xff")))


@test("unknown types and protocols are dropped")
def _():
    at = client()
    body = notice(1, 1, SERVICE) + bytes(200)
    dropped("drop_frame_type", (frame(kind, at, TARGET, body) for kind in (0, 4, 0x7F, 0x85, 0x86, 0xFF)))
    dropped("drop_frame_protocol", (frame(kind, at, TARGET, body, protocol=protocol)
                                    for kind in (CONNECTION, PACKET, ACK, REFUSAL, CLOSED, WITHDRAW)
                                    for protocol in (0, 3, 6, 17, 255)))


@test("a notice whose length is absurd is dropped")
def _():
    at = client()
    for kind, to in (REFUSAL, FAKE), (CLOSED, FAKE), (WITHDRAW, TARGET):
        body = notice(1, 1, SERVICE)
        dropped("drop_frame_length", (frame(kind, at, to, struct.pack(">H", n) + body[2:]) for n in range(22)))
        dropped("drop_frame_short", (frame(kind, at, to, struct.pack(">H", n) + body[2:])
                                     for n in (23, 1000, 0xFFFF)))


@test("padding after a frame, and a longer notice of a later version, do no harm")
def _():
    at = client()
    for pad in 1, 18, 1000:
        with counts(frames_received=1, drop_stale_notice=1):
            known.send_bytes(board2, frame(REFUSAL, at, FAKE, notice(1, 1, SERVICE)) + b"\xff" * pad)
    with counts(frames_received=1, drop_stale_notice=1):
        known.send(board2, REFUSAL, at, FAKE, struct.pack(">H", 30) + notice(1, 1, SERVICE)[2:] + bytes(8))


@test("a board that nobody made known is not heard, whatever it sends")
def _():
    for data in every_kind().values():
        with counted(board2, lambda: stranger.nothing(board2), frames_received=1, drop_frame_sender=1):
            stranger.send_bytes(board2, data)


@test("nor is a known board's MAC on another device than its own")
def _():
    sh("ip link add name board2-eth2 type veth peer name eth2 netns board2 address 02:00:00:00:03:02")
    sh("ip link set dev board2-eth2 master fabric addrgenmode none up")
    sh("ip -n board2 link set dev eth2 addrgenmode none up")
    wait_for(lambda: forwarding("board2-eth2"), "the port")
    board2.ctl("dev", "add", "eth2", "role", "fabric")
    for data in every_kind().values():
        dropped("drop_frame_sender", [data], mac="02:00:00:00:03:02")
    board2.ctl("dev", "del", "eth2")
    # A device without a role hears no frames at all.
    ignored(every_kind().values(), mac="02:00:00:00:03:02")


@test("a client cannot send frames")
def _():
    for data in every_kind().values():
        with counted(board2, lambda: net.sync(board2), drop_frame_role=1):
            net.wire.send_raw(bytes.fromhex("020000000102") + net.wire.mac + b"\0\7" + data)
        # Not even with a board's MAC.
        with counted(board2, lambda: net.sync(board2), drop_frame_role=1):
            net.wire.send_raw(bytes.fromhex("020000000102") + known.wire.mac + b"\0\7" + data)
    # The bridge has learned the wrong place of that MAC: teach it better.
    known.answered(board2)


@test("what is not addressed to this host is nobody's")
def _():
    ignored(every_kind().values(), mac="ff:ff:ff:ff:ff:ff")
    ignored(every_kind().values(), mac="33:33:00:00:00:07")
    ignored(every_kind().values(), mac="02:00:00:00:02:77")
    ignored((struct.pack(">HH", 5, 7) + data for data in every_kind().values()), ethertype=0x8100)


@test("a frame for another board, or of the wrong direction, is dropped")
def _():
    at = client()
    block = conn(SERVICE, tcb(next(ids)))
    other = "10.0.0.77", 80
    for to in other, ("0.0.0.0", 80), ("10.0.0.1", 80):
        dropped("drop_frame_target", [frame(CONNECTION, at, to, block), frame(PACKET, at, to, inner(at)),
                                      frame(ACK, at, to), frame(WITHDRAW, at, to, notice(0, 1, SERVICE)),
                                      frame(REFUSAL, at, to, notice(1, 1, SERVICE)),
                                      frame(CLOSED, at, to, notice(1, 1, SERVICE))])
    dropped("drop_frame_target", [frame(CONNECTION, at, FAKE, block), frame(PACKET, at, FAKE, inner(at)),
                                  frame(ACK, at, TARGET)])
    dropped("drop_stale_notice", [frame(WITHDRAW, at, FAKE, notice(0, 1, SERVICE)),
                                  frame(REFUSAL, at, TARGET, notice(1, 1, SERVICE))])


def refused(reason, at, block, service=SERVICE, **fields):
    handoff_id, = struct.unpack(">Q", block[4:12])
    with counts(frames_received=1, frames_sent=1, refused=1, refused_version=1):
        known.send(board2, CONNECTION, at, TARGET, conn(service, block), **fields)
        got = known.expect(REFUSAL, client=at, target=TARGET)
        equal((got.reason, got.handoff_id, got.service), (reason, handoff_id, service))


@test("a control block of another version is refused, with its hand-off id")
def _():
    for version in 0, 2, 3, 255:
        refused(VERSION, client(), tcb(next(ids), version=version))
        refused(VERSION, client(), bytes((version, 255, 255, 255)) + struct.pack(">Q", next(ids)) + b"\xff" * 128)


ABSURD = (
    [dict(state=state) for state in (0, 2, 3, 6, 7, 8, 10, 11, 12, 255)] +
    [dict(snd_wscale=15), dict(rcv_wscale=15), dict(snd_wscale=255), dict(rcv_wscale=255)] +
    [dict(snd_wnd=(65535 << 14) + 1), dict(rcv_wnd=(65535 << 14) + 1), dict(snd_wnd=MASK), dict(rcv_wnd=MASK)] +
    [dict(snd_mss=0), dict(snd_mss=47), dict(adv_mss=0), dict(adv_mss=1)] +
    [dict(srtt=250000001), dict(rttvar=MASK), dict(rto=MASK), dict(cwnd=1 << 31), dict(cwnd=MASK)] +
    [dict(iss=0, snd_una=5), dict(snd_nxt=5002), dict(snd_una=5002, snd_nxt=5002), dict(snd_una=4999),
     dict(snd_nxt=4999), dict(sndq_len=1)] +
    [dict(rcvq_len=1), dict(rcv_nxt=1002), dict(rcv_nxt=1000), dict(rcv_nxt=1001 + (1 << 31)), dict(rcv_wup=1002),
     dict(rcv_wup=1000), dict(queued=65537), dict(queued=MASK)] +
    [dict(congestion=name) for name in (b"../../x", b"a b", b"cubic;", b"\xff" * 16, b"a" * 16, b"%s%n", b"\1")] +
    [dict(flags=UNATTACHED | 32)] +
    # What an endpoint that applications knew would be: nothing to take over yet.
    [dict(flags=0, snd_nxt=6000), dict(flags=0, sndq_len=10), dict(flags=0, rcv_nxt=5, rcv_wup=100),
     dict(flags=0, rcv_wnd=99, rcv_wup=1001, queued=100)]
)


@test("a control block that cannot be is refused")
def _():
    for fields in ABSURD:
        at = client()
        try:
            refused(VERSION, at, tcb(next(ids), **fields))
        except AssertionError as error:
            raise AssertionError(f"{fields}: {error}") from error


def served(at, block, seq=1001, ack=5001, options=b""):
    """The offer is taken, committed, and the application talks to the client."""
    c = net.client(board2, sport=at[1])
    c.service = SERVICE
    known.send(board2, CONNECTION, at, TARGET, conn(SERVICE, block))
    known.expect(ACK, client=at, target=TARGET)
    known.send(board2, PACKET, at, TARGET, inner(at, "PA", seq, ack, b"request", options=options))
    sock, address = accept(app)
    equal(address, at)
    equal(sock.getsockname(), SERVICE)
    equal(receive(sock, 7), b"request")
    c.expect("A", ack=seq + 7 & MASK)
    sock.sendall(b"answer")
    return c, sock


def ended(at, sock, seq):
    known.send(board2, PACKET, at, TARGET, inner(at, "R", seq))
    known.expect(CLOSED, client=at)
    wait_for(lambda: not board2.flows("local"), "the reset")
    sock.close()


@test("a control block that is only strange is taken, and the connection works")
def _():
    for fields in (dict(), dict(congestion=b"reno"), dict(congestion=b"nosuch"), dict(congestion=b"a" * 15),
                   dict(snd_mss=65535, adv_mss=65535), dict(snd_mss=88, adv_mss=88), dict(window_clamp=0),
                   dict(window_clamp=1), dict(window_clamp=MASK), dict(ttl=0, tos=255), dict(srtt=1, rttvar=0, rto=0),
                   dict(srtt=250000000, rttvar=250000000, rto=250000000), dict(cwnd=(1 << 31) - 1, ssthresh=MASK),
                   dict(ts_recent=MASK, ts_recent_age=MASK, tsval=MASK), dict(reserved=b"\xff" * 16),
                   dict(flags=UNATTACHED | 0xFFC0), dict(flags=UNATTACHED | 8), dict(irs=MASK - 1, iss=MASK - 1),
                   dict(irs=MASK, iss=MASK), dict(flags=UNATTACHED | 4, snd_wscale=14, rcv_wscale=14),
                   dict(flags=UNATTACHED | 7, tsval=MASK, ts_recent=MASK)):
        at = client()
        seq, ack = fields.get("irs", 1000) + 1 & MASK, fields.get("iss", 5000) + 1 & MASK
        options = timestamps(fields["ts_recent"]) if fields.get("flags", 0) & 1 else b""
        c, sock = served(at, tcb(next(ids), **fields), seq, ack, options)
        got = c.expect("PA", seq=ack, ack=seq + 7 & MASK)
        equal(got.data, b"answer"[:len(got.data)], str(fields))
        ended(at, sock, seq + 7)


@test("a client whose window is shut, or that may send nothing, is taken all the same")
def _():
    for fields in dict(snd_wnd=0), dict(rcv_wnd=0), dict(snd_wnd=0, rcv_wnd=0):
        at = client()
        known.send(board2, CONNECTION, at, TARGET, conn(SERVICE, tcb(next(ids), **fields)))
        known.expect(ACK, client=at)
        known.send(board2, PACKET, at, TARGET, inner(at))
        sock, address = accept(app)
        equal(address, at)
        ended(at, sock, 1001)


@test("any control block is either refused or taken (1000 of them, drawn at random)")
def _():
    seed = random.SystemRandom().getrandbits(32)
    rng = random.Random(seed)
    print(f"# seed {seed}", flush=True)
    edges = [0, 1, 2, 87, 88, 255, 1000, 1001, 5001, 65535, 65536, 1 << 30, (1 << 31) - 1, 1 << 31, MASK]
    # All that may vary without being refused for it, and now and then anything at all.
    easy = "snd_wnd snd_wl1 rcv_wnd snd_mss adv_mss snd_wscale rcv_wscale ttl tos ts_recent ts_recent_age tsval srtt " \
           "rttvar rto cwnd ssthresh window_clamp flags".split()
    hard = "state iss irs snd_una snd_nxt rcv_nxt rcv_wup sndq_len rcvq_len".split()
    taken = 0
    for _ in range(1000):
        at, handoff_id = client(), next(ids)
        fields = {name: rng.choice(edges + [rng.getrandbits(32)]) for name in rng.sample(easy, rng.randrange(1, 6))}
        if "flags" in fields:
            fields["flags"] = fields["flags"] & 0xFFDF | rng.choice((0, UNATTACHED))
        irs, iss = rng.choice(((1000, 5000), (MASK, MASK), (rng.getrandbits(32), rng.getrandbits(32))))
        fields.update(irs=irs, iss=iss)
        if rng.random() < 0.2:
            fields[rng.choice(hard)] = rng.choice(edges)
        irs, iss = fields["irs"], fields["iss"]
        known.send(board2, CONNECTION, at, TARGET, conn(SERVICE, tcb(handoff_id, **fields)))
        got = known.queue.popleft() if known.queue else next(iter(known.answered(board2)), None)
        if got and got.kind == REFUSAL:
            equal((got.client, got.reason, got.handoff_id), (at, VERSION, handoff_id), str(fields))
            continue
        if got:
            equal((got.client, got.kind), (at, ACK), str(fields))
            taken += 1
            known.send(board2, PACKET, at, TARGET, inner(at, "PA", irs + 1, iss + 1, b"request"))
            known.send(board2, PACKET, at, TARGET, inner(at, "R", irs + 1))
            known.send(board2, PACKET, at, TARGET, inner(at, "R", irs + 8))
        known.send(board2, WITHDRAW, at, TARGET, notice(0, handoff_id, SERVICE))
        known.answered(board2)
        for one in iter(lambda: accepted(app), None):
            one[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one[0].close()
    check(taken > 100, f"only {taken} were taken")
    wait_for(lambda: not board2.flows("local"), "the end of all")


def ip(at, **fields):
    """The inner packet with fields of its IP header changed, its checksum right."""
    data = bytearray(inner(at, data=b"some data"))
    for name, value in fields.items():
        offset, form = {"version": (0, "B"), "tot_len": (2, ">H"), "frag": (6, ">H"), "proto": (9, "B"),
                        "doff": (32, "B")}[name]
        struct.pack_into(form, data, offset, value)
    data[10:12] = b"\0\0"
    data[10:12] = struct.pack(">H", checksum(bytes(data[:20])))
    return bytes(data)


@test("a packet that is none is dropped, whether its endpoint is unknown, reserved or attached")
def _():
    unknown, offered, attached = client(), client(), client()
    handoff_id = next(ids)
    known.send(board2, CONNECTION, offered, TARGET, conn(SERVICE, tcb(handoff_id)))
    known.expect(ACK, client=offered)
    _, sock = served(attached, tcb(next(ids)))
    for at in unknown, offered, attached:
        size = len(inner(at, data=b"some data"))
        bad_sum = bytearray(inner(at, data=b"some data"))
        bad_sum[10] ^= 1
        for data in (b"", b"\0" * 20, b"\xff" * 100, ip(at, version=0x65), ip(at, version=0x05), ip(at, version=0x44),
                     ip(at, version=0x40), ip(at, version=0x4F), ip(at, tot_len=0), ip(at, tot_len=39),
                     ip(at, tot_len=size + 1), ip(at, tot_len=65535), ip(at, frag=0x2000), ip(at, frag=1),
                     ip(at, frag=0x3FFF), ip(at, proto=17), ip(at, proto=6 ^ 255), ip(at, doff=0x40),
                     ip(at, doff=0x00), ip(at, doff=0xF0), bytes(bad_sum)):
            dropped("drop_frame_inner", [frame(PACKET, at, TARGET, data)])
        # Not the client that the header names, or not its protocol.
        dropped("drop_frame_inner", [
            frame(PACKET, at, TARGET, inner(("192.0.2.201", at[1]))), frame(PACKET, at, TARGET, inner((at[0], 1))),
            frame(PACKET, ("192.0.2.201", at[1]), TARGET, inner(at)), frame(PACKET, (at[0], 1), TARGET, inner(at)),
            frame(PACKET, at, TARGET, inner(at), protocol=UDP)])
    dropped("drop_packet_checksum", [frame(PACKET, offered, TARGET, inner(offered, data=b"x", bad_checksum=True))])
    equal(len(board2.flows("connect")), 1)
    known.send(board2, WITHDRAW, offered, TARGET, notice(0, handoff_id, SERVICE))
    known.expect(CLOSED, client=offered)
    ended(attached, sock, 1008)


@test("an offer with a huge receive queue waits for it, and no longer than reserve-ms")
def _():
    at = client()
    board2.set(reserve_ms=50)
    # What is remembered of others is forgotten sooner now, too.
    with counts(but={"table_closed"}, frames_received=1, handoff_expired=1):
        known.send(board2, CONNECTION, at, TARGET, conn(SERVICE, tcb(next(ids), queued=65536, rcv_wnd=65535)))
        wait_for(lambda: not board2.flows("connect"), "the end of the reservation")
    equal(known.answered(board2), [])
    board2.set(reserve_ms=600000, closing_timeout=3600)
    refused(VERSION, client(), tcb(next(ids), queued=65537))


@test("an Ethernet type of one's own replaces the first one, and back")
def _():
    at = client()
    for new, old in (0x88B5, 7), (7, 0x88B5):
        for one in board1, board2:
            one.set(ethertype=hex(new))
        known.ethertype = new
        ignored(every_kind().values(), ethertype=old)
        with counts(frames_received=1, frames_sent=1, drop_stale_ack=1):
            known.send(board2, ACK, at, FAKE)
        known.expect_again(WITHDRAW)
        fetch()


run(known.wire.story)
