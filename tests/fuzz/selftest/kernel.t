#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need gcc gcc libc6-dev
# need /usr/lib/python3/dist-packages/yaml python3-yaml
"""Frames and netlink messages that nobody would send, IPOS_FUZZ_RUNS (2,000) of each, to a board whose services are used
meanwhile. They grow from good ones: what reaches something new in the module is gone on from, where the kernel has KCOV
(the debug kernel). What it breaks is for the kernel to say; the board must be as it was, and serve. IPOS_FUZZ_SEED repeats a
run, IPOS_FUZZ_CORPUS=DIR keeps what reached something new."""

import collections
import glob
import os
import select
import socket
import struct
import subprocess
import sys
import time

import yaml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, f"{TOP}/tests/lib")
from player import (ACK, CLOSED, CONNECTION, MAP, PACKET, REFUSAL, UDP, WITHDRAW, ADVERT, GROUP, NAME, LEARNED, Namespace,
                    advert, conn, datagram, frame, icmp, ip_bytes, listening, mac_bytes, map_row, map_update, mss, notice,
                    sack, segment, sh, tcb, timestamps, wscale)
from tap import check, diag, equal, run, test

RUNS = int(os.environ.get("IPOS_FUZZ_RUNS", 2000))
SEED = os.environ.get("IPOS_FUZZ_SEED", "1")
CORPUS = os.environ.get("IPOS_FUZZ_CORPUS", "/tmp")
BOARD_MAC, CLIENT_MAC, PEER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:c8", "02:00:00:00:00:09"
FABRIC_MAC = "02:00:00:00:01:01"
CLIENT, PEER, HERE, SERVICE = "192.0.2.200", "10.0.0.9", "10.0.0.1", "192.0.2.1"
# Of a record's flags, see tests/fuzz/kernel/frames.c.
ACKNOWLEDGE = 2
BATCH = f"""
board set server-ip {HERE} settle-ms 0 hold-ms 500 advertise-ms 200 peer-timeout 5 cookie-refresh 5 idle-timeout 10
dev add eth0 role client
dev add eth1 role fabric learn on
server add {PEER} lladdr {PEER_MAC}
service add tcp {SERVICE}:80 inspect http policy least-conn cookie sid
service add tcp {SERVICE}:443 inspect tls
service add tcp {SERVICE}:81 inspect none policy hash
service add udp {SERVICE}:53
service add udp {SERVICE}:54 one-packet
url add */moved server {PEER}
url add a.example/ server {HERE}
cookie add known server {PEER}
"""


def board(name):
    """A namespace with a client's and a fabric's device, both TAPs, and all that can be configured."""
    sh(f"ip netns add {name}")
    sh(f"ip -n {name} link set dev lo up")
    for device, mac, address in ("eth0", BOARD_MAC, f"{SERVICE}/24"), ("eth1", FABRIC_MAC, f"{HERE}/24"):
        sh(f"ip -n {name} tuntap add dev {device} mode tap")
        sh(f"ip -n {name} link set dev {device} address {mac} up")
        sh(f"ip -n {name} address add {address} dev {device}")
    sh(f"ip -n {name} neigh add {CLIENT} lladdr {CLIENT_MAC} dev eth0")
    with open("/tmp/batch", "w", encoding="ascii") as file:
        file.write(BATCH)
    sh(f"ipos-ctl -n {name} -b /tmp/batch")


class Applications:
    """Of the board: they take what comes, answer, and keep the last hundred connections."""

    def __init__(self, name):
        self.sockets, self.taken = [], collections.deque(maxlen=100)
        with Namespace(name):
            for kind, ports in (socket.SOCK_STREAM, (80, 81, 443)), (socket.SOCK_DGRAM, (53, 54)):
                for port in ports:
                    sock = socket.socket(socket.AF_INET, kind)
                    sock.bind(("", port))
                    sock.setblocking(False)
                    if kind == socket.SOCK_STREAM:
                        sock.listen(64)
                    self.sockets.append(sock)

    def serve(self, timeout):
        for sock in select.select(self.sockets, [], [], timeout)[0]:
            try:
                if sock.type == socket.SOCK_STREAM:
                    app, _ = sock.accept()
                    app.setblocking(False)
                    self.taken.append(app)
                    app.send(b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=new\r\nContent-Length: 0\r\n\r\n")
                else:
                    data, peer = sock.recvfrom(65536)
                    sock.sendto(data, peer)
            except OSError:
                pass


def record(kind, flags, body):
    return struct.pack("<BBH", kind, flags, len(body)) + body


def ethernet(to, by, kind, data):
    return mac_bytes(to) + mac_bytes(by) + kind.to_bytes(2, "big") + data


def from_client(packet, flags=0):
    return record(0, flags, ethernet(BOARD_MAC, CLIENT_MAC, 0x800, packet))


def from_peer(data, to=FABRIC_MAC):
    return record(1, 0, ethernet(to, PEER_MAC, 7, data))


def request(port, *pieces, options=b""):
    """A connection up to what it asks for."""
    seq, sport = 1000, 30000 + port
    out = from_client(segment(CLIENT, sport, SERVICE, port, "S", seq, options=options))
    for data in (b"",) + pieces:
        out += from_client(segment(CLIENT, sport, SERVICE, port, "PA" if data else "A", seq + 1, 1, data), ACKNOWLEDGE)
        seq += len(data)
    return out


def conversations():
    """Good inputs, each some frames long."""
    at, here, there, service = (CLIENT, 40000), (HERE, 80), (PEER, 80), (SERVICE, 80)
    get = b"GET /moved HTTP/1.1\r\nHost: b.example\r\nCookie: sid=known\r\n\r\n"
    offer = from_peer(frame(CONNECTION, at, here, conn(service, tcb(1 << 40))))
    inner = [from_peer(frame(PACKET, at, here, segment(*at, *service, flags, seq, 5001, data)))
             for flags, seq, data in (("PA", 1001, get), ("A", 1001 + len(get), b""), ("FA", 1001 + len(get), b""),
                                      ("R", 1001 + len(get), b""))]
    yield offer + inner[0] + inner[1]
    yield offer + inner[0] + inner[2]
    yield offer + inner[0] + inner[3]
    yield offer + from_peer(frame(WITHDRAW, at, here, notice(0, 1 << 40, service)))
    yield from_peer(frame(CONNECTION, (CLIENT, 53000), (HERE, 53), conn((SERVICE, 53)), protocol=UDP)) + \
        from_peer(frame(PACKET, (CLIENT, 53000), (HERE, 53), datagram((CLIENT, 53000), (SERVICE, 53), b"question"),
                        protocol=UDP))
    yield request(80, get)
    yield request(80, get[:9], get[9:], options=mss(1460) + sack() + timestamps(7) + wscale(7))
    yield request(80, b"GET / HTTP/1.0\r\n\r\n")
    yield request(81, b"whatever")
    hello = bytes.fromhex("010000320303" + "00" * 32 + "00" "0002" "1301" "0100" "0007" "ff01" "0003" "000000")
    yield request(443, b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello)
    # The answers to what the request for /moved makes the board offer.
    header = (CLIENT, 30080), there
    yield request(80, get) + from_peer(frame(ACK, *header)) + \
        from_client(segment(CLIENT, 30080, SERVICE, 80, "PA", 1001 + len(get), 1, b"more"), ACKNOWLEDGE)
    yield request(80, get) + from_peer(frame(REFUSAL, *header, notice(1, 1, service)))
    yield request(80, get) + from_peer(frame(ACK, *header)) + from_peer(frame(CLOSED, *header, notice(1, 0, service, 1001)))
    yield from_client(datagram((CLIENT, 30053), (SERVICE, 53), b"question"))
    yield from_client(datagram((CLIENT, 30054), (SERVICE, 54), b"question"))
    yield from_client(datagram((CLIENT, 30055), (SERVICE, 53), b"a" * 64, fragment=0x2000, identity=7))
    quoted = segment(SERVICE, 80, *at, "A", 5001, 1001)
    yield offer + inner[0] + from_peer(frame(PACKET, at, here, icmp("192.0.2.254", SERVICE, quoted, rest=1400)))
    yield from_client(icmp("192.0.2.254", SERVICE, quoted[:28], rest=1400))
    everyone = ("0.0.0.0", 0), (PEER, 0)
    rows = [listening(80, pid=7, name=b"nginx"), listening(53, protocol=UDP)]
    yield from_peer(frame(ADVERT, *everyone, advert(1, 1, rows)), GROUP)
    yield from_peer(frame(ADVERT, *everyone, advert(1, 2, rows, part=1, parts=2)), GROUP) + \
        from_peer(frame(ADVERT, *everyone, advert(1, 2, rows, part=2, parts=2)), GROUP)
    learned = [map_row(NAME, "sid", SERVICE, 80), map_row(LEARNED, "else", PEER, 80)]
    yield from_peer(frame(MAP, *everyone, map_update(1, 1, learned)), GROUP)


VALUES = {"server-ip": ip_bytes(HERE), "ip": ip_bytes(PEER), "addr": ip_bytes(SERVICE), "server": ip_bytes(PEER),
          "service-ip": ip_bytes(SERVICE), "src-ip": ip_bytes(CLIENT), "dst-ip": ip_bytes(PEER), "port": b"\0\x50",
          "service-port": b"\0\x50", "lladdr": mac_bytes(PEER_MAC), "dev": b"eth1\0", "name": b"eth0\0",
          "url": b"*/moved\0", "label": b"web\0", "exec": b"/bin/true\0", "proto": b"\1", "role": b"\2\0\0\0",
          "cookie": b"sid\0"}
WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


def attribute(number, name, kind):
    value = VALUES.get(name)
    if value is None:
        value = (1).to_bytes(WIDTHS[kind], "little") if kind in WIDTHS else b"" if kind == "flag" else b"text\0"
    return struct.pack("<HH", 4 + len(value), number) + value + b"\0" * (-len(value) % 4)


def messages():
    """For each command that docs/netlink/ipos.yaml tells of: as a question, a dump, a new row, with all it can say or a part."""
    with open(f"{TOP}/docs/netlink/ipos.yaml", encoding="ascii") as file:
        family = yaml.safe_load(file)
    sets = {}
    for given in family["attribute-sets"]:
        numbered = enumerate(given["attributes"], 1)
        sets[given["name"]] = {row["name"]: (row.get("value", number), row["name"], row["type"]) for number, row in numbered}
    for command, operation in enumerate(family["operations"]["list"], 1):
        of = sets.get(operation.get("attribute-set"), {})
        names = [name for do in ("do", "dump")
                 for name in operation.get(do, {}).get("request", {}).get("attributes", ())]
        said = [attribute(*of[name]) for name in names if name in of]
        # NLM_F_DUMP, NLM_F_CREATE and NLM_F_EXCL, NLM_F_REPLACE, without their last four bits
        for flags in 0, 0x30, 0x60, 0x10:
            for part in {len(said), len(said) // 2, min(len(said), 3), 0}:
                yield record(command, flags, b"".join(said[:part]))


def fuzz(target, inputs, *devices):
    """In a board of its own, so many at a time that its tables are empty now and then."""
    left, known, number = RUNS, [data.hex() for data in inputs], 0
    while left > 0:
        name, runs, number = f"fuzz{number}", min(left, 100000), number + 1
        board(name)
        apps, kept = Applications(name), f"{CORPUS}/{target}"
        guided = subprocess.Popen(["ip", "netns", "exec", name, "/tmp/guided", target, str(runs), f"{int(SEED) + number}",
                                   kept, *devices], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        guided.stdin.write("\n".join(known) + "\n")
        guided.stdin.close()
        while guided.poll() is None:
            apps.serve(0.2)
        diag(guided.stdout.read() + f"seed {int(SEED) + number}")
        equal(guided.returncode, 0, "the fuzzer")
        with open(kept, encoding="ascii") as file:
            known = file.read().split() or known
        del apps
        sh(f"ip netns delete {name}")
        left -= runs


def serves():
    """A board is made, and a client of its own kernel served."""
    board("after")
    apps = Applications("after")
    with Namespace("after"), socket.create_connection((SERVICE, 80), timeout=30) as client:
        end = time.monotonic() + 30
        while not apps.taken and time.monotonic() < end:
            apps.serve(0.1)
        check(client.recv(100).startswith(b"HTTP/1.1 200"), "not served")
    del apps
    sh("ip netns delete after")


sh(f"gcc -O2 -Wall -Wextra -Werror -I{TOP}/include/uapi -I{TOP}/tests/fuzz -o /tmp/guided " +
   " ".join(glob.glob(f"{TOP}/tests/fuzz/kernel/*.c")))
sh("modprobe -a ipos tun")
if not os.path.ismount("/sys/kernel/debug"):
    sh("mount -t debugfs none /sys/kernel/debug")


@test(f"{RUNS} generated frames break nothing")
def _():
    fuzz("frames", list(conversations()), "eth0", "eth1")
    serves()


@test(f"{RUNS} generated netlink messages break nothing")
def _():
    fuzz("netlink", list(messages()))
    serves()


run()
