# SPDX-License-Identifier: GPL-2.0
"""A player of packets and frames in the standard cluster, so that tests read like traces.

    net = Clients()                      # a wire into the clients' bridge that no kernel answers for
    c = net.client("192.0.2.1", 80)
    c.send("S", options=mss(1460))
    syn_ack = c.expect("SA", ack=c.isn + 1)

    fabric = Fabric()                    # a board made by hand, 10.0.0.9
    fabric.send("10.0.0.2", CONNECTION, header, conn(...))
    fabric.expect(ACK)

What is sent is dealt with in order, on one CPU; sync() returns when all of it was, so that "nothing was answered" needs
no waiting. The formats are written from the documents and not from the module. Not scapy: in an emulated CPU its import
takes ten seconds, and each packet a twentieth.
"""

import collections
import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import time

import tap

CONNECTION, PACKET, ACK, REFUSAL, CLOSED, WITHDRAW, ADVERT, MAP = 1, 2, 3, 0x80, 0x81, 0x82, 0x83, 0x84
GROUP = "03:00:69:70:4f:53"
DRAINING, LEAVING = 1, 2
LEARNED, KEPT, NAME, USED = 1, 2, 3, 4
TCP, UDP = 1, 2
FLAGS = "FSRPAUEC"
MASK = 0xFFFFFFFF
# What Python has no names for.
SO_RCVBUFFORCE, SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING, TP_STATUS_CSUMNOTREADY = 33, 263, 8, 23, 8

# Softirqs run on the CPU that sends, in order.
os.sched_setaffinity(0, {0})


def ip_bytes(address):
    return socket.inet_aton(address)


def mac_bytes(address):
    return bytes.fromhex(address.replace(":", ""))


def checksum(data):
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def before(a, b):
    return a != b and (b - a) & MASK < 1 << 31


# TCP segments

def mss(value):
    return struct.pack(">BBH", 2, 4, value)


def wscale(shift):
    return struct.pack(">BBBB", 1, 3, 3, shift)


def sack():
    return b"\1\1\4\2"


def timestamps(value, echo=0):
    return struct.pack(">BBBBII", 1, 1, 8, 10, value & MASK, echo & MASK)


def parse_options(data):
    """{kind: its bytes}; "order" shows what a board sent."""
    out = {}
    while data and data[0] != 0:
        if data[0] == 1:
            data = data[1:]
            continue
        if len(data) < 2 or not 2 <= data[1] <= len(data):
            return {"malformed": data}
        out[data[0]] = data[2:data[1]]
        data = data[data[1]:]
    return out


class Segment:
    """A TCP segment in an IP packet, with what tests look at."""

    def __init__(self, packet):
        self.packet = packet
        self.length, = struct.unpack(">H", packet[2:4])
        self.tos = packet[1]
        ihl = (packet[0] & 15) * 4
        # A packet beyond 64 KB, not yet segmented, says 0.
        tcp = packet[ihl:self.length or None]
        self.src, self.dst = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        self.sport, self.dport, self.seq, self.ack, offset, flags, self.window, self.sum, _ = \
            struct.unpack(">HHIIBBHHH", tcp[:20])
        self.flags = "".join(name for bit, name in enumerate(FLAGS) if flags >> bit & 1)
        self.options = parse_options(tcp[20:(offset >> 4) * 4])
        self.data = tcp[(offset >> 4) * 4:]
        self.ok = checksum(packet[:ihl]) == 0 and \
            checksum(packet[12:20] + struct.pack(">HH", 6, len(tcp)) + tcp) == 0

    def timestamp(self):
        return struct.unpack(">II", self.options[8]) if 8 in self.options else None

    def same(self):
        """What its retransmission would be known by; an ACK or a RST has none."""
        return (self.flags, self.seq, self.ack, self.data) if self.data or set(self.flags) & set("SF") else None

    def __repr__(self):
        return (f"{self.src}:{self.sport} > {self.dst}:{self.dport} [{self.flags}] seq {self.seq} ack {self.ack} "
                f"win {self.window} {self.options or ''} {self.data[:40]!r}")


def segment(src, sport, dst, dport, flags, seq, ack=0, data=b"", options=b"", window=65535, *, ttl=64, tos=0,
            reserved=0, bad_checksum=False, bad_header=False, fragment=0, urgent=0):
    options += b"\0" * (-len(options) % 4)
    bits = sum(1 << FLAGS.index(flag) for flag in flags)
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq & MASK, ack & MASK, (20 + len(options)) // 4 << 4 | reserved, bits,
                      window, 0, urgent) + options + data
    ends = ip_bytes(src) + ip_bytes(dst)
    total = checksum(ends + struct.pack(">HH", 6, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack(">H", total ^ (0x5555 if bad_checksum else 0)) + tcp[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, tos, 20 + len(tcp), 0, fragment or 0x4000, ttl, 6, 0) + ends
    return ip[:10] + struct.pack(">H", checksum(ip) ^ (0x5555 if bad_header else 0)) + ip[12:] + tcp


# UDP datagrams

def datagram(src, dst, data=b"", *, length=None, bad_checksum=False, no_checksum=False, fragment=0, identity=0):
    """A UDP datagram in an IP packet, from (address, port) to (address, port)."""
    udp = struct.pack(">HHHH", src[1], dst[1], 8 + len(data) if length is None else length, 0) + data
    ends = ip_bytes(src[0]) + ip_bytes(dst[0])
    total = checksum(ends + struct.pack(">HH", 17, len(udp)) + udp) or 0xFFFF
    total = 0 if no_checksum else total ^ (0x5555 if bad_checksum else 0)
    return ip_packet(src[0], dst[0], udp[:6] + struct.pack(">H", total) + udp[8:], 17, fragment, identity)


def ip_packet(src, dst, body, protocol, fragment=0, identity=0):
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), identity, fragment, 64, protocol, 0)
    ip += ip_bytes(src) + ip_bytes(dst)
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + body


def icmp(src, dst, quoted, kind=3, code=4, rest=0, options=b"", bad_checksum=False, protocol=1):
    """An ICMP error, "fragmentation needed" unless told otherwise; the end of the rest is its MTU."""
    body = struct.pack(">BBHI", kind, code, 0, rest) + quoted
    body = body[:2] + struct.pack(">H", checksum(body) ^ (0x5555 if bad_checksum else 0)) + body[4:]
    ip = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), 0, 0, 64, protocol,
                     0) + ip_bytes(src) + ip_bytes(dst) + options
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + body


# ipOS frames

def header(kind, client, target, protocol=TCP):
    """Figure 11b without its checksum; client and target are (address, port)."""
    return (ip_bytes(client[0]) + struct.pack(">H", client[1]) + ip_bytes(target[0]) + struct.pack(">H", target[1]) +
            bytes((kind, protocol)))


def frame(kind, client, target, body=b"", protocol=TCP, bad_checksum=False):
    """What follows the Ethernet header, its checksum right or not."""
    head = header(kind, client, target, protocol)
    total = checksum(head + b"\0\0" + (b"" if kind == PACKET else body))
    return head + struct.pack(">H", total ^ (0x5555 if bad_checksum else 0)) + body


TCB = [(field.split(":")[0], field.split(":")[1]) for field in
       "version:B state:B flags:H handoff_id:Q iss:I irs:I snd_una:I snd_nxt:I snd_wnd:I snd_wl1:I rcv_nxt:I rcv_wnd:I "
       "rcv_wup:I snd_mss:H adv_mss:H snd_wscale:B rcv_wscale:B ttl:B tos:B ts_recent:I ts_recent_age:I tsval:I srtt:I "
       "rttvar:I rto:I cwnd:I ssthresh:I window_clamp:I congestion:16s sndq_len:I rcvq_len:I epoch:Q reserved:16s".split()]
TCB_FORMAT = ">" + "".join(form for _, form in TCB)
HAS_TIMESTAMPS, HAS_SACK, HAS_WSCALE, HAS_ECN, UNATTACHED = 1, 2, 4, 8, 16
assert struct.calcsize(TCB_FORMAT) == 140


def tcb(handoff_id, irs=1000, iss=5000, queued=0, **fields):
    """A control block of a connection whose handshake is done; queued bytes of the request were acknowledged."""
    values = dict(version=1, state=1, flags=UNATTACHED, handoff_id=handoff_id, iss=iss, irs=irs, snd_una=iss + 1,
                  snd_nxt=iss + 1, snd_wnd=65535, snd_wl1=irs, rcv_nxt=irs + 1 + queued, rcv_wnd=63536,
                  rcv_wup=irs + 1 + queued, snd_mss=1444, adv_mss=1444, ttl=64, rto=1000000, window_clamp=65535,
                  rcvq_len=queued, congestion=b"", reserved=b"")
    values.update(fields)
    return struct.pack(TCB_FORMAT, *((values.get(name, 0) & (1 << 8 * struct.calcsize(">" + form)) - 1)
                                     if form[-1] != "s" else values[name] for name, form in TCB))


def conn(service, block=b""):
    """Figures 11c, 11d."""
    return ip_bytes(service[0]) + struct.pack(">H", service[1]) + block


def notice(reason, handoff_id, service=("0.0.0.0", 0), seq=0):
    return struct.pack(">HHQ", 22, reason, handoff_id) + ip_bytes(service[0]) + struct.pack(">HI", service[1],
                                                                                            seq & MASK)


def listening(port, address="0.0.0.0", protocol=TCP, pid=0, name=b""):
    """A listening socket, as advertisements list them."""
    return struct.pack(">BBH4sI16s", protocol, 0, port, ip_bytes(address), pid, name)


ADVERTISED = [("connections", "I"), ("cpu", "H"), ("weight", "H"), ("memory", "Q"), ("bandwidth", "Q"), ("in_flight", "I"),
              ("accept_us", "I"), ("memory_total", "I"), ("bandwidth_total", "I")]


def advert(epoch, snapshot, listeners=(), part=1, parts=1, interval=60000, flags=0, length=None, count=None, **state):
    """The body of type 0x83; length and count are right unless given."""
    state = {"weight": 100, **state}
    values = [state.get(name, 0) for name, _ in ADVERTISED]
    rows = b"".join(listeners)
    return struct.pack(">HQIHHHH" + "".join(form for _, form in ADVERTISED) + "H",
                       64 + len(rows) if length is None else length, epoch, snapshot & MASK, part, parts, interval, flags,
                       *values, len(rows) // 28 if count is None else count) + rows


def map_row(kind, text, address, port=0, length=None):
    """A row of a map update; its length is right unless given."""
    text = text.encode() if isinstance(text, str) else text
    return struct.pack(">BBH4s128s", kind, len(text) if length is None else length, port, ip_bytes(address), text)


def map_update(epoch, number, rows=(), part=1, parts=1, length=None, count=None):
    """The body of type 0x84; length and count are right unless given."""
    data = b"".join(rows)
    return struct.pack(">HQIHHH", 20 + len(data) if length is None else length, epoch, number & MASK, part, parts,
                       len(data) // 136 if count is None else count) + data


class Frame:
    """What a board sent."""

    def __init__(self, data):
        self.data = data
        self.client = socket.inet_ntoa(data[0:4]), int.from_bytes(data[4:6], "big")
        self.target = socket.inet_ntoa(data[6:10]), int.from_bytes(data[10:12], "big")
        self.kind, self.protocol = data[12], data[13]
        body = data[16:]
        self.epoch = self.snapshot = self.part = self.parts = self.interval = self.flags = None
        self.handoff_id = self.reason = self.service = self.seq = self.inner = self.number = self.rows = None
        self.tcb = {}
        covered = {PACKET: 0, ACK: 0, CONNECTION: 146 if self.protocol == TCP else 6}.get(self.kind, int.from_bytes(body[:2], "big"))
        self.ok = checksum(data[:16 + covered]) == 0
        if self.kind == CONNECTION:
            self.service = socket.inet_ntoa(body[:4]), int.from_bytes(body[4:6], "big")
        if self.kind == CONNECTION and self.protocol == TCP:
            self.tcb = dict(zip((name for name, _ in TCB), struct.unpack(TCB_FORMAT, body[6:146])))
            self.handoff_id = self.tcb["handoff_id"]
        elif self.kind == PACKET:
            self.inner = Segment(body) if body[9] == 6 else body
        elif self.kind == ADVERT:
            self.length, self.epoch, self.snapshot, self.part, self.parts, self.interval, self.flags = \
                struct.unpack(">HQIHHHH", body[:22])
            self.listeners = [body[at:at + 28] for at in range(64, self.length, 28)]
        elif self.kind == MAP:
            self.length, self.epoch, self.number, self.part, self.parts, count = struct.unpack(">HQIHHH", body[:20])
            # (kind, text, address, port)
            self.rows = [(body[at], body[at + 8:at + 8 + body[at + 1]].decode(), socket.inet_ntoa(body[at + 4:at + 8]),
                          int.from_bytes(body[at + 2:at + 4], "big")) for at in range(20, 20 + 136 * count, 136)]
        elif self.kind >= 0x80:
            self.length, self.reason, self.handoff_id = struct.unpack(">HHQ", body[:12])
            self.service = socket.inet_ntoa(body[12:16]), int.from_bytes(body[16:18], "big")
            self.seq, = struct.unpack(">I", body[18:22])

    def same(self):
        return self.data

    def __repr__(self):
        text = f"frame {self.kind:#x} {self.client} > {self.target}"
        for name in ("handoff_id", "reason", "service", "seq", "inner", "rows"):
            value = getattr(self, name)
            if value is not None:
                text += f" {name} {value}"
        if self.tcb:
            text += f" rcv_nxt {self.tcb['rcv_nxt']} queued {self.tcb['rcvq_len']}"
        return text


# Wires

def forwarding(port):
    """Whether a bridge sends by this port; the kernel tells it of a new one's carrier a while later."""
    with open(f"/sys/class/net/{port}/brport/state") as state, open(f"/sys/class/net/{port}/operstate") as link:
        return state.read() == "3\n" and link.read() == "up\n"


class Wire:
    """A network card on one of the cluster's bridges."""

    def __init__(self, name, bridge, mac):
        self.mac = mac_bytes(mac)
        sh(f"ip link add name {name}-b type veth peer name {name} address {mac}")
        sh(f"ip link set dev {name}-b master {bridge} addrgenmode none up")
        sh(f"ip link set dev {name} addrgenmode none up")
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.bind((name, 3))  # ETH_P_ALL
        tap.wait_for(lambda: forwarding(f"{name}-b"), "the bridge's port")
        self.log = collections.deque(maxlen=30)
        self.pings = 0
        self.unsummed = False

    def story(self):
        """What was sent and received last, to explain a failure; begins anew."""
        told = "\n".join(self.log)
        self.log.clear()
        return told

    def send_raw(self, data):
        self.socket.send(data)

    def read(self, timeout):
        """The next frame as it came, or None."""
        if not select.select([self.socket], [], [], max(timeout, 0))[0]:
            return None
        data, info, _, _ = self.socket.recvmsg(70000, 64)
        # What a stack sends over veth never gets its checksum.
        self.unsummed = any(struct.unpack("I", aux[:4])[0] & TP_STATUS_CSUMNOTREADY for _, _, aux in info)
        return data

    def ping(self, mac, src, dst):
        """Sends an echo request; returns what its answer looks like."""
        self.pings += 1
        icmp = struct.pack(">BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, self.pings & 0xFFFF)
        icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0) + ip_bytes(src) + ip_bytes(dst)
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        self.send_raw(mac_bytes(mac) + self.mac + b"\x08\0" + ip + icmp)
        return ip_bytes(dst) + ip_bytes(src), b"\0\0" + icmp[4:]

    def wait_pong(self, wanted, take):
        end = time.monotonic() + tap.WAIT
        while True:
            data = self.read(end - time.monotonic())
            if data is None:
                tap.fail(f"no echo reply from {socket.inet_ntoa(wanted[0][:4])}")
            if data[12:14] == b"\x08\0" and data[23] == 1 and data[26:34] == wanted[0] and \
                    data[34:36] + data[38:42] == wanted[1]:
                return
            take(data)


def _expect(what, wire, queue, take, wanted, seen):
    """The next of the queue; what was seen already is a retransmission and is passed over."""
    end = time.monotonic() + tap.WAIT
    while True:
        while queue:
            got = queue.popleft()
            if got.same() in seen:
                continue
            if got.same():
                seen.add(got.same())
            tap.check(got.ok, f"wrong checksum: {got}")
            wrong = {name: getattr(got, name) for name, value in wanted.items() if getattr(got, name) != value}
            tap.check(not wrong, f"got {got}\nwanted {what} {wanted}")
            return got
        data = wire.read(end - time.monotonic())
        tap.check(data is not None, f"nothing came; wanted {what} {wanted}")
        take(data)


class Clients:
    """Clients at 192.0.2.200, an address that no kernel has."""
    address = "192.0.2.200"

    def __init__(self, boards):
        self.mac = "02:00:00:00:01:c8"
        self.wire = Wire("clients0", "clients", self.mac)
        self.all = collections.deque(maxlen=1000)
        self.port = 20000
        for board in boards:
            sh(f"ip -n {board.name} neigh replace {self.address} lladdr {self.mac} dev eth0 nud permanent")

    def client(self, board, port=80, sport=None):
        if sport is None:
            self.port += 1
            sport = self.port
        # The latest first: it may have the ports of an earlier one.
        self.all.appendleft(Client(self, board, (board.address, port), sport))
        return self.all[0]

    def take(self, data):
        if data[12:14] != b"\x08\0" or data[23] != 6:
            return
        got = Segment(data[14:])
        got.ok |= self.wire.unsummed
        got.mac = data[6:12].hex(":")
        if got.dst == self.address:
            self.wire.log.append(f"< {got}")
            for client in self.all:
                if (client.port, *client.service) == (got.dport, got.src, got.sport):
                    client.queue.append(got)
                    break

    def sync(self, board):
        """Everything sent before was dealt with when this returns, and what was answered is here."""
        self.wire.wait_pong(self.wire.ping(board.mac(0), self.address, board.address), self.take)

    def send(self, board, packet):
        self.wire.log.append(f"> {Segment(packet)}")
        self.wire.send_raw(mac_bytes(board.mac(0)) + self.wire.mac + b"\x08\0" + packet)


class Client:
    """One connection. seq and ack are what the next segment carries unless told otherwise."""

    def __init__(self, net, board, service, port):
        self.net, self.board, self.service, self.port = net, board, service, port
        self.queue, self.seen = collections.deque(), set()
        self.isn = self.seq = 0x10000000 + port * 7919
        self.ack = 0
        self.iss = None
        self.ts = None
        self.echo = 0

    def send(self, flags, data=b"", *, seq=None, ack=None, options=b"", **fields):
        """Without seq= the client's own number advances."""
        at = self.seq if seq is None else seq
        if self.ts is not None and not options and "S" not in flags:
            options = timestamps(self.ts, self.echo)
        packet = segment(self.net.address, self.port, *self.service, flags, at,
                         (self.ack if "A" in flags else 0) if ack is None else ack, data, options, **fields)
        if seq is None and not fields.get("bad_checksum"):
            self.seq = (at + len(data) + ("S" in flags) + ("F" in flags)) & MASK
        self.net.send(self.board, packet)

    def expect(self, flags=None, **wanted):
        """The next segment, with these flags and fields; without flags any."""
        if flags:
            wanted["flags"] = flags
        got = _expect("a segment", self.net.wire, self.queue, self.net.take, wanted, self.seen)
        if "R" not in got.flags:
            self.ack = (got.seq + len(got.data) + ("S" in got.flags) + ("F" in got.flags)) & MASK
        if got.timestamp():
            self.echo = got.timestamp()[0]
        return got

    def expect_again(self, old):
        """A retransmission of what came before."""
        end = time.monotonic() + tap.WAIT
        while True:
            while self.queue:
                got = self.queue.popleft()
                tap.equal(got.same(), old.same(), "retransmission")
                return got
            data = self.net.wire.read(end - time.monotonic())
            tap.check(data is not None, f"nothing came; wanted again {old}")
            self.net.take(data)

    def answered(self):
        """All that came for what was sent until now, without retransmissions."""
        self.net.sync(self.board)
        got = [s for s in self.queue if s.same() not in self.seen]
        self.queue.clear()
        return got

    def nothing(self):
        tap.equal(self.answered(), [], "answer")

    def handshake(self, options=b"", **fields):
        """SYN, SYN-ACK, ACK; the SYN-ACK."""
        self.send("S", options=options, **fields)
        syn_ack = self.expect("SA", ack=(self.isn + 1) & MASK)
        self.iss = syn_ack.seq
        self.send("A", window=fields.get("window", 65535))
        return syn_ack

    def expect_data(self, data, **wanted):
        """These bytes in order, however they are cut; bare ACKs may stand between. The last segment."""
        start, got = self.ack, b""
        while len(got) < len(data):
            part = self.expect(**wanted)
            if part.data:
                tap.equal(part.seq, start + len(got) & MASK, "sequence number")
                got += part.data
        tap.equal(got, data)
        return part

    def expect_acknowledged(self):
        """An ACK of everything sent; before it there may be some of less, which a sender takes for old ones."""
        got = self.expect("A")
        while got.ack != self.seq:
            tap.check(before(got.ack, self.seq), f"acknowledges what was never sent: {got}")
            got = self.expect("A")
        return got

    def reset(self):
        self.send("R", seq=self.seq)


class Fabric:
    """A board made by hand. What others advertise it hears only if it is told to."""

    def __init__(self, boards, number=9, known=True, hears=False):
        self.address, self.mac = f"10.0.0.{number}", f"02:00:00:00:02:{number:02x}"
        self.wire = Wire(f"fabric{number}", "fabric", self.mac)
        self.ethertype, self.hears = 7, hears
        self.queue, self.seen = collections.deque(), set()
        self.boards = {mac_bytes(board.mac(1)) for board in boards}
        for board in boards:
            sh(f"ip -n {board.name} neigh replace {self.address} lladdr {self.mac} dev eth1 nud permanent")
            if known:
                board.ctl("server", "add", self.address, "lladdr", self.mac)

    def take(self, data):
        # What another player sends to all boards may be anything.
        ours = data[:6] == self.wire.mac or data[:6] == mac_bytes(GROUP) and len(data) >= 94
        if data[26:27] == bytes((MAP,)) and data[6:12] not in self.boards:
            return
        if data[12:14] == struct.pack(">H", self.ethertype) and ours:
            got = Frame(data[14:])
            if self.hears or got.kind != ADVERT:
                self.wire.log.append(f"< {got}")
                self.queue.append(got)

    def send_bytes(self, board, data, ethertype=None, mac=None, src=None):
        self.wire.send_raw(mac_bytes(mac or board.mac(1)) + (mac_bytes(src) if src else self.wire.mac) +
                           struct.pack(">H", self.ethertype if ethertype is None else ethertype) + data)

    def send(self, board, kind, client, target, body=b"", **fields):
        data = frame(kind, client, target, body, **fields)
        try:
            self.wire.log.append(f"> {Frame(data)}")
        except (struct.error, IndexError):
            self.wire.log.append(f"> {data.hex()}")
        self.send_bytes(board, data)

    def advertise(self, board, body, mac=None, src=None, address=None, kind=ADVERT, **fields):
        """To the group unless told otherwise."""
        data = frame(kind, ("0.0.0.0", 0), (address or self.address, 0), body, **fields)
        self.wire.log.append(f"> {kind:#x} of {address or self.address}: {body[:24].hex()} {len(body)} bytes")
        self.send_bytes(board, data, mac=mac or GROUP, src=src)

    def expect(self, kind, **wanted):
        return _expect(f"frame {kind:#x}", self.wire, self.queue, self.take, {"kind": kind, **wanted}, self.seen)

    def expect_again(self, kind, **wanted):
        """As expect(), though the like of it came before."""
        return _expect(f"frame {kind:#x}", self.wire, self.queue, self.take, {"kind": kind, **wanted}, set())

    def sync(self, board):
        """Everything sent before was dealt with when this returns, and what was answered is here."""
        self.wire.wait_pong(self.wire.ping(board.mac(1), self.address, board.fabric), self.take)

    def answered(self, board):
        """All that came for what was sent until now."""
        self.sync(board)
        got = list(self.queue)
        self.queue.clear()
        return got

    def nothing(self, board):
        tap.equal(self.answered(board), [], "answer")

    def forget(self):
        self.queue.clear()
        self.seen.clear()


# Boards

def sh(command):
    done = subprocess.run(command.split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}")
    return done.stdout


class Namespace:
    """with Namespace("board1"): sockets made there are of that network, wherever they are used later."""
    libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self, name):
        self.name = name

    def _enter(self, path):
        with open(path) as net:
            if self.libc.setns(net.fileno(), 0x40000000):
                raise OSError(ctypes.get_errno(), f"setns {path}")

    def __enter__(self):
        self._enter(f"/run/netns/{self.name}")

    def __exit__(self, *_):
        self._enter("/proc/1/ns/net")


class Board:
    def __init__(self, number):
        self.name, self.address, self.fabric = f"board{number}", f"192.0.2.{number}", f"10.0.0.{number}"
        self.number = number

    def mac(self, device):
        return f"02:00:00:00:{device + 1:02x}:{self.number:02x}"

    def ctl(self, *words):
        return sh(" ".join(("ipos-ctl", "-j", "-n", self.name) + words))

    def set(self, **settings):
        self.ctl("board", "set", *(str(word) for name, value in settings.items()
                                   for word in (name.replace("_", "-"), value)))

    def show(self):
        """Its settings."""
        return json.loads(self.ctl("board", "show"))[0]

    def stats(self):
        return {row["name"]: row["value"] for row in json.loads(self.ctl("stats"))}

    def flows(self, table, *filters):
        return json.loads(self.ctl(table, "show", *filters) or "[]")

    def listen(self, port=80, backlog=16, address="0.0.0.0"):
        """A listening socket of this board; accept() does not wait."""
        with Namespace(self.name):
            listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(backlog)
        listener.setblocking(False)
        return listener


def accepted(listener):
    """The connection that came, with its client's address; or None."""
    try:
        return listener.accept()
    except BlockingIOError:
        return None


def accept(listener):
    sock, address = tap.wait_for(lambda: accepted(listener), "accept()")
    sock.setblocking(True)
    sock.settimeout(tap.WAIT)
    return sock, address


def requested(request, listener):
    """A real client's connection over which the request was heard; both ends' sockets."""
    with Namespace("client"):
        sock = socket.socket()
    sock.settimeout(tap.WAIT)
    sock.connect(("192.0.2.1", 80))
    sock.sendall(request)
    app, address = accept(listener)
    tap.equal(address, sock.getsockname())
    tap.equal(receive(app, len(request)), request)
    return sock, app


def receive(sock, count):
    """Exactly so many bytes, unless the connection ends before."""
    got = b""
    while len(got) < count:
        more = sock.recv(count - len(got))
        if not more:
            break
        got += more
    return got


TCP_INFO = dict(rto=8, snd_mss=16, rcv_mss=20, pmtu=60, rtt=68, rttvar=72, snd_ssthresh=76, snd_cwnd=80, advmss=84,
                delivered_ce=196, snd_wnd=228)


def tcp_info(sock):
    """What a connected socket knows, as `ss -i` shows it: numbers as there, options by their names."""
    data = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    info = {name: struct.unpack_from("I", data, offset)[0] for name, offset in TCP_INFO.items()}
    info["options"] = {name for bit, name in enumerate(("timestamps", "sack", "wscale", "ecn")) if data[5] >> bit & 1}
    info["snd_wscale"], info["rcv_wscale"] = data[6] & 15, data[6] >> 4
    return info


def snmp(namespace, name):
    """A counter of its stack, as nstat names it."""
    lines = {}
    for file in "netstat", "snmp":
        text = sh(f"ip netns exec {namespace} cat /proc/net/{file}").splitlines()
        for names, values in zip(text[::2], text[1::2]):
            prefix = names.split(":")[0]
            lines.update((prefix + key, value) for key, value in zip(names.split()[1:], values.split()[1:]))
    return int(lines[name])


def sysctl(namespace, name, value):
    """net.ipv4.NAME there."""
    with Namespace(namespace), open(f"/proc/sys/net/ipv4/{name}", "w") as file:
        file.write(str(value))


# Their rows follow the programs of the whole namespace, the test's own too.
WATCHED = {"table_listen", "table_app", "table_withdrawn"}


class counted:
    """with counted(board, drop_frame_short=1): these counters and rows of tables change so, and no others.

    Tombstones of what was before may end meanwhile: their time passes, however slow the machine is. Sockets and
    processes that are found may be the test's own, and what is taken back is remembered for a time: those rows count
    where they are named only."""

    def __init__(self, board, settle=None, but=(), **wanted):
        self.board, self.settle, self.but, self.wanted = board, settle, but, wanted

    def __enter__(self):
        self.old = self.board.stats()

    def __exit__(self, kind, *_):
        if kind:
            return
        if self.settle:
            self.settle()
        new = self.board.stats()
        changed = {name: value - self.old[name] for name, value in new.items() if value != self.old[name]}
        if changed.get("table_closed", 0) < self.wanted.get("table_closed", 0) == 0:
            del changed["table_closed"]
        but = WATCHED.difference(self.wanted).union(self.but)
        tap.equal({name: n for name, n in changed.items() if name not in but},
                  {name: n for name, n in self.wanted.items() if n}, f"counters of {self.board.name}")


def hold_keys():
    """For tests that load and unload the module again and again, before anything else: see tests/lib/hold-keys."""
    sh(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hold-keys"))


def cluster(boards, mtu=1500):
    """As `tests/cluster up`, but nobody advertises: what is counted is what the test sent. The boards."""
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sh(f"env IPOS_ADVERTISE_MS=0 {top}/cluster up {boards} mtu {mtu}")
    return [Board(n + 1) for n in range(boards)]
