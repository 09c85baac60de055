#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""The scapy layer against frames written by hand: the golden ones, which the module's own tests share, and these."""

import json
import os
import re
import subprocess
import sys
import tempfile
from glob import glob

NEED = '. tests/lib/need.sh && need "$0" "$@"'
subprocess.run(["sh", "-c", NEED, "/usr/lib/python3/dist-packages/scapy", "python3-scapy"], check=True)
sys.dont_write_bytecode = True
sys.path.insert(0, "tools/scapy")

import ipos  # noqa: E402
from ipos import IPOS, IPOSAdvert, IPOSBody, IPOSConn, IPOSMap, IPOSNotice, IPOSTCB  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.l2 import Dot3, Ether  # noqa: E402
from scapy.packet import Padding, Raw  # noqa: E402
from scapy.utils import wrpcap  # noqa: E402

count = failed = 0


def ok(good, name, *why):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        for line in why:
            print(f"# {line}")


def same(got, want, name):
    ok(got == want, name, f"got    {got!r}", f"wanted {want!r}")


def rebuilt(frame):
    """The bytes of a dissected frame, from its fields alone, with what ipOS computes computed anew."""
    frame = frame.copy()
    layer = frame
    while layer:
        layer.raw_packet_cache = None
        if isinstance(layer, IPOS):
            layer.checksum = None
        if isinstance(layer, IPOSBody):
            layer.length = None
        layer = layer.payload
    return bytes(frame)


# What the comments of a golden file call a field, where the layer has another word.
ETHER = {"src_mac": "src", "dst_mac": "dst", "ethertype": "type"}


def fields(frame):
    out = {name: frame.getfieldval(ether) for name, ether in ETHER.items()}
    for layer in IPOS, IPOSConn, IPOSTCB, IPOSNotice, IPOSAdvert, IPOSMap:
        if layer in frame:
            out.update((field.name, frame[layer].getfieldval(field.name)) for field in layer.fields_desc)
    return out


def value(word, like):
    if isinstance(like, bytes):
        return word.encode().ljust(len(like), b"\0")
    return word if isinstance(like, str) else int(word, 0)


def golden(path):
    lines = open(path).read().splitlines()
    raw = bytes.fromhex(" ".join(line.partition("#")[0] for line in lines))
    said = [re.match(r"#\s*([a-z_]+):\s*(\S*)", line) for line in lines]
    said = dict(x.groups() for x in said if x)
    name = os.path.basename(path)
    ipos.set_ethertype(int(said.get("ethertype", "7"), 0))
    frame = Ether(raw)
    if IPOS not in frame or Raw in frame and frame[IPOS].type != ipos.PACKET:
        ok(False, f"{name}: dissected", frame.show(dump=True))
        return
    same(rebuilt(frame), raw, f"{name}: built again")
    ok(frame[IPOS].checksum_ok(), f"{name}: checksum")
    have = fields(frame)
    known = said.keys() & have.keys()
    wrong = [f"{key}: got {have[key]}, wanted {said[key]}" for key in known if have[key] != value(said[key], have[key])]
    ok({"type", "protocol"} <= known and not wrong, f"{name}: {len(known)} fields", *wrong)
    ipos.set_ethertype()


MACS = "020000000202 020000000201 0007"
HEAD = "c6336409 1234 0a000003 01bb"
SERVICE = "cb007107 01bb"
# No two fields alike, so that one misplaced is seen.
BLOCK = ("01 08 0021 1112131415161718 21222324 31323334 41424344 51525354 61626364 71727374 81828384 91929394 a1a2a3a4"
         "b1b2 c1c2 d1 d2 d3 d4 e1e2e3e4 f1f2f3f4 02030405 12131416 22232425 32333435 42434445 52535455 62636465"
         "62627200000000000000000000000000 72737475 82838485 92939495a2a3a4a5 00000000000000000000000000000000")
IP_TCP = "45000028 00010000 4006 148b c6336409 cb007107 1234 01bb 00000001 00000002 50 10 2000 159e 0000"

head = IPOS(src_ip="198.51.100.9", src_port=0x1234, dst_ip="10.0.0.3", dst_port=443)
service = IPOSConn(server_ip="203.0.113.7", server_port=443)
block = IPOSTCB(
    tcb_state=8, tcb_flags="timestamps+fin", handoff_id=0x1112131415161718, iss=0x21222324, irs=0x31323334,
    snd_una=0x41424344, snd_nxt=0x51525354, snd_wnd=0x61626364, snd_wl1=0x71727374, rcv_nxt=0x81828384,
    rcv_wnd=0x91929394, rcv_wup=0xa1a2a3a4, snd_mss=0xb1b2, adv_mss=0xc1c2, snd_wscale=0xd1, rcv_wscale=0xd2, ttl=0xd3,
    tos=0xd4, ts_recent=0xe1e2e3e4, ts_recent_age=0xf1f2f3f4, tsval=0x02030405, srtt=0x12131416, rttvar=0x22232425,
    rto=0x32333435, cwnd=0x42434445, ssthresh=0x52535455, window_clamp=0x62636465, congestion=b"bbr",
    sndq_len=0x72737475, rcvq_len=0x82838485, epoch=0x92939495a2a3a4a5)


def but(layer, **changes):
    layer = layer.copy()
    for name, change in changes.items():
        setattr(layer, name, change)
    return layer


def notice(**values):
    return IPOSNotice(handoff_id=0x1112131415161718, server_ip="203.0.113.7", **values)


VECTORS = [
    ("11e TCP connection", f"{HEAD} 01 01 7a22 {SERVICE} {BLOCK}", head / service / block),
    ("11f UDP connection", f"{HEAD} 01 02 7a91 cb007107 0035", but(head, protocol=2) / but(service, server_port=53)),
    ("11g TCP packet", f"{HEAD} 02 01 b5cf {IP_TCP}",
     head / IP(src="198.51.100.9", dst="203.0.113.7") / TCP(sport=0x1234, dport=443, seq=1, ack=2, flags="A")),
    ("11h UDP packet", f"{HEAD} 02 02 b5ce 4500001e 00010000 4011 148a c6336409 cb007107 1234 0035 000a 1ec3 6869",
     but(head, protocol=2) / IP(src="198.51.100.9", dst="203.0.113.7") / UDP(sport=0x1234, dport=53) / b"hi"),
    ("11i acknowledgement", f"{HEAD} 03 01 b4cf", but(head, type=3)),
    ("refusal", f"{HEAD} 80 01 a99a 0016 0007 1112131415161718 cb007107 01bb 00000000",
     head / notice(reason=7, server_port=443)),
    ("closed", f"{HEAD} 81 02 ac28 0016 0002 1112131415161718 cb007107 0035 fffefdfc",
     but(head, type=0x81, protocol=2) / notice(reason=2, server_port=53, seq=0xfffefdfc)),
    ("withdraw", f"{HEAD} 82 01 a7a1 0016 0000 1112131415161718 cb007107 01bb 00000000",
     but(head, type=0x82) / notice(server_port=443)),
    ("withdraw of a later version", f"{HEAD} 82 01 e8af 0018 0000 1112131415161718 cb007107 01bb 00000000 beef",
     but(head, type=0x82) / notice(server_port=443, rest=b"\xbe\xef")),
    ("another type of ours, odd length", f"{HEAD} 84 01 bd0d 0005 aabbcc",
     but(head, type=0x84) / IPOSBody(data=b"\xaa\xbb\xcc")),
]
BODY = {1: IPOSConn, 2: IP, 0x80: IPOSNotice, 0x81: IPOSNotice, 0x82: IPOSNotice, 0x84: IPOSBody}


def own(name, text, made):
    raw = bytes.fromhex(MACS + text)
    made = Ether(dst="02:00:00:00:02:02", src="02:00:00:00:02:01") / made
    same(bytes(made), raw, f"{name}: built")
    kind = made[IPOS].type
    for padding in b"", b"\0" * 20, b"\xff\xfe\xfd":
        frame = Ether(raw + padding)
        good = (IPOS in frame and rebuilt(frame) == raw + padding and frame[IPOS].checksum_ok()
                and bytes(frame.getlayer(Padding) or b"") == padding and BODY.get(kind, IPOS) in frame)
        ok(good, f"{name}: dissected and built again, {len(padding)} bytes of padding", frame.show(dump=True))
    broken = bytearray(raw)
    broken[-1] ^= 1
    same(Ether(bytes(broken))[IPOS].checksum_ok(), kind == ipos.PACKET, f"{name}: its last byte changed")
    broken = bytearray(raw)
    broken[15] ^= 1
    ok(not Ether(bytes(broken))[IPOS].checksum_ok(), f"{name}: a byte of the header changed")
    if kind != ipos.PACKET:
        ok(not (IPOS in Ether(raw[:-1]) and Ether(raw[:-1])[IPOS].checksum_ok()), f"{name}: a byte too short")


def others():
    frame = Ether(bytes.fromhex(f"{MACS} {HEAD} 01 01 7a22 {SERVICE} {BLOCK}"))
    same(frame[IPOSTCB].congestion, b"bbr" + b"\0" * 13, "the congestion control's name")
    same(str(frame[IPOSTCB].tcb_flags), "timestamps+fin", "flags by name")
    frame = Ether(bytes.fromhex(f"{MACS} {HEAD} 80 01 0000 0016 0007 1112131415161718 {SERVICE} 00000000"))
    same(frame[IPOSNotice].reason_name(), "draining", "reason by name")
    for size in 0, 1, 2, 21:
        frame = Ether(bytes.fromhex(f"{MACS} {HEAD} 81 01 0000 {size:04x}") + bytes(40))
        ok(IPOSNotice not in frame, f"a notice that says it has {size} bytes is none")
    ether = Ether(dst="02:00:00:00:02:02")
    for body in b"", b"\x45" + bytes(18), b"\x60" + bytes(40):
        ok(IP not in Ether(bytes(ether / but(head, type=2) / body)), f"{len(body)} bytes that are no IPv4 packet")
    ok(IPOSConn not in Ether(bytes(ether / but(head, protocol=3) / service)), "a connection of an unknown protocol")
    frame = bytes(but(ether, type=0x88b5) / head)
    ok(IPOS not in Ether(frame), "another EtherType is not ours")
    ipos.set_ethertype(0x88b5)
    ok(IPOS in Ether(frame) and Ether(bytes(ether / head)).type == 0x88b5, "unless it is set")
    ok(isinstance(Ether(bytes.fromhex(MACS) + bytes(46)), Dot3), "then 0x0007 is a length again")
    ipos.set_ethertype()
    ok(isinstance(Ether(bytes.fromhex("0180c2000000 020000000201 0026") + bytes(46)), Dot3), "802.3 stays 802.3")


def decoded(frames, *options):
    with tempfile.TemporaryDirectory() as folder:
        for when, frame in enumerate(frames):
            frame.time = when + 0.5
        wrpcap(f"{folder}/x.pcap", frames)
        run = subprocess.run(["tools/scapy/ipos-decode", *options, f"{folder}/x.pcap"], capture_output=True, text=True,
                             env={**os.environ, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}, check=False)
        return run.stdout.splitlines() + run.stderr.splitlines()


def command():
    ether = Ether(dst="02:00:00:00:02:02", src="02:00:00:00:02:01")
    back = Ether(src="02:00:00:00:02:02", dst="02:00:00:00:02:01")
    request = TCP(sport=0x1234, dport=443, seq=7, ack=9, flags="PA") / b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    packet = IP(src="198.51.100.9", dst="203.0.113.7")
    frames = [
        ether / IP(dst="192.0.2.1") / UDP(),  # not ours
        ether / head / service / but(block, tcb_state=1, rcvq_len=0),
        back / but(head, type=3),
        ether / head / packet / request,
        back / head / notice(reason=2, server_port=443),
        ether / head / IP(src="192.0.2.9", dst="203.0.113.7") / ICMP(type=3, code=4)
        / IP(src="203.0.113.7", dst="198.51.100.9") / TCP(sport=443, dport=0x1234),
        ether / but(head, protocol=2) / service,
        ether / but(head, protocol=2) / packet / UDP(sport=5, dport=53) / b"hello",
        ether / but(head, checksum=1) / Raw(b"?"),
    ]
    there, here = "02:00:00:00:02:01 -> 02:00:00:00:02:02", "02:00:00:00:02:02 -> 02:00:00:00:02:01"
    flow, known = "198.51.100.9:4660 -> 10.0.0.3:443", "server 203.0.113.7:443 handoff 0x1112131415161718"
    same(decoded(frames), [
        f"00:00:01.500000 {there} connection tcp {flow} {known} state established snd_nxt 1364349780 "
        "rcv_nxt 2172814212 rcvq 0",
        f"00:00:02.500000 {here} acknowledgement tcp {flow} {known}",
        f"00:00:03.500000 {there} packet tcp {flow} {known} | 198.51.100.9:4660 -> 203.0.113.7:443 seq 7 ack 9 "
        "flags PA length 28 \"GET /a HTTP/1.1\"",
        f"00:00:04.500000 {here} refusal tcp {flow} {known} reason \"accept queue full\" seq 0",
        f"00:00:05.500000 {there} packet tcp {flow} {known} | 192.0.2.9 -> 203.0.113.7 icmp type 3 icmp code 4 "
        "quotes 203.0.113.7:443",
        f"00:00:06.500000 {there} connection udp {flow} server 203.0.113.7:443",
        f"00:00:07.500000 {there} packet udp {flow} server 203.0.113.7:443 | 198.51.100.9:5 -> 203.0.113.7:53 length 5",
        f"00:00:08.500000 {there} connection tcp {flow} MALFORMED body of 1 bytes BAD CHECKSUM",
    ], "ipos-decode")
    lines = [json.loads(line) for line in decoded(frames, "-j")]
    same([x["type"] for x in lines], ["connection", "acknowledgement", "packet", "refusal", "packet",
                                      "connection", "packet", "connection"], "ipos-decode -j")
    same(lines[2]["packet"]["request"], "GET /a HTTP/1.1", "ipos-decode -j: the request")
    same(len(decoded([but(ether, type=0x88b5) / head / service], "-e", "0x88b5")), 1, "ipos-decode -e")


def main():
    files = sorted(glob("tests/unit/golden/*.hex"))
    ok(bool(files), "there are golden frames")
    for path in files:
        golden(path)
    for vector in VECTORS:
        own(*vector)
    others()
    command()
    print(f"1..{count}")
    return 1 if failed else 0


sys.exit(main())
