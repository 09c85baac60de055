#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# vm -c 2
# need /usr/bin/python3 python3
# need ipvsadm ipvsadm
# need tc iproute2
"""How many packets a board sends on with two CPUs, beside one: a sender on each, each with a flow of its own, for a while by
the clock, in a VM that does not count. What comes out at the far end is counted.

Two emulated CPUs need two free ones of the machine. So the same is measured of others that send on, and of a board that
drops all; they tell what the machine, the kernel and its devices allow, and only ours is a row.
"""

import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import BATCHES, RUNS, TOP, row, say, write_frames  # noqa: E402
from forward import Room, network, sent_on  # noqa: E402

# Of one measurement.
MS = 20 * BATCHES


def came(way):
    """Packets that it has sent on, or has dropped."""
    if way.name != "drop":
        return sent_on(way.board)
    with open(f"/sys/class/net/{way.board.name}-eth0/statistics/tx_packets") as count:
        return int(count.read())


def rate(way, cpus):
    """Packets per second."""
    senders = [word for cpu in cpus for word in (str(cpu), f"/tmp/{way.name}{cpu}")]
    before = came(way)
    took = subprocess.run([f"{TOP}/build/bench/rate", str(MS), f"{way.board.name}-eth0", *senders], check=True,
                          stdout=subprocess.PIPE).stdout
    return (came(way) - before) * 1e6 / int(took)


def main():
    ways = network(flows=2)
    Room().set(True)
    for way in ways:
        for cpu in range(2):
            write_frames(f"/tmp/{way.name}{cpu}", way.frame(flow=cpu))
    rates = {way.name: {1: [], 2: []} for way in ways}
    for number in range(RUNS):
        for way in ways:
            rates[way.name][1].append(rate(way, [number % 2]))
            rates[way.name][2].append(rate(way, [0, 1]))
        say(f"cpus: round {number + 1} of {RUNS}")
    say(f"packets per second, medians of {RUNS} runs: one CPU, two")
    for way in ways:
        one, two = (statistics.median(rates[way.name][cpus]) for cpus in (1, 2))
        say(f"{way.name:12}{one:>9.0f}{two:>9.0f}  {two / one:.2f}  {way.what}")
        if way.name == "ipos":
            row("cpus_2_vs_1", two, one, "packets per second")


main()
