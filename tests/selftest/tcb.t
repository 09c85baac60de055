#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Control blocks of any origin: what the socket that is built from them is like, and clocks that differ by hours. What
is refused, and that all else works, is in frames.t."""

import os
import select
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, HAS_ECN, HAS_SACK, HAS_TIMESTAMPS, HAS_WSCALE, MASK, PACKET, REFUSAL, UNATTACHED,
                    Clients, Fabric, Namespace, Segment, Wire, accept, accepted, before, cluster, conn, counted, ip_bytes,
                    mac_bytes, mss, receive, sack, segment, sh, snmp, tcb, tcp_info, timestamps, wscale)
from tap import WAIT, after_each, check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
app = board2.listen(backlog=100)
# Nothing but what a test sends decides.
board2.set(ack_ms=60000, reserve_ms=600000)
SERVICE, TARGET = ("192.0.2.1", 80), (board2.fabric, 80)
ids, ports = iter(range(1000, 1 << 30)), iter(range(30000, 60000))
HOUR = 3600000
NO_ROUTE = 6


@after_each
def nothing_is_left():
    for table in "connect", "local":
        equal(board2.flows(table), [], table)
    equal(accepted(app), None, "accepted")
    fake.forget()


class Moved:
    """A connection that board 2 has taken over; its request is with the application."""

    def __init__(self, data=b"request", ts=None, **fields):
        self.c = net.client(board2, sport=next(ports))
        self.c.service = SERVICE
        self.at = net.address, self.c.port
        self.c.seq, self.c.ack = fields.get("irs", 1000) + 1 & MASK, fields.get("iss", 5000) + 1 & MASK
        fake.send(board2, CONNECTION, self.at, TARGET, conn(SERVICE, tcb(next(ids), **fields)))
        fake.expect(ACK, client=self.at)
        self.c.ts = ts
        self.packet("PA", data)
        self.sock, address = accept(app)
        equal(address, self.at)
        equal(receive(self.sock, len(data)), data)

    def packet(self, flags, data=b"", **fields):
        if self.c.ts is not None and "options" not in fields:
            fields["options"] = timestamps(self.c.ts, self.c.echo)
        fake.send(board2, PACKET, self.at, TARGET,
                  segment(*self.at, *SERVICE, flags, self.c.seq, self.c.ack, data, **fields))
        self.c.seq = self.c.seq + len(data) & MASK

    def end(self):
        self.packet("R")
        fake.expect(CLOSED, client=self.at)
        self.sock.close()

    def info(self):
        return tcp_info(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not kind:
            self.end()


@test("options and shifts are those of the control block, in every combination")
def _():
    names = {HAS_TIMESTAMPS: "timestamps", HAS_SACK: "sack", HAS_WSCALE: "wscale", HAS_ECN: "ecn"}
    for flags in range(16):
        with Moved(flags=UNATTACHED | flags, snd_wscale=flags & 7, rcv_wscale=14 - flags % 15, tsval=1,
                   ts=5 if flags & HAS_TIMESTAMPS else None) as m:
            info = m.info()
            equal(info["options"], {name for bit, name in names.items() if flags & bit})
            wanted = (flags & 7, 14 - flags % 15) if flags & HAS_WSCALE else (0, 0)
            equal((info["snd_wscale"], info["rcv_wscale"]), wanted)


@test("what is absurd, but harmless, becomes what this host can have")
def _():
    rto, rtt = tcp_base()
    for fields, wanted in (
            (dict(snd_mss=48), dict(snd_mss=48)), (dict(snd_mss=65535, adv_mss=65535), dict(snd_mss=1460, advmss=1460)),
            (dict(adv_mss=88), dict(advmss=88)),
            (dict(srtt=0, rttvar=250000000, rto=250000000), dict(rto=rto, rtt=rtt)),
            (dict(srtt=250000000, rttvar=250000000, rto=250000000), dict(rto=120000000, rtt=120000000)),
            (dict(srtt=1, rttvar=0, rto=1), dict(rto=200000, rtt=1)),
            (dict(srtt=5000, rttvar=1000, rto=300000), dict(rto=300000, rtt=5000)),
            (dict(cwnd=(1 << 31) - 1), dict(snd_cwnd=10)), (dict(cwnd=1), dict(snd_cwnd=10)),
            (dict(ssthresh=2), dict(snd_ssthresh=(1 << 31) - 1)),
            (dict(ttl=0, tos=255, snd_wl1=77, reserved=b"\xff" * 16), dict(snd_cwnd=10)),
            (dict(flags=UNATTACHED | 0xFFC0), dict(options=set()))):
        with silent(**fields) as m:
            info = m.info()
            equal({name: info[name] for name in wanted}, wanted, str(fields))


def silent(**fields):
    """Committed by a bare ACK: no segment with data, whose RTT would be measured."""
    return Moved(b"", **fields)


def tcp_base():
    with silent() as m:
        return m.info()["rto"], m.info()["rtt"]


@test("a window clamp of nothing still lets the client send")
def _():
    for clamp in 1, 100, 1152, MASK:
        with Moved(window_clamp=clamp) as m:
            m.c.expect("A", ack=m.c.seq)
            m.packet("PA", b"x" * 500)
            equal(receive(m.sock, 500), b"x" * 500)
            check(m.c.expect(ack=m.c.seq).window > 500, "shut")


@test("a window larger than a header can tell is not offered on")
def _():
    for flags, shift in (0, 0), (HAS_WSCALE, 0), (HAS_WSCALE, 3):
        with Moved(flags=UNATTACHED | flags, rcv_wscale=shift, rcv_wnd=65535 << 14, snd_wnd=65535 << 14) as m:
            check(m.c.expect("A", ack=m.c.seq).window <= 65535, "never")
            m.sock.sendall(b"answer")
            m.c.expect_data(b"answer")


def congestion(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0")


def loaded():
    with open("/proc/modules") as modules:
        return {line.split()[0] for line in modules}


def allow(names):
    with open("/proc/sys/net/ipv4/tcp_allowed_congestion_control", "w") as setting:
        setting.write(names)


@test("a congestion control is taken if it is there and free to all; no module is loaded for one")
def _():
    with open("/proc/sys/net/ipv4/tcp_congestion_control", "rb") as setting:
        usual = setting.read().strip()
    equal(sh("ip netns exec board2 sysctl -n net.ipv4.tcp_congestion_control").strip().encode(), usual)
    was = loaded()
    for name, wanted in ((b"", usual), (b"reno", b"reno"), (b"cubic", b"cubic"), (b"nosuch", usual), (b"vegas", usual),
                         (b"tcp_vegas", usual), (b"a" * 15, usual)):
        with Moved(congestion=name) as m:
            equal(congestion(m.sock), wanted, str(name))
    equal(loaded(), was, "modules")
    sh("modprobe tcp_dctcp")
    # Without ECN it would not begin.
    wanted = dict(congestion=b"dctcp", flags=UNATTACHED | HAS_ECN)
    with Moved(**wanted) as m:
        equal(congestion(m.sock), usual, "restricted")
    with open("/proc/sys/net/ipv4/tcp_allowed_congestion_control") as setting:
        was = setting.read().strip()
    allow(was + " dctcp")
    with Moved(**wanted) as m:
        equal(congestion(m.sock), b"dctcp", "allowed")
    allow(was)
    # No reference is left, and none too few was taken.
    wait_for(lambda: sh("cat /sys/module/tcp_dctcp/refcnt").strip() == "0", "the module's references")
    sh("modprobe -r tcp_dctcp")


@test("ends that no host can have are refused as no route")
def _():
    good = net.address, 40000
    bad = "0.0.0.0", "127.0.0.1", "127.1.2.3", "224.0.0.1", "239.255.255.255", "255.255.255.255"
    for client, service in ([((address, 40000), SERVICE) for address in bad] + [(good, (address, 80)) for address in bad] +
                            [((net.address, 0), SERVICE), (good, ("192.0.2.1", 0)), (("192.0.2.255", 40000), SERVICE)]):
        handoff_id = next(ids)
        with counted(board2, lambda: fake.sync(board2), frames_received=1, frames_sent=1, refused=1,
                     refused_no_route=1):
            fake.send(board2, CONNECTION, client, TARGET, conn(service, tcb(handoff_id)))
            fake.expect(REFUSAL, reason=NO_ROUTE, handoff_id=handoff_id, client=client, service=service)


STARTS = 0, 1, HOUR, 1 << 31, (1 << 31) + 5 * HOUR, MASK - 24 * HOUR, MASK - 100, MASK


@test("the origin's clock goes on from wherever it was, over its end, too")
def _():
    for start in STARTS:
        begun = time.monotonic()
        with Moved(flags=UNATTACHED | HAS_TIMESTAMPS, tsval=start, ts_recent=7, ts=8) as m:
            last = start
            for _ in range(3):
                m.sock.sendall(b"answer")
                got = m.c.expect_data(b"answer")
                value, echo = got.timestamp()
                check(not before(value, last), f"falls from {last} to {value}")
                check(value - start & MASK <= (time.monotonic() - begun) * 1000 + 1000, f"{value} began at {start}")
                equal(echo, m.c.ts)
                last = value
                m.c.ts += 1
                m.packet("A")
                fake.sync(board2)


@test("what the client said last is remembered: PAWS drops what is older, over the end of its clock, too")
def _():
    for recent in STARTS:
        for age in 0, 100000, MASK:
            with Moved(flags=UNATTACHED | HAS_TIMESTAMPS, tsval=1, ts_recent=recent, ts_recent_age=age,
                       ts=recent) as m:
                m.c.expect("A", ack=m.c.seq)
                if recent:
                    seq = m.c.seq
                    m.packet("PA", b"old", options=timestamps(recent - 50, 1))
                    m.c.seq = seq
                    m.c.expect("A", ack=seq)
                m.c.ts = recent + 50 & MASK
                m.packet("PA", b"new")
                equal(receive(m.sock, 3), b"new")


class Origin:
    """A board made by hand that a real client talks to, with whatever clock."""
    address, mac = "192.0.2.9", "02:00:00:00:01:09"

    def __init__(self):
        self.wire = Wire("origin0", "clients", self.mac)
        self.peer = mac_bytes("02:00:00:00:01:64")
        sh(f"ip -n client neigh replace {self.address} lladdr {self.mac} dev eth0 nud permanent")
        self.sock = self.port = None

    def next(self):
        """The client's next segment, its checksum made."""
        while True:
            data = self.wire.read(WAIT)
            check(data, "the client is silent")
            if data[12:14] == b"\x08\0" and data[23] == 6 and data[30:34] == ip_bytes(self.address) and \
                    int.from_bytes(data[34:36], "big") == self.port:
                got = Segment(data[14:])
                options = data[54:14 + 20 + (data[46] >> 4) * 4]
                return got, segment(got.src, got.sport, got.dst, got.dport, got.flags, got.seq, got.ack, got.data,
                                    options, got.window)

    def handshake(self, clock):
        with Namespace("client"):
            self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.connect_ex((self.address, 80))
        self.port = self.sock.getsockname()[1]
        syn, _ = self.next()
        answer = segment(self.address, 80, syn.src, syn.sport, "SA", 5000, syn.seq + 1,
                         options=mss(1444) + timestamps(clock, syn.timestamp()[0]) + sack() + wscale(7))
        self.wire.send_raw(self.peer + mac_bytes(self.mac) + b"\x08\0" + answer)
        self.next()
        self.sock.send(b"request")
        return syn

    def hand_off(self, syn, clock):
        """The rest is board 2's; the application's end."""
        self.at, service = (syn.src, syn.sport), (self.address, 80)
        fake.send(board2, CONNECTION, self.at, TARGET, conn(service, tcb(
            next(ids), irs=syn.seq, flags=UNATTACHED | 7, snd_wscale=syn.options[3][0], rcv_wscale=7, tsval=clock,
            ts_recent=syn.timestamp()[0], snd_mss=1460)))
        fake.expect(ACK, client=self.at)
        self.forward()
        served, address = accept(app)
        equal(address, self.at)
        equal(receive(served, 7), b"request")
        return served

    def forward(self):
        _, packet = self.next()
        fake.send(board2, PACKET, self.at, TARGET, packet)

    def download(self, size):
        """Forwards what the client sends until it has so much."""
        got = b""
        while len(got) < size:
            ready, _, _ = select.select([self.wire.socket, self.sock], [], [], WAIT)
            check(ready, f"stalls after {len(got)} bytes")
            if self.sock in ready:
                got += self.sock.recv(100000)
            else:
                self.forward()
        return got

    def end(self, served):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        while board2.flows("local"):
            self.forward()
            fake.sync(board2)
        fake.expect(CLOSED, client=self.at)
        served.close()


origin = Origin()


@test("a real client of a board whose clock is hours ahead, behind, or about to end: 100 kB, and PAWS has nothing to say")
def _():
    data = os.urandom(100000)
    for clock in STARTS:
        drops = snmp("client", "TcpExtPAWSEstab")
        syn = origin.handshake(clock)
        served = origin.hand_off(syn, clock + 3 & MASK)
        check({"timestamps", "sack", "wscale"} <= tcp_info(served)["options"], "options")
        sender = threading.Thread(target=served.sendall, args=(data,))
        sender.start()
        equal(origin.download(len(data)) == data, True, "what arrived is what was sent")
        sender.join()
        equal(snmp("client", "TcpExtPAWSEstab"), drops, f"PAWS drops with {clock}")
        origin.end(served)


@test("and a clock that were not carried on would be noticed")
def _():
    drops = snmp("client", "TcpExtPAWSEstab")
    syn = origin.handshake(5 * HOUR)
    served = origin.hand_off(syn, 4 * HOUR)
    served.sendall(b"answer")
    wait_for(lambda: snmp("client", "TcpExtPAWSEstab") > drops, "PAWS drops")
    with_data, _, _ = select.select([origin.sock], [], [], 0)
    equal(with_data, [], "data")
    origin.end(served)


run(net.wire.story)
