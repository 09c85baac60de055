#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need nginx nginx
# need ss iproute2
# need gcc gcc libc6-dev
"""What honest clients get done while a board is flooded, beside what they get done when it is not: in turn, in one boot whose
clock counts instructions. Below nine tenths it fails, and where the flood was not seen, or took more memory than it may.

The honest ones ask two boards' nginx by the URL Map, connection by connection, with a pause between: so they take a tenth
of the machine, and the flood has the rest if it can.
"""

import os
import random
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f"{TOP}/tests/lib", f"{TOP}/tests/bench"]
from player import CONNECTION, conn, frame, segment, sh, tcb  # noqa: E402
from programs import joined, nginx, route  # noqa: E402
from ruler import bare, ethernet, on, say, write_frames  # noqa: E402

RUNS = int(os.environ.get("IPOS_FLOOD_RUNS", 5))
WANTED = 0.9
FETCHES, PAUSE = 300, 2000
# Frames of a flood each millisecond, and connections.
PACE, RUDE = 20, 500
# Senders of floods: on the client's wire, but nobody is there.
NOBODY, NOBODY_MAC = [f"192.0.2.{host}" for host in range(150, 200)], "02:00:00:00:00:ee"
# What all unfinished connections may take, in kB.
MEMORY = 64 << 10


def network():
    """The board that is asked; two others serve with it."""
    front, two, three = bare(3)
    for number in "23":
        os.makedirs(f"/tmp/root/{number}")
        with open(f"/tmp/root/{number}/short", "w") as file:
            file.write(number * 160)
    joined((front, two, three))
    route(front, {"/2/": two, "/3/": three})
    for board in front, two, three:
        nginx(board)
    # Answers to them end at the board.
    for address in NOBODY:
        on(front, f"ip neigh add {address} lladdr {NOBODY_MAC} dev eth0")
    on(front, "tc qdisc add dev eth0 clsact")
    on(front, f"tc filter add dev eth0 egress protocol ip flower dst_mac {NOBODY_MAC} action drop")
    return front


def syns(front):
    """Of addresses and ports at random."""
    for _ in range(20000):
        yield ethernet(front.mac(0), NOBODY_MAC, segment(random.choice(NOBODY), random.randrange(1024, 65536), front.address,
                                                         80, "S", random.randrange(1 << 32)))


def forged(front):
    """Offers of a board that is none."""
    for _ in range(20000):
        at = random.choice(NOBODY), random.randrange(1024, 65536)
        yield ethernet(front.mac(1), NOBODY_MAC, frame(CONNECTION, at, (front.fabric, 80), conn((front.address, 80), tcb(7))),
                       0x0007)


def acks(front):
    """For connections that nobody has."""
    for _ in range(20000):
        yield ethernet(front.mac(0), NOBODY_MAC, segment(random.choice(NOBODY), random.randrange(1024, 65536), front.address,
                                                         80, "A", random.randrange(1 << 32), random.randrange(1 << 32)))


def paced(front, device, frames):
    path = f"/tmp/{frames.__name__}"
    if not os.path.exists(path):
        write_frames(path, *frames(front))
    return subprocess.Popen(["/tmp/pace", str(PACE), f"{front.name}-eth{device}", path], stdout=subprocess.PIPE, text=True)


def rude(front, kind):
    process = subprocess.Popen(["ip", "netns", "exec", "client", f"{TOP}/tests/torture/rude.py", front.address, str(RUDE), kind])
    # All of them at their work.
    while front.stats()["table_temporary"] < RUDE * 9 // 10:
        time.sleep(0.1)
    return process


# What is flooded with; how; what shows it.
FLOODS = {
    "SYNs": (lambda front: paced(front, 0, syns), "syn_received"),
    "ACKs": (lambda front: paced(front, 0, acks), "no_endpoint"),
    "forged offers": (lambda front: paced(front, 1, forged), "drop_frame_sender"),
    "no request": (lambda front: rude(front, "silent"), "established"),
    "slow requests": (lambda front: rude(front, "slow"), "established"),
    "endless requests": (lambda front: rude(front, "long"), "established"),
}


def rate(front):
    """Fetches a second."""
    start = time.monotonic()
    sh(f"ip netns exec client /tmp/fetch {FETCHES} {PAUSE} {front.address} /2/short /3/short")
    return FETCHES / (time.monotonic() - start)


def memory():
    """In use, in kB."""
    with open("/proc/meminfo") as file:
        info = {line.split(":")[0]: int(line.split()[1]) for line in file}
    return info["Slab"] + info["VmallocUsed"]


def settled(front):
    while front.stats()["table_temporary"]:
        time.sleep(0.2)


def flooded(front, flood, sign):
    """What they get done meanwhile; how often the board saw it; memory it took."""
    was, before = memory(), front.stats()[sign]
    process = flood(front)
    got = rate(front)
    took, seen = memory() - was, front.stats()[sign] - before
    process.terminate()
    process.wait()
    settled(front)
    return got, seen, took


def main():
    for program in "bench/fetch", "torture/pace":
        sh(f"gcc -O2 -I{TOP}/tests/bench -o /tmp/{os.path.basename(program)} {TOP}/tests/{program}.c")
    front, failed = network(), False
    rate(front)
    say(f"{'':18}{'quiet':>8}{'flooded':>9}{'ratio':>7}{'seen':>8}{'kB':>7}   fetches a second, medians of {RUNS} runs")
    for name, (flood, sign) in FLOODS.items():
        runs = [(rate(front), *flooded(front, flood, sign)) for _ in range(RUNS)]
        quiet, busy, seen, took = (statistics.median(of) for of in zip(*runs))
        bad = busy < WANTED * quiet or seen < RUDE * 9 // 10 or took > MEMORY
        failed |= bad
        say(f"{name:18}{quiet:>8.1f}{busy:>9.1f}{busy / quiet:>7.2f}{seen:>8.0f}{took:>7.0f}{'   FAILED' if bad else ''}")
    sys.exit(failed)


main()
