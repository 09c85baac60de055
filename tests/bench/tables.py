#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# vm -I -m 4096
# need /usr/bin/python3 python3
"""What a table of 8 million flows costs beside one of a thousand: to look one up, to add one, and its memory. The tables are
the module's own code in a module of their own (tests/bench/tables), their entries are what a hand-off leaves of a
connection, their keys are random.
"""

import os
import platform
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import BATCHES, RUNS, TOP, check, row, say  # noqa: E402
from player import sh  # noqa: E402

FLOWS = int(os.environ.get("IPOS_BENCH_FLOWS", 8000000))
SMALL, LARGE = range(2)
SIZES = 1000, FLOWS
# Entries that an IPVS connection's memory is measured of, and look-ups that the module does at a time.
IPVS, LOOKS = max(FLOWS // 8, 1000), 4096
PARAMETERS = "/sys/module/ipos_tables/parameters"


def free():
    """Bytes of memory that nobody uses."""
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemFree:")) * 1024


def settled():
    """The same when what was given back, as former buckets, is free: the kernel does some of that later."""
    last, now = None, free()
    while last is None or abs(now - last) > 1 << 18:
        time.sleep(0.1)
        last, now = now, free()
    return now


def do(what, *words):
    """What it cost in all."""
    with open(f"{PARAMETERS}/{what}", "w") as file:
        file.write(" ".join(map(str, words)))
    with open(f"{PARAMETERS}/cost") as file:
        return int(file.read())


def make(what, *words):
    """What it cost in all, and how much memory it took."""
    before = settled()
    return do(what, *words), before - settled()


def look(which):
    """Nanoseconds of one look-up, instructions where these are counted."""
    return statistics.median(do("look", which) / LOOKS for _ in range(BATCHES))


def load():
    sh("modprobe ip_vs")
    sh(f"insmod {TOP}/build/{platform.release()}/bench/ipos_tables.ko")


def fill(which):
    """What an entry costs, and its bytes."""
    cost, memory = (total / SIZES[which] for total in make("fill", which, SIZES[which]))
    say(f"tables: {SIZES[which]} entries: {cost:.0f} for each, {memory:.1f} bytes")
    return cost, memory


def rounds():
    costs = {SMALL: [], LARGE: []}
    for number in range(RUNS):
        for which, runs in costs.items():
            runs.append(look(which))
        say(f"tables: round {number + 1} of {RUNS}: {costs[SMALL][-1]:.1f}, {costs[LARGE][-1]:.1f}")
    return costs


def main():
    load()
    small, _ = fill(SMALL)
    large, memory = fill(LARGE)
    costs = rounds()
    check({f"look {SIZES[which]}": runs for which, runs in costs.items()})
    _, theirs = make("ipvs", IPVS)
    row("lookup_8m_vs_1k", statistics.median(costs[LARGE]), statistics.median(costs[SMALL]), "instructions per look-up")
    row("insert_8m_vs_1k", large, small, "instructions per entry, growth included", runs=1)
    row("bytes_per_forward_entry", memory, theirs / IPVS, "bytes, theirs those of IPVS", runs=1)


if __name__ == "__main__":
    main()
