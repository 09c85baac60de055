#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""UDP flows, frame by frame: board 2 as the target of origins played by hand, board 1 as the origin of targets played by
hand. Every answer that can come, and those that nobody waits for."""
# need /usr/bin/python3 python3

import collections
import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, PACKET, REFUSAL, TCP, UDP, WITHDRAW, Clients, Fabric, Namespace, advert, checksum,
                    cluster, conn, counted, datagram, frame, icmp, ip_bytes, ip_packet, listening, notice, segment, sh,
                    snmp)
from tap import WAIT, after_each, check, equal, run, test, wait_for

IP_RECVERR = 11
ROUTER = "203.0.113.7"
SERVICE, OTHER = ("192.0.2.1", 53), ("192.0.2.9", 53)


class Net(Clients):
    """Clients that hear datagrams and ICMP, too."""

    def __init__(self, boards):
        super().__init__(boards)
        self.heard = collections.deque()

    def take(self, data):
        if data[12:14] == b"\x08\0" and data[23] in (1, 17) and data[30:34] == ip_bytes(self.address):
            self.heard.append(data[14:])
        else:
            super().take(data)

    def datagram(self, board, at, data=b"some data", service=SERVICE, **fields):
        self.packet(board, datagram(at, service, data, **fields))

    def packet(self, board, packet):
        self.wire.send_raw(bytes.fromhex(board.mac(0).replace(":", "")) + bytes.fromhex(self.mac.replace(":", "")) +
                           b"\x08\0" + packet)

    def hear(self):
        """The next one."""
        while not self.heard:
            data = self.wire.read(WAIT)
            check(data is not None, "nothing came")
            self.take(data)
        return self.heard.popleft()

    def reply(self, at, data, service=SERVICE):
        packet = self.hear()
        udp = packet[20:]
        equal((socket.inet_ntoa(packet[12:16]), *struct.unpack(">HH", udp[:4]), udp[8:]),
              (service[0], service[1], at[1], data), "reply")
        check(self.wire.unsummed or
              checksum(packet[12:20] + struct.pack(">HH", 17, len(udp)) + udp) == 0, "checksum of the reply")

    def unreachable(self, at, code=3, service=SERVICE):
        """An error that comes from whom the client has asked, about what it has sent."""
        packet = self.hear()
        quoted = packet[28:]
        equal((packet[9], packet[20], packet[21], socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(quoted[12:16]),
               socket.inet_ntoa(quoted[16:20]), *struct.unpack(">HH", quoted[20:24])),
              (1, 3, code, service[0], self.address, service[0], at[1], service[1]), "error")
        equal(checksum(packet[20:]), 0, "its checksum")


board1, board2 = cluster(2)
net = Net([board1, board2])
known = Fabric([board1, board2], 9)
another = Fabric([board1, board2], 8)
TARGET, FAKE, SPARE = (board2.fabric, 53), (known.address, 53), (another.address, 53)
ports = iter(range(30000, 60000))

# Nothing but what a test sends decides; board 1 gives away what comes, to the first board made by hand.
for board in board1, board2:
    board.set(offer_ms=60000, udp_timeout=3600)
    sh(f"ip -n {board.name} route add 203.0.113.0/24 via 192.0.2.200")
board1.set(drain="yes")
for address in board2.fabric, another.address:
    board1.ctl("server", "set", address, "state", "down")
sh("ip -n board1 address add 192.0.2.9/32 dev eth0")
for service in "192.0.2.1:53", "192.0.2.9:53":
    board1.ctl("service", "add", "udp", service, "timeout", "3600")


def program(board, port=53, address="0.0.0.0"):
    with Namespace(board.name):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    sock.bind((address, port))
    sock.setblocking(False)
    return sock


app = program(board2)


def client():
    return net.address, next(ports)


def got(sock=None):
    try:
        return (sock or app).recvfrom(65536)
    except BlockingIOError:
        return None


def heard(at, data=b"some data", sock=None):
    equal(wait_for(lambda: got(sock), "a datagram"), (data, at))


@after_each
def nothing_waits():
    """A reservation that is left would end while others count."""
    net.sync(board2)
    rest = [got(), *net.heard]
    net.heard.clear()
    for fabric in known, another:
        fabric.sync(board1)
        fabric.forget()
    equal(rest, [None], "more for the program, or the client")
    equal(board2.stats()["table_reserved"], 0, "reservations left")


def counts(board, **wanted):
    def settle():
        known.sync(board)
        net.sync(board)
    # Which boards are looked at is other tests' matter.
    return counted(board, settle, ("policy_hit", "policy_local_first", "skipped_drain"), **wanted)


# Board 2 is the target

def offer(at, service=SERVICE, by=known, target=TARGET):
    by.send(board2, CONNECTION, at, target, conn(service), protocol=UDP)


def packet(at, data=b"some data", by=known, service=SERVICE, **fields):
    by.send_bytes(board2, frame(PACKET, at, TARGET, datagram(at, service, data, **fields), protocol=UDP))


def acknowledged(at, by=known, **fields):
    offer(at, by=by, **fields)
    by.expect_again(ACK, client=at, target=fields.get("target", TARGET), protocol=UDP)
    return at


def committed(by=known, **fields):
    at = acknowledged(client(), by=by)
    packet(at, by=by)
    heard(at)
    return at


def withdraw(at, by=known, service=SERVICE):
    by.send(board2, WITHDRAW, at, TARGET, notice(0, 0, service), protocol=UDP)


def refused(reason, at, by=known, **fields):
    offer(at, by=by, **fields)
    by.expect(REFUSAL, client=at, reason=reason, handoff_id=0, protocol=UDP)


@test("an offer is acknowledged, as often as it comes, and makes one reservation")
def _():
    at = client()
    with counts(board2, frames_received=2, frames_sent=2, table_reserved=1, table_local=1):
        acknowledged(at)
        acknowledged(at)
    packet(at)
    heard(at)


@test("the first datagram commits; replies have the service's address")
def _():
    at = acknowledged(client())
    with counts(board2, frames_received=2, accepted=1, delivered=2, replies=2, table_reserved=-1):
        for data in b"one", b"two":
            packet(at, data)
            heard(at, data)
            app.sendto(b"reply to " + data, at)
            net.reply(at, b"reply to " + data)


@test("a datagram may have no checksum; a wrong one is the stack's to find")
def _():
    at = committed()
    packet(at, b"unsummed", no_checksum=True)
    heard(at, b"unsummed")
    before = snmp("board2", "UdpInCsumErrors")
    packet(at, b"wrong", bad_checksum=True)
    known.sync(board2)
    equal((got(), snmp("board2", "UdpInCsumErrors")), (None, before + 1))


@test("a datagram in fragments, in any order, is one; a part alone is nothing")
def _():
    at = committed()
    data = bytes(range(256)) * 12
    udp = datagram(at, SERVICE, data)[20:]
    parts = [(0x2000, udp[:1400]), (0x2000 + 175, udp[1400:2800]), (350, udp[2800:])]
    for order in (0, 1, 2), (2, 0, 1), (1, 2, 0):
        for n in order:
            body = ip_packet(at[0], SERVICE[0], parts[n][1], 17, parts[n][0], 7)
            known.send_bytes(board2, frame(PACKET, at, TARGET, body, protocol=UDP))
        heard(at, data)
    with counts(board2, frames_received=1):
        known.send_bytes(board2, frame(PACKET, at, TARGET, ip_packet(at[0], SERVICE[0], parts[0][1], 17, 0x2000, 8),
                                       protocol=UDP))


@test("refused where nobody listens, and where the ends cannot be")
def _():
    refused(1, client(), target=(board2.fabric, 54))
    refused(6, ("127.0.0.1", 9))
    refused(6, (net.address, 0))
    refused(6, client(), service=("224.0.0.1", 53))
    refused(6, client(), service=("192.0.2.1", 0))


@test("refused where the table is full")
def _():
    limit = board2.show()["limit_local"]
    board2.set(limit_local=board2.stats()["table_local"])
    at = client()
    with counts(board2, frames_received=1, frames_sent=1, refused=1, refused_no_memory=1, drop_limit_local=1):
        refused(3, at)
    board2.set(limit_local=limit)
    acknowledged(at)
    packet(at)
    heard(at)


@test("refused where its replies would be another's, while that one lives")
def _():
    at = acknowledged(client())
    with counts(board2, frames_received=1, frames_sent=1, refused=1, refused_exists=1):
        refused(4, at, by=another, service=OTHER)
    withdraw(at)
    known.expect_again(CLOSED, client=at, reason=3)
    acknowledged(at, by=another, service=OTHER)
    packet(at, by=another, service=OTHER)
    heard(at)
    app.sendto(b"yes", at)
    net.reply(at, b"yes", OTHER)


@test("refused while it drains")
def _():
    board2.set(drain="yes")
    refused(7, client())
    board2.set(drain="no")


@test("another origin's offer of the flow takes it over")
def _():
    at = committed()
    with counts(board2, frames_received=2, frames_sent=1, accepted=1, delivered=1):
        acknowledged(at, by=another)
        packet(at, b"from the other", by=another)
        heard(at, b"from the other")


@test("a datagram without a flow is unknown, and so is one whose reservation was withdrawn")
def _():
    at = client()
    with counts(board2, frames_received=1, frames_sent=1, drop_packet_unknown=1):
        packet(at)
        known.expect(CLOSED, client=at, reason=2, handoff_id=0, service=SERVICE, seq=0)
    acknowledged(at)
    withdraw(at)
    known.expect(CLOSED, client=at, reason=3)
    packet(at)
    known.expect_again(CLOSED, client=at, reason=2)


@test("a late withdrawal ends no flow that a datagram has committed, nor does a stranger's a reservation")
def _():
    at = committed()
    with counts(board2, frames_received=1, drop_stale_notice=1):
        withdraw(at)
        known.nothing(board2)
    packet(at, b"more")
    heard(at, b"more")
    at = acknowledged(client())
    with counts(board2, frames_received=1, drop_stale_notice=1):
        withdraw(at, by=another)
        another.nothing(board2)
    packet(at)
    heard(at)


@test("an offer that comes late, of a flow that is served, is acknowledged, and changes nothing")
def _():
    at = committed()
    with counts(board2, frames_received=1, frames_sent=1):
        acknowledged(at)
    packet(at, b"more")
    heard(at, b"more")


@test("a withdrawal is answered each time, and one that overtakes its offer keeps no later one away")
def _():
    at = client()
    for _ in range(2):
        withdraw(at)
        known.expect_again(CLOSED, client=at, reason=3)
    acknowledged(at)
    packet(at)
    heard(at)


@test("a packet of the other protocol than its frame's is none")
def _():
    at = committed()
    with counts(board2, frames_received=2, drop_frame_inner=2):
        known.send_bytes(board2, frame(PACKET, at, TARGET, segment(*at, *SERVICE, "A", 1, 1), protocol=UDP))
        known.send_bytes(board2, frame(PACKET, at, TARGET, datagram(at, SERVICE, b"some data"), protocol=TCP))


@test("whatever a datagram became on its way, its flow goes on (500 of them, a few bytes drawn at random)")
def _():
    at, draw = committed(), random.Random(1)
    good = datagram(at, SERVICE, b"some data")
    before = board2.stats()["frames_received"]
    for _ in range(500):
        bad = bytearray(good)
        for _ in range(draw.randint(1, 3)):
            bad[draw.randrange(len(bad))] = draw.randrange(256)
        known.send_bytes(board2, frame(PACKET, at, TARGET, bytes(bad), protocol=UDP))
    known.sync(board2)
    equal(board2.stats()["frames_received"] - before, 500)
    net.sync(board2)
    while got():
        pass
    net.heard.clear()
    known.forget()
    acknowledged(at)
    packet(at, b"good again")
    heard(at, b"good again")


@test("a connection packet too short, and a malformed datagram or another client's, are dropped")
def _():
    at = committed()
    with counts(board2, frames_received=6, drop_frame_short=6):
        for n in range(6):
            known.send_bytes(board2, frame(CONNECTION, client(), TARGET, conn(SERVICE)[:n], protocol=UDP))
    good = datagram(at, SERVICE, b"some data")
    bodies = [good[:n] for n in range(len(good))]
    bodies += [datagram(at, SERVICE, b"some data", length=n) for n in (0, 7, 18, 65535)]
    bodies += [datagram(client(), SERVICE), icmp(ROUTER, SERVICE[0], datagram(SERVICE, client()), code=4, rest=1000)]
    with counts(board2, frames_received=len(bodies), drop_frame_inner=len(bodies)):
        for body in bodies:
            known.send_bytes(board2, frame(PACKET, at, TARGET, body, protocol=UDP))
        known.nothing(board2)


@test("an ICMP error about a reply reaches the program, as if about what it has sent")
def _():
    at = committed()
    with counts(board2, frames_received=1, icmp_delivered=1):
        error = icmp(at[0], SERVICE[0], datagram(SERVICE, at, b"reply"), code=3)
        known.send_bytes(board2, frame(PACKET, at, TARGET, error, protocol=UDP))
    _, controls, _, destination = wait_for(lambda: errors(), "the error")
    # struct sock_extended_err: errno ECONNREFUSED, of ICMP, type and code
    equal((destination, struct.unpack("=IBBB", controls[0][2][:7])), (at, (111, 2, 3, 3)))
    with counts(board2, frames_received=1, drop_packet_checksum=1):
        error = icmp(at[0], SERVICE[0], datagram(SERVICE, at, b"reply"), code=3, bad_checksum=True)
        known.send_bytes(board2, frame(PACKET, at, TARGET, error, protocol=UDP))
    with counts(board2, frames_received=1, drop_icmp=1):
        nobody = client()
        error = icmp(at[0], SERVICE[0], datagram(SERVICE, nobody, b"reply"), code=3)
        known.send_bytes(board2, frame(PACKET, nobody, TARGET, error, protocol=UDP))


def errors():
    try:
        return app.recvmsg(2000, 512, socket.MSG_ERRQUEUE)
    except BlockingIOError:
        return None


@test("an error of the program's own host about a datagram comes from the service, and quotes what the client has sent")
def _():
    at = committed()
    # A record of the route that has no room for its own length: the stack will not have it.
    plain = datagram(at, SERVICE)
    bad = bytearray(b"\x46" + plain[1:20] + b"\x07\x02\0\0" + plain[20:])
    bad[2:4], bad[10:12] = struct.pack(">H", len(bad)), bytes(2)
    bad[10:12] = struct.pack(">H", checksum(bytes(bad[:24])))
    with counts(board2, frames_received=1, delivered=1, icmp_replies=1):
        known.send_bytes(board2, frame(PACKET, at, TARGET, bytes(bad), protocol=UDP))
        error = net.hear()
    quoted = error[28:]
    equal((error[9], error[20], error[21], socket.inet_ntoa(error[12:16]), socket.inet_ntoa(error[16:20])),
          (1, 12, 0, SERVICE[0], net.address))
    equal((quoted[12:20], quoted[24:28]), (bytes(bad[12:20]), bytes(bad[24:28])), "quoted")
    equal((checksum(error[:20]), checksum(error[20:]), checksum(quoted[:24])), (0, 0, 0), "checksums")


@test("after \"fragmentation needed\" replies are fragments that fit, from the service")
def _():
    at = committed()
    error = icmp(ROUTER, SERVICE[0], datagram(SERVICE, at, bytes(1400)), code=4, rest=1000)
    known.send_bytes(board2, frame(PACKET, at, TARGET, error, protocol=UDP))
    wait_for(lambda: errors(), "the error")
    app.sendto(bytes(1400), at)
    parts = [net.hear(), net.hear()]
    equal([socket.inet_ntoa(part[12:16]) for part in parts], [SERVICE[0]] * 2)
    check(all(len(part) <= 1000 for part in parts), f"lengths {[len(part) for part in parts]}")
    udp = b"".join(part[20:] for part in parts)
    equal(checksum(parts[0][12:20] + struct.pack(">HH", 17, len(udp)) + udp), 0, "checksum")
    sh("ip -n board2 route flush cache")


@test("what nobody sends for udp-timeout ends, and another offer begins it anew")
def _():
    at = committed()
    flows = board2.stats()["table_local"]
    with counted(board2, lambda: wait_for(lambda: board2.stats()["table_local"] == 0, "the end"),
                 udp_idle=flows, table_local=-flows):
        board2.set(udp_timeout=1)
    board2.set(udp_timeout=3600)
    packet(at)
    known.expect(CLOSED, client=at, reason=2)
    acknowledged(at)
    packet(at, b"again")
    heard(at, b"again")


@test("when its program has gone, a flow ends with the next datagram, and begins anew with the next program")
def _():
    global app
    at = committed()
    app.close()
    with counts(board2, frames_received=1, frames_sent=1, drop_packet_unknown=1, udp_left=1, table_local=-1):
        packet(at)
        known.expect(CLOSED, client=at, reason=2)
    refused(1, at)
    app = program(board2)
    acknowledged(at)
    packet(at, b"again")
    heard(at, b"again")


@test("a reservation that no datagram follows ends silently")
def _():
    before = board2.stats()["handoff_expired"]
    at = acknowledged(client())
    wait_for(lambda: board2.stats()["handoff_expired"] == before + 1, "the end")
    known.nothing(board2)
    packet(at)
    known.expect(CLOSED, client=at, reason=2)


# Board 1 is the origin

def offered(at, to=known, service=SERVICE):
    return to.expect_again(CONNECTION, client=at, target=(to.address, 53), service=service, protocol=UDP)


def forwarded(at, data, to=known, service=SERVICE):
    body = to.expect_again(PACKET, client=at, target=(to.address, 53), protocol=UDP).inner
    equal(body[:20 + 8 + len(data)], datagram(at, service, data))


def answer(kind, at, by=known, target=None, body=b""):
    by.send(board1, kind, at, target or (by.address, 53), body, protocol=UDP)


def moved(service=SERVICE):
    at = client()
    net.datagram(board1, at, service=service)
    offered(at, service=service)
    answer(ACK, at)
    forwarded(at, b"some data", service=service)
    return at


@test("the first datagram is offered, and held with those that follow it; then they go in order, and later ones at once")
def _():
    at = client()
    with counts(board1, udp_begun=1, held=3, handoff_offered=1, frames_sent=1,
                table_forward_connect=1, table_forward=1):
        for data in b"1", b"2", b"3":
            net.datagram(board1, at, data)
        offered(at)
        known.nothing(board1)
    with counts(board1, frames_received=1, handoff_done=1, forwarded=4, frames_sent=4, table_forward_connect=-1):
        answer(ACK, at)
        for data in b"1", b"2", b"3":
            forwarded(at, data)
        net.datagram(board1, at, b"4")
        forwarded(at, b"4")


@test("64 are held, no more")
def _():
    at = client()
    with counts(board1, udp_begun=1, held=64, drop_udp_held=6, handoff_offered=1,
                frames_sent=1, table_forward_connect=1, table_forward=1):
        for n in range(70):
            net.datagram(board1, at, bytes((n,)))
    offered(at)
    answer(ACK, at)
    for n in range(64):
        forwarded(at, bytes((n,)))


@test("an offer that is not answered is repeated, then taken back; the client of one that nobody has is told")
def _():
    board1.set(offer_ms=20)
    at = client()
    with counts(board1, udp_begun=1, held=1, handoff_offered=1, handoff_retransmitted=3,
                handoff_timeout=1, handoff_withdrawn=1, next_candidate=1, here_no_listener=1, unplaced=1, frames_sent=5):
        net.datagram(board1, at)
        for _ in range(4):
            offered(at)
        known.expect(WITHDRAW, client=at, service=SERVICE, handoff_id=0)
        net.unreachable(at)
    board1.set(offer_ms=60000)


@test("a flow that one board refuses is another's")
def _():
    for reason in 1, 2, 3, 4, 6, 7, 99:
        board1.ctl("server", "set", another.address, "state", "up")
        board1.ctl("server", "set", known.address, "state", "down")
        at = client()
        net.datagram(board1, at)
        offered(at, another)
        board1.ctl("server", "set", known.address, "state", "up")
        board1.ctl("server", "set", another.address, "state", "down")
        answer(REFUSAL, at, another, body=notice(reason, 0, SERVICE))
        offered(at)
        answer(ACK, at)
        forwarded(at, b"some data")


@test("answers of others, about others, and late ones change nothing")
def _():
    at, nobody = client(), client()
    net.datagram(board1, at)
    offered(at)
    with counts(board1, frames_received=4, drop_stale_ack=4):
        answer(ACK, at, another)
        answer(ACK, nobody)
        answer(ACK, at, target=(known.address, 54))
        answer(ACK, ("192.0.2.201", at[1]))
        known.nothing(board1)
    with counts(board1, frames_received=4, drop_stale_notice=4):
        answer(REFUSAL, at, another, body=notice(1, 0, SERVICE))
        answer(REFUSAL, nobody, body=notice(1, 0, SERVICE))
        answer(REFUSAL, at, body=notice(1, 5, SERVICE))
        answer(CLOSED, at, body=notice(2, 0, SERVICE))
    answer(ACK, at)
    forwarded(at, b"some data")
    with counts(board1, frames_received=6, drop_stale_notice=5):
        answer(ACK, at)
        answer(REFUSAL, at, body=notice(1, 0, SERVICE))
        answer(CLOSED, at, another, body=notice(2, 0, SERVICE))
        answer(CLOSED, at, body=notice(2, 0, OTHER))
        answer(CLOSED, at, body=notice(2, 1, SERVICE))
        answer(CLOSED, at, body=notice(99, 0, SERVICE))
    net.datagram(board1, at, b"more")
    forwarded(at, b"more")


@test("an answer about the same ends, but of TCP, is none to a flow")
def _():
    at = client()
    net.datagram(board1, at)
    offered(at)
    with counts(board1, frames_received=2, drop_stale_ack=1, drop_stale_notice=1, frames_sent=1):
        known.send(board1, REFUSAL, at, FAKE, notice(1, 0, SERVICE))
        known.send(board1, ACK, at, FAKE)
        known.expect_again(WITHDRAW, client=at, protocol=TCP)
    answer(ACK, at)
    forwarded(at, b"some data")


@test("where a table is full nothing is offered: the client is told")
def _():
    waits = client()
    net.datagram(board1, waits)
    offered(waits)
    for limit, table, counter in (("limit_forward", "table_forward", "drop_limit_forward"),
                                  ("limit_forward_connect", "table_forward_connect", "drop_limit_connect")):
        old = board1.show()[limit]
        board1.set(**{limit: board1.stats()[table]})
        at = client()
        with counts(board1, udp_begun=1, held=1, here_no_listener=1, unplaced=1,
                    **{counter: 1}):
            net.datagram(board1, at)
            net.unreachable(at)
        board1.set(**{limit: old})
    answer(ACK, waits)
    forwarded(waits, b"some data")


@test("a board that is deleted while it has an offer has it no more: the next one")
def _():
    at = client()
    net.datagram(board1, at)
    offered(at)
    board1.ctl("server", "set", another.address, "state", "up")
    board1.ctl("server", "del", known.address)
    offered(at, another)
    board1.ctl("server", "add", known.address, "lladdr", known.mac)
    board1.ctl("server", "set", another.address, "state", "down")
    answer(ACK, at, another)
    forwarded(at, b"some data", another)
    known.forget()


@test("what the target has not, or has no more, begins anew with the next datagram")
def _():
    for reason in 2, 1:
        at = moved()
        with counts(board1, frames_received=1, udp_lost=1, table_forward=-1):
            answer(CLOSED, at, body=notice(reason, 0, SERVICE))
        net.datagram(board1, at, b"anew")
        offered(at)
        answer(ACK, at)
        forwarded(at, b"anew")


@test("the same client's port to two services of one target's port: the second goes elsewhere")
def _():
    at = moved()
    with counts(board1, udp_begun=1, held=1, handoff_header_used=1, here_no_listener=1,
                unplaced=1):
        net.datagram(board1, at, service=OTHER)
        net.unreachable(at, service=OTHER)
    board1.ctl("server", "set", another.address, "state", "up")
    board1.ctl("server", "set", known.address, "state", "down")
    net.datagram(board1, at, service=OTHER)
    offered(at, another, OTHER)
    answer(ACK, at, another)
    forwarded(at, b"some data", another, OTHER)
    board1.ctl("server", "set", known.address, "state", "up")
    board1.ctl("server", "set", another.address, "state", "down")


@test("a first datagram with a wrong checksum begins nothing; a malformed one is the stack's")
def _():
    with counts(board1, drop_packet_checksum=1):
        net.datagram(board1, client(), bad_checksum=True)
    with counts(board1):
        for length in 0, 7, 18, 65535:
            net.datagram(board1, client(), length=length)


@test("an ICMP error about a reply goes to the target, whole; one about what never moved is the stack's")
def _():
    at = moved()
    for kind, code, rest in (3, 4, 1280), (3, 3, 0), (11, 1, 0):
        error = icmp(ROUTER, SERVICE[0], datagram(SERVICE, at, b"reply"), kind=kind, code=code, rest=rest)
        with counts(board1, icmp_forwarded=1, frames_sent=1):
            net.packet(board1, error)
        equal(known.expect_again(PACKET, client=at, protocol=UDP).inner[:len(error)], error)
    with counts(board1, drop_packet_checksum=1):
        net.packet(board1, icmp(ROUTER, SERVICE[0], datagram(SERVICE, at, b"reply"), bad_checksum=True))
    with counts(board1):
        net.packet(board1, icmp(ROUTER, SERVICE[0], datagram(SERVICE, client(), b"reply")))
    known.nothing(board1)


@test("a datagram that does not fit the fabric and must not be cut: its client is told how long it may be")
def _():
    at = moved()
    with counts(board1, drop_packet_mtu=1):
        net.datagram(board1, at, bytes(1472), fragment=0x4000)
        equal(net.hear()[20:28][-2:], struct.pack(">H", 1484))
    with counts(board1, forwarded=1, frames_sent=1, cut=1):
        net.datagram(board1, at, bytes(1472))
    parts = [known.expect_again(PACKET, client=at, protocol=UDP).inner for _ in range(2)]
    equal(b"".join(part[20:struct.unpack(">H", part[2:4])[0]] for part in parts),
          datagram(at, SERVICE, bytes(1472))[20:])


@test("a flow whose client is silent for the service's timeout ends, and begins anew")
def _():
    board1.ctl("service", "set", "udp", "192.0.2.1:53", "timeout", "1")
    before = board1.stats()["udp_idle"]
    at = moved()
    wait_for(lambda: board1.stats()["udp_idle"] == before + 1, "the end")
    board1.ctl("service", "set", "udp", "192.0.2.1:53", "timeout", "3600")
    net.datagram(board1, at, b"anew")
    offered(at)
    answer(ACK, at)
    forwarded(at, b"anew")


@test("at last the board itself serves it, and its datagrams that were held")
def _():
    here = program(board1, address="10.0.0.1")
    at = client()
    net.datagram(board1, at)
    offered(at)
    with counts(board1, frames_received=1, handoff_refused=1, handoff_refused_no_listener=1, next_candidate=1,
                attached_here=1, replies=1, table_forward_connect=-1, table_forward=-1, table_local=1):
        answer(REFUSAL, at, body=notice(1, 0, SERVICE))
        heard(at, sock=here)
        here.sendto(b"reply", at)
        net.reply(at, b"reply")
    here.close()


# Each datagram by itself

ONE = "192.0.2.1", 123
board1.ctl("service", "add", "udp", "192.0.2.1:123", "target-port", "53", "one-packet")


@test("one-packet: offer and datagram go together, nothing is remembered, and no answer is waited for")
def _():
    at = client()
    for data in b"1", b"2":
        with counts(board1, udp_single=1, forwarded=1, frames_sent=2):
            net.datagram(board1, at, data, ONE)
        offered(at, service=ONE)
        forwarded(at, data, service=ONE)
    with counts(board1, frames_received=2, drop_stale_ack=1, drop_stale_notice=1):
        answer(ACK, at)
        answer(CLOSED, at, body=notice(2, 0, ONE))
        known.nothing(board1)


@test("one-packet: the target serves each, and its replies have the service's address")
def _():
    at = client()
    for data in b"1", b"2":
        offer(at, service=ONE)
        packet(at, data, service=ONE)
        known.expect_again(ACK, client=at)
        heard(at, data)
        app.sendto(b"reply", at)
        net.reply(at, b"reply", ONE)


@test("one-packet: a datagram that stays has a row for its reply, and the next one is free to go")
def _():
    at = client()
    here = program(board1, address="10.0.0.1")
    board1.ctl("server", "set", known.address, "state", "down")
    with counts(board1, udp_single=2, replies=2, table_local=1):
        for data in b"1", b"2":
            net.datagram(board1, at, data, ONE)
            heard(at, data, here)
            here.sendto(b"reply", at)
            net.reply(at, b"reply", ONE)
    board1.ctl("server", "set", known.address, "state", "up")
    with counts(board1, udp_single=1, forwarded=1, frames_sent=2):
        net.datagram(board1, at, b"3", ONE)
    offered(at, service=ONE)
    forwarded(at, b"3", service=ONE)
    here.close()


@test("one-packet: nobody listens, or a flow has the header: the client is told")
def _():
    at = moved()
    with counts(board1, udp_single=1, handoff_header_used=1, next_candidate=2,
                here_no_listener=1, unplaced=1):
        net.datagram(board1, at, b"1", ONE)
        net.unreachable(at, service=ONE)
    with counts(board1, drop_packet_checksum=1):
        net.datagram(board1, at, b"1", ONE, bad_checksum=True)


# What is started on demand. From here on the boards made by hand are known by what they say.

STARTED, NO_LISTENER, STARTING = ("192.0.2.1", 60), 1, 8
board1.ctl("service", "add", "udp", "192.0.2.1:60", "timeout", "3600")
snapshots = iter(range(1, 1 << 30))


def says(*listeners):
    known.advertise(board1, advert(1, next(snapshots), listeners, memory=1 << 20))
    known.sync(board1)


def startable():
    """What could be started, as advertisements list it: it needs 1 KiB."""
    return struct.pack(">BBH4sI16s", 0x80 | UDP, 0, STARTED[1], bytes(4), 1, b"app")


def begun():
    """A flow for which a board has to start something, which it does."""
    at = client()
    says(startable())
    net.datagram(board1, at, b"1", service=STARTED)
    answers(at, REFUSAL, STARTING)
    return at


def answers(at, kind, reason=None):
    """To its next offer."""
    target = known.address, STARTED[1]
    known.expect_again(CONNECTION, client=at, target=target, service=STARTED, protocol=UDP)
    answer(kind, at, target=target, body=b"" if reason is None else notice(reason, 0, STARTED))
    known.sync(board1)


@test("datagrams wait while a board starts what answers them, as many as are held; then they go in order")
def _():
    at = begun()
    equal(board1.stats()["table_waiting"], 1)
    with counted(board1, lambda: net.sync(board1), ("handoff_offered", "frames_sent"), held=63, drop_udp_held=3):
        for n in range(2, 68):
            net.datagram(board1, at, b"%d" % n, service=STARTED)
    says(listening(STARTED[1], protocol=UDP))
    answers(at, ACK)
    for n in range(1, 65):
        body = known.expect_again(PACKET, client=at, protocol=UDP).inner
        equal(body[:28 + len(b"%d" % n)], datagram(at, STARTED, b"%d" % n))
    equal(board1.stats()["table_waiting"], 0)


@test("when it has failed, or it takes longer than wait-ms, the client is told")
def _():
    at = begun()
    answers(at, REFUSAL, NO_LISTENER)
    net.unreachable(at, service=STARTED)
    before = board1.stats()["wait_timeout"]
    board1.set(wait_ms=100)
    at = begun()
    net.unreachable(at, service=STARTED)
    known.sync(board1)
    equal((board1.stats()["table_waiting"], board1.stats()["wait_timeout"] - before), (0, 1))
    board1.set(wait_ms=30000)


@test("where nobody is known to listen, a board that is not is asked for a flow, but not for one datagram alone")
def _():
    says()
    at = client()
    board1.ctl("service", "add", "udp", "192.0.2.1:61", "target-port", "60", "timeout", "3600")
    board1.ctl("service", "add", "udp", "192.0.2.1:62", "target-port", "60", "one-packet")
    with counts(board1, udp_single=1, unplaced=1, next_candidate=1, here_no_listener=1, skipped_not_listening=1):
        net.datagram(board1, at, service=("192.0.2.1", 62))
        net.unreachable(at, service=("192.0.2.1", 62))
    target = known.address, 60
    with counts(board1, udp_begun=1, held=1, asked_not_listening=1, handoff_offered=1, frames_sent=1,
                skipped_not_listening=1, table_forward_connect=1, table_forward=1):
        net.datagram(board1, at, service=("192.0.2.1", 61))
    known.expect_again(CONNECTION, client=at, target=target, service=("192.0.2.1", 61), protocol=UDP)
    with counts(board1, frames_received=1, handoff_done=1, forwarded=1, frames_sent=1, table_forward_connect=-1):
        answer(ACK, at, target=target)
    equal(known.expect_again(PACKET, client=at, protocol=UDP).inner[:37],
          datagram(at, ("192.0.2.1", 61), b"some data"))


@test("a board that is to be known no more takes its flows along")
def _():
    committed(by=another)
    board2.ctl("server", "del", another.address)
    equal([row for row in board2.flows("local") if row["peer"] == another.address], [])


run()
