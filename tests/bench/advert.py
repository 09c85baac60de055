#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need tc iproute2
"""What a board spends each second on 100 other boards: their advertisements, taken in, and its own, sent; all at the default
interval, each of some listening sockets. Beside it: as many frames that the board drops as they come in.

One that comes in is measured as a packet in forward.py is: from the sender's system call to where it ends. One's own is
what a loop takes longer while there are some.
"""

import itertools
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import BATCHES, RUNS, TOP, bare, check, drops, ethernet, flood, row, say, silent  # noqa: E402
from player import ADVERT, GROUP, advert, frame, listening  # noqa: E402

BOARDS, LISTENERS, INTERVAL_MS = 100, 4, 100
# Own advertisements while they are measured, and the millions of turns that a loop makes meanwhile: a few hundred ms.
OFTEN_MS, TURNS = 4, 200


class Others:
    """What the others advertise, in turn."""

    def __init__(self):
        self.snapshots = itertools.count(1)

    def all(self):
        """Each board's next one."""
        snapshot = next(self.snapshots)
        for number in range(BOARDS):
            address, mac = f"10.0.1.{number + 1}", f"02:00:00:00:03:{number + 1:02x}"
            rows = [listening(80 + n) for n in range(LISTENERS)]
            body = advert(number + 1, snapshot, rows, connections=snapshot, cpu=snapshot % 1000)
            yield ethernet(GROUP, mac, frame(ADVERT, ("0.0.0.0", 0), (address, 0), body), 7)

    def some(self):
        """As many as one flood sends."""
        return list(itertools.islice(itertools.chain.from_iterable(self.all() for _ in itertools.count()),
                                     (BATCHES + 1) * 64))


def hear(board, others, taken):
    """What one of the others' costs; they must have been taken, or be dropped before ipOS sees them."""
    before = board.stats()
    sent, cost = flood(board, 1, *others.some())
    after = board.stats()
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    got = changed.get("adverts_received", 0)
    refused = {name: n for name, n in changed.items() if name.startswith("drop_")}
    if got != (sent if taken else 0) or refused:
        sys.exit(f"advert: {board.name}: of {sent} advertisements {got} were heard, {refused}")
    return cost


def spin(board, interval_ms):
    """Instructions while a loop runs, and the advertisements sent meanwhile."""
    board.set(advertise_ms=interval_ms)
    before = board.stats()["adverts_sent"]
    took = int(subprocess.run([f"{TOP}/build/bench/spin", str(TURNS)], check=True, stdout=subprocess.PIPE).stdout)
    sent = board.stats()["adverts_sent"] - before
    board.set(advertise_ms=0)
    return took, sent


def tell(board):
    """What one of its own costs."""
    quiet, _ = spin(board, 0)
    took, sent = spin(board, OFTEN_MS)
    return (took - quiet) / sent


def network():
    boards = bare(2)
    for board in boards:
        silent(board)
        board.ctl("dev", "add", "eth1", "role", "fabric", "learn", "on")
    drops(boards[1], "eth1")
    listeners = [boards[0].listen(80 + n) for n in range(LISTENERS)]
    return boards, listeners


def main():
    boards, listeners = network()
    board, dropping = boards
    others = Others()
    hear(board, others, True)
    costs = {"heard": [], "dropped": [], "told": []}
    for number in range(RUNS):
        costs["heard"].append(hear(board, others, True))
        costs["dropped"].append(hear(dropping, others, False))
        costs["told"].append(tell(board))
        say(f"advert: round {number + 1} of {RUNS}: " + ", ".join(f"{name} {runs[-1]:.0f}" for name, runs in costs.items()))
    median = {name: statistics.median(runs) for name, runs in costs.items()}
    say(f"instructions for each, medians of {RUNS} runs: heard {median['heard']:.0f}, above a drop "
        f"{median['heard'] - median['dropped']:.0f}; one's own {median['told']:.0f}")
    check({name: runs for name, runs in costs.items() if name != "told"})
    each_s = 1000 / INTERVAL_MS
    row("advert_cost_100_boards", (BOARDS * median["heard"] + median["told"]) * each_s,
        BOARDS * median["dropped"] * each_s, "instructions per second")
    del listeners


main()
