# SPDX-License-Identifier: GPL-2.0
"""What the parts of make bench have in common: a flood of one packet, what one costs in instructions, and rows of JSON."""

import json
import os
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{TOP}/tests/lib")
from player import cluster, mac_bytes, sh  # noqa: E402

RUNS = int(os.environ.get("IPOS_BENCH_RUNS", 7))
BATCHES = int(os.environ.get("IPOS_BENCH_BATCHES", 30))
SPREAD = 0.01
UNIT = "instructions per packet"


def say(text=""):
    print(text, file=sys.stderr, flush=True)


def bare(count):
    """So many boards; ipOS is loaded, and configured on none."""
    os.environ["IPOS_CLUSTER_BARE"] = "1"
    boards = cluster(count)
    sh("modprobe ipos")
    return boards


def silent(board):
    """It becomes one of ipOS; what it sends of itself would be counted, too."""
    board.set(server_ip=board.fabric, settle_ms=0, advertise_ms=0)


def deaf(*players):
    """A packet that somebody listens to is copied."""
    for player in players:
        player.wire.socket.close()


def on(board, command):
    return sh(f"ip netns exec {board.name} {command}")


def ethernet(to, by, data, kind=0x0800):
    """A frame; MACs as text."""
    return mac_bytes(to) + mac_bytes(by) + kind.to_bytes(2, "big") + data


def drops(board, device):
    """Whatever comes in there is dropped by tc."""
    on(board, f"tc qdisc add dev {device} clsact")
    on(board, f"tc filter add dev {device} ingress matchall action drop")


def write_frames(path, *frames):
    """As the senders read them."""
    with open(path, "wb") as file:
        for frame in frames:
            file.write(len(frame).to_bytes(2, "big") + frame)


def flood(board, device, *frames):
    """Into the board's wire, 0 from the clients or 1 from the fabric, in turn: (packets sent, what one cost)."""
    write_frames("/tmp/frames", *frames)
    done = subprocess.run([f"{TOP}/build/bench/flood", f"{board.name}-eth{device}", "/tmp/frames", str(BATCHES)],
                          check=True, stdout=subprocess.PIPE, text=True)
    sent, cost = done.stdout.split()
    return int(sent), float(cost)


def check(costs, spread=SPREAD):
    """{name: what each run cost}: that runs of one boot agree."""
    for name, runs in costs.items():
        off = (max(runs) - min(runs)) / statistics.median(runs)
        if off > spread:
            sys.exit(f"{name}: the runs are {off:.1%} apart: {runs}")


def row(name, ours, theirs, unit=UNIT, runs=RUNS):
    print(json.dumps({"name": name, "ours": round(ours), "theirs": round(theirs), "unit": unit,
                      "ratio": round(ours / theirs, 3), "runs": runs}), flush=True)
