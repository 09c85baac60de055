#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""ICMP errors about connections, packet by packet: board 1 as the origin whose target is played by hand, board 2 as the
target of an origin played by hand; and segments too long for the fabric, from a client that heeds no MSS."""

import errno
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, MASK, PACKET, UDP, Clients, Fabric, accept, accepted, checksum, cluster,
                    conn, counted, frame, icmp, mss, notice, receive, segment, sh, tcb, timestamps)
from tap import after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
there = board2.listen(backlog=100)
SERVICE, TARGET, FAKE = ("192.0.2.1", 80), (board2.fabric, 80), (fake.address, 80)
ROUTER = "203.0.113.7"
IP_RECVERR = 11
ids = iter(range(1000, 1 << 30))
ports = iter(range(40000, 60000))

board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*", "server", fake.address)
for board in board1, board2:
    # Nothing but what a test sends decides.
    board.set(hold_ms=600000, offer_ms=60000, ack_ms=60000, reserve_ms=600000, closing_timeout=3600)
    # Errors come from a router that is on no way to it.
    sh(f"ip -n {board.name} route add 203.0.113.0/24 via 192.0.2.200")


@after_each
def nothing_waits():
    fake.forget()
    equal(accepted(there), None, "not accepted")


def counts(board, **wanted):
    def settle():
        fake.sync(board)
        net.sync(board)
    return counted(board, settle, ("syn_ack_sent",), **wanted)


def sent(at, seq, size=1000, src=SERVICE):
    """A packet from the service to a client, which a router could not send on."""
    return segment(*src, *at, "A", seq, 1, bytes(size))


def raw(board, packet):
    net.wire.send_raw(bytes.fromhex(board.mac(0).replace(":", "")) + net.wire.mac + b"\x08\0" + packet)


def with_header(packet, **fields):
    """Another value in an IP header, and its checksum right."""
    data = bytearray(packet)
    for name, value in fields.items():
        offset, form = {"version": (0, "B"), "tot_len": (2, ">H"), "frag": (6, ">H"), "proto": (9, "B")}[name]
        struct.pack_into(form, data, offset, value)
    data[10:12] = b"\0\0"
    data[10:12] = struct.pack(">H", checksum(bytes(data[:(data[0] & 15) * 4])))
    return bytes(data)


# Board 1 is the origin

class Moving:
    """A client of board 1, whose request is offered to the hand-made board."""

    def __init__(self, options=mss(1460)):
        self.client = net.client(board1)
        self.at = net.address, self.client.port
        self.client.handshake(options=options)
        self.first = self.client.seq
        self.request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"

    def offered(self):
        self.client.send("PA", self.request)
        offer = fake.expect(CONNECTION, client=self.at)
        self.id, self.tcb = offer.handoff_id, offer.tcb
        return self

    def moved(self):
        self.offered()
        fake.send(board1, ACK, self.at, FAKE)
        equal(self.forwarded().data, self.request)
        return self

    def forwarded(self):
        return fake.expect_again(PACKET, client=self.at, target=FAKE).inner

    def error(self, quoted=None, **fields):
        return icmp(ROUTER, SERVICE[0], sent(self.at, self.client.iss + 1) if quoted is None else quoted, **fields)


def passed(packets):
    """The stack's: nothing is counted, nothing sent on."""
    with counts(board1):
        for packet in packets:
            raw(board1, packet)
    fake.nothing(board1)


def dropped(packet, **wanted):
    with counts(board1, **wanted):
        raw(board1, packet)
    fake.nothing(board1)


@test("an error about a moved connection goes to its board, whole, whatever it says")
def _():
    o = Moving().moved()
    for kind, code, rest in (3, 4, 1280), (3, 4, 0), (3, 0, 0), (3, 1, 0), (3, 3, 0), (3, 13, 0), (11, 0, 0), (12, 0, 0):
        packet = o.error(kind=kind, code=code, rest=rest)
        with counts(board1, icmp_forwarded=1, frames_sent=1):
            raw(board1, packet)
        equal(o.forwarded(), packet)


@test("a quote may be as short as eight bytes behind the header, have options, and the error, too")
def _():
    o = Moving().moved()
    whole = sent(o.at, o.client.iss + 1)
    nops = b"\1" * 8
    with_options = with_header(bytes((0x47,)) + whole[1:20] + nops + whole[20:])
    for packet in (o.error(whole[:28]), o.error(with_options), o.error(with_options[:36]), o.error(options=nops),
                   o.error(with_options[:36], options=b"\1" * 40), o.error(with_header(whole, frag=0x2000))):
        with counts(board1, icmp_forwarded=1, frames_sent=1):
            raw(board1, packet)
        equal(o.forwarded(), packet)
    # Ethernet's padding is none of it.
    packet = o.error(whole[:28])
    raw(board1, packet + bytes(18))
    equal(o.forwarded(), packet)


@test("what quotes too little to be known, or something else, is the stack's")
def _():
    o = Moving().moved()
    whole = sent(o.at, o.client.iss + 1)
    passed(o.error(whole[:n]) for n in (0, 1, 8, 19, 20, 21, 27))
    others = [with_header(whole, proto=17), with_header(whole, frag=1), with_header(whole, frag=0x2001),
              with_header(whole, version=0x65), with_header(whole, version=0x44),
              # A header of 60 bytes that is not there.
              bytes((0x4F,)) + whole[1:40],
              sent((o.at[0], 1), 5), sent(("192.0.2.201", o.at[1]), 5), sent(o.at, 5, src=(SERVICE[0], 81)),
              # The other way round: what the client had sent.
              segment(*o.at, *SERVICE, "A", 5, 5)]
    passed(o.error(quoted) for quoted in others)
    # About a packet of another address, whatever it is.
    passed([icmp(ROUTER, SERVICE[0], sent(o.at, 5, src=("192.0.2.2", 80)))])
    # Redirects are this host's own; nobody heeds a source quench; these are no errors.
    passed(o.error(kind=kind, code=1) for kind in (5, 4, 0, 13, 9, 255))
    # Malformed outside.
    good = o.error()
    passed([good[:-1], good[:20], with_header(good, tot_len=47), with_header(good, tot_len=len(good) + 1),
            with_header(good, version=0x44), good[:10] + b"\0\0" + good[12:]])


@test("a wrong checksum is not sent on")
def _():
    dropped(Moving().moved().error(bad_checksum=True), drop_packet_checksum=1)


@test("an error that comes in fragments is caught behind the reassembly, and sent on")
def _():
    o = Moving().moved()
    packet = o.error(sent(o.at, o.client.iss + 1, size=500))
    with counts(board1, icmp_forwarded=1, frames_sent=1, local_in=1):
        for begin in range(20, len(packet), 200):
            part = packet[begin:begin + 200]
            more = 0x2000 if begin + 200 < len(packet) else 0
            raw(board1, with_header(packet[:20] + part, tot_len=20 + len(part), frag=more | (begin - 20) // 8))
    equal(o.forwarded()[28:], packet[28:])


@test("one that does not fit the fabric is dropped and counted")
def _():
    o = Moving().moved()
    dropped(o.error(sent(o.at, o.client.iss + 1, size=1417)), drop_packet_mtu=1)
    packet = o.error(sent(o.at, o.client.iss + 1, size=1416))
    equal(len(packet), 1484)
    raw(board1, packet)
    equal(o.forwarded(), packet)


@test("a handshake ends when the client cannot be reached, as in the kernel: upon its SYN-ACK's number alone")
def _():
    for fields in dict(code=0), dict(code=1), dict(kind=11, code=0), dict(kind=12, code=0):
        c = net.client(board1)
        c.send("S", options=mss(1460))
        iss = c.expect("SA").seq
        at = net.address, c.port
        for wrong in iss - 1, iss + 1, 0:
            dropped(icmp(ROUTER, SERVICE[0], sent(at, wrong), **fields), drop_icmp=1)
        for code in 2, 3, 4, 13:
            dropped(icmp(ROUTER, SERVICE[0], sent(at, iss), code=code, rest=1000), drop_icmp=1)
        dropped(icmp(ROUTER, SERVICE[0], sent(at, iss), bad_checksum=True, **fields), drop_packet_checksum=1)
        dropped(icmp(ROUTER, SERVICE[0], sent(at, iss), **fields), syn_unreachable=1, table_temporary=-1)


@test("an endpoint whose request is read, or that is offered, is not troubled")
def _():
    o = Moving()
    for code in 1, 3, 4:
        dropped(o.error(sent(o.at, o.client.iss), code=code), drop_icmp=1)
        dropped(o.error(code=code), drop_icmp=1)
    o.offered()
    for code in 1, 3, 4:
        dropped(o.error(sent(o.at, o.client.iss), code=code), drop_icmp=1)
        dropped(o.error(code=code), drop_icmp=1)
    fake.send(board1, ACK, o.at, FAKE)
    equal(o.forwarded().data, o.request)


@test("about a lost connection nobody is told, about one that closes its board still is")
def _():
    o = Moving().moved()
    fake.send(board1, CLOSED, o.at, FAKE, notice(1, o.id, SERVICE))
    raw(board1, o.error())
    equal(o.forwarded(), o.error())
    o = Moving().moved()
    fake.send(board1, CLOSED, o.at, FAKE, notice(2, 0, SERVICE, seq=o.client.seq))
    fake.sync(board1)
    dropped(o.error(), drop_icmp=1)


# Board 2 is the target

class Attached:
    """A connection that the hand-made board has handed to board 2's application."""

    def __init__(self, committed=True):
        self.at = net.address, next(ports)
        self.id = next(ids)
        fake.send(board2, CONNECTION, self.at, TARGET, conn(SERVICE, tcb(self.id)))
        fake.expect(ACK, client=self.at)
        self.sock = None
        if committed:
            self.commit()

    def commit(self):
        self.packet("A")
        self.sock, address = accept(there)
        equal(address, self.at)

    def packet(self, flags, seq=1001, data=b""):
        fake.send(board2, PACKET, self.at, TARGET, segment(*self.at, *SERVICE, flags, seq, 5001, data))

    def error(self, seq=5001, at=None, header=None, protocol=1, **fields):
        packet = icmp(ROUTER, SERVICE[0], sent(at or self.at, seq), **fields)
        fake.send_bytes(board2, frame(PACKET, header or self.at, TARGET, packet, protocol=protocol))

    def mss(self):
        return self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)

    def works(self):
        self.packet("PA", data=b"request")
        equal(receive(self.sock, 7), b"request")

    def end(self, seq=1001):
        self.packet("R", seq)
        fake.expect(CLOSED, client=self.at)
        wait_for(lambda: not board2.flows("local", "port", str(self.at[1])), "the reset")
        if self.sock:
            self.sock.close()
        sh("ip -n board2 route flush cache")


def stack(*names):
    """The stack's own counters."""
    lines = sh("ip netns exec board2 nstat -asz " + " ".join(names)).splitlines()
    return [int(line.split()[1]) for line in lines if line.split()[0] in names]


@test("fragmentation needed lowers the socket's MSS")
def _():
    a = Attached()
    before = a.mss()
    with counts(board2, frames_received=1, icmp_delivered=1):
        a.error(rest=1000)
    check(before > 1400, f"MSS {before} from the beginning")
    equal(a.mss(), 960)
    a.works()
    a.end(1008)


@test("not with a number that is not in flight, and not with a wrong checksum; the stack counts both")
def _():
    a = Attached()
    before, out_of_window, bad = a.mss(), *stack("TcpExtOutOfWindowIcmps", "IcmpInCsumErrors")[::-1]
    with counts(board2, frames_received=5, icmp_delivered=5):
        for seq in 5000, 5002, 0, 5001 + (1 << 31):
            a.error(seq, rest=1000)
        a.error(rest=1000, bad_checksum=True)
    equal(a.mss(), before)
    equal(stack("TcpExtOutOfWindowIcmps", "IcmpInCsumErrors")[::-1], [out_of_window + 4, bad + 1])
    a.works()
    a.end(1008)


@test("other errors are what they are to any socket: remembered, and told to a program that asks for them")
def _():
    a = Attached()
    with counts(board2, frames_received=4, icmp_delivered=4):
        for kind, code in (3, 3), (3, 1), (11, 0), (12, 0):
            a.error(kind=kind, code=code)
    a.works()
    a.sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    with counts(board2, frames_received=1, icmp_delivered=1):
        a.error(kind=3, code=3)
    equal(a.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNREFUSED)
    a.end(1008)


@test("an error about a reservation is dropped, and does not end it; nor one about a connection that has ended")
def _():
    a = Attached(committed=False)
    for code in 1, 3, 4:
        for seq in 5000, 5001:
            with counts(board2, frames_received=1, drop_icmp=1):
                a.error(seq, code=code, rest=1000)
    a.commit()
    check(a.mss() > 1400, "the MSS")
    a.works()
    a.end(1008)
    with counts(board2, frames_received=1, drop_icmp=1):
        a.error(rest=1000)
    fake.nothing(board2)


@test("so is one about a connection that nobody has, or that is no other board's")
def _():
    a = Attached()
    with counts(board2, frames_received=1, drop_icmp=1):
        nobody = net.address, next(ports)
        a.error(at=nobody, header=nobody)
    # Attached where it arrived.
    board2.ctl("service", "add", "tcp", "192.0.2.2:80", "inspect", "none")
    c = net.client(board2)
    c.handshake(options=mss(1460))
    sock, _ = accept(there)
    at, mine = (net.address, c.port), ("192.0.2.2", 80)
    packet = icmp(ROUTER, mine[0], sent(at, c.iss + 1, src=mine), rest=1000)
    with counts(board2, frames_received=1, drop_icmp=1):
        fake.send_bytes(board2, frame(PACKET, at, TARGET, packet))
    check(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > 1400, "the MSS")
    # The same from the client's side is the stack's.
    with counts(board2):
        raw(board2, packet)
    equal(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), 960)
    c.reset()
    wait_for(lambda: not board2.flows("local", "port", str(c.port)), "the reset")
    sock.close()
    board2.ctl("service", "del", "tcp", "192.0.2.2:80")
    a.end()


@test("a frame whose header names another client or protocol, or whose body is no error, is dropped")
def _():
    a = Attached()
    before = a.mss()
    with counts(board2, frames_received=3, drop_frame_inner=3):
        a.error(header=("192.0.2.201", a.at[1]), rest=1000)
        a.error(header=(a.at[0], 1), rest=1000)
        a.error(protocol=UDP, rest=1000)
    good = icmp(ROUTER, SERVICE[0], sent(a.at, 5001, size=0)[:28], rest=1000)
    bodies = [good[:n] for n in range(len(good))]
    bodies += [with_header(good, tot_len=n) for n in (0, 20, 28, 48, len(good) - 1, len(good) + 1)]
    bodies += [icmp(ROUTER, SERVICE[0], good[28:], kind=kind, code=1) for kind in (0, 4, 5, 8, 255)]
    bodies += [icmp(ROUTER, "192.0.2.2", good[28:], rest=1000), with_header(good, frag=1), with_header(good, proto=2)]
    with counts(board2, frames_received=len(bodies), drop_frame_inner=len(bodies)):
        for body in bodies:
            fake.send_bytes(board2, frame(PACKET, a.at, TARGET, body))
    fake.nothing(board2)
    equal(a.mss(), before)
    a.end()


# Segments too long for the fabric: 1500 bytes less 16 and two headers leave 1444

@test("the fabric limits what the client may send, and not what is sent to it, which never crosses it")
def _():
    for offered, wanted in (1460, 1460), (1444, 1444), (536, 536), (88, 88), (40, 48), (8960, 8960), (65535, 65535):
        block = Moving(options=mss(offered)).offered().tcb
        equal((block["snd_mss"], block["adv_mss"]), (wanted, 1444))
    equal(Moving(options=b"").offered().tcb["snd_mss"], 536)


def cut(o, flags, data, sizes, seq=None, **fields):
    """It arrives as several segments of these sizes; those."""
    at = o.client.seq if seq is None else seq
    with counts(board1, cut=1, forwarded=1, frames_sent=1):
        o.client.send(flags, data, seq=seq, **fields)
    got = [o.forwarded() for _ in sizes]
    check(all(part.ok for part in got), f"checksums: {got}")
    equal([len(part.data) for part in got], sizes)
    equal(b"".join(part.data for part in got), data)
    equal([part.seq for part in got], [at + sum(sizes[:n]) & MASK for n in range(len(sizes))])
    fake.nothing(board1)
    return got


@test("a segment that the MSS would not have allowed is cut, with and without DF, its flags where they belong")
def _():
    o = Moving().moved()
    data = os.urandom(1460)
    for fragment in 0x4000, 0x8000:
        got = cut(o, "PA", data, [1444, 16], fragment=fragment)
        equal([part.flags for part in got], ["A", "PA"])
        equal({(part.ack, part.window) for part in got}, {(o.client.ack, 65535)})
    got = cut(o, "FPA", data[:1445], [1444, 1])
    equal([part.flags for part in got], ["A", "FPA"])
    with counts(board1, forwarded=1, frames_sent=1):
        o.client.send("A", data[:1444])
    equal(o.forwarded().data, data[:1444])


@test("each piece that is not sent is counted")
def _():
    o = Moving().moved()
    # A queue without room takes nothing.
    sh("tc -n board1 qdisc add dev eth1 root pfifo limit 0")
    with counted(board1, lambda: net.sync(board1), drop_transmit=2):
        o.client.send("PA", os.urandom(1460))
    sh("tc -n board1 qdisc del dev eth1 root")


@test("options stay in every piece")
def _():
    o = Moving(options=mss(1460) + timestamps(7)).moved()
    o.client.ts = 8
    data = os.urandom(1448)
    got = cut(o, "A", data, [1432, 16])
    equal([part.timestamp() for part in got], [(8, o.client.echo)] * 2)


@test("a fabric that becomes narrower cuts smaller")
def _():
    o = Moving().moved()
    data = os.urandom(1460)
    sh("ip -n board1 link set eth1 mtu 572")
    cut(o, "A", data, [516, 516, 428])
    sh("ip -n board1 link set eth1 mtu 143")
    with counts(board1, drop_packet_mtu=1):
        o.client.send("A", data)
    sh("ip -n board1 link set eth1 mtu 1500")
    cut(o, "A", data, [1444, 16], seq=o.client.seq - 1460)


@test("one whose checksum is wrong is not made right: it is dropped")
def _():
    o = Moving().moved()
    with counts(board1, drop_packet_checksum=1):
        o.client.send("A", bytes(1460), bad_checksum=True)
    fake.nothing(board1)
    cut(o, "A", bytes(1460), [1444, 16])


@test("what cannot be cut is dropped and counted")
def _():
    o = Moving().moved()
    with counts(board1, drop_packet_mtu=2):
        o.client.send("UA", bytes(1460), seq=o.client.seq)
        o.client.send("S", bytes(1460), seq=o.client.seq)
    fake.nothing(board1)


@test("what was held is cut, too")
def _():
    o = Moving().offered()
    data = os.urandom(1460)
    at = o.client.seq
    o.client.send("A", data)
    net.sync(board1)
    with counts(board1, frames_received=1, handoff_done=1, forwarded=2, cut=1, frames_sent=2,
                table_forward_connect=-1):
        fake.send(board1, ACK, o.at, FAKE)
    equal(o.forwarded().data, o.request)
    got = [o.forwarded(), o.forwarded()]
    equal([(part.seq, len(part.data)) for part in got], [(at, 1444), (at + 1444, 16)])
    equal(got[0].data + got[1].data, data)


run(lambda: fake.wire.story() + "\n" + net.wire.story())
