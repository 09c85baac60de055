#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need nginx nginx
# need haproxy haproxy
# need ss iproute2
"""Fetches by ipOS, from the server itself, and through proxies. Short ones, connect to close: what one costs all hosts
together, and how long the client waits for the first byte. Of 1 MB: what the front board works for it.

Each is asked for /2/... and /3/... in turn, which two boards have, with nginx. By ipOS and the proxies a front board
chooses by the path; directly each path is asked of the one board.

All is one kernel, so the front board's work is what a fetch costs more than directly: client and servers do the same there
and here. What it costs ipOS's target more is counted as the front board's, too, and so are the wires to it and from it.
"""

import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from programs import fetch, haproxy, joined, nginx, nginx_proxy, route  # noqa: E402
from ruler import BATCHES, RUNS, bare, check, row, say  # noqa: E402

# A timer's tick or the sweep of a table falls into some fetches and not into others.
SPREAD = 0.05
COUNT = BATCHES * 10
SHORT, BULK = ("/2/short", "/3/short"), ("/2/bulk", "/3/bulk")
# Long enough for a fetch to come to its end.
PAUSE = 2000
WAYS = {"ipos": "ipOS: asked a board that hands over", "direct": "asked the server's board itself, without ipOS",
        "haproxy": "HAProxy before the servers", "nginx": "nginx as proxy before the servers"}


def network():
    """{way: the board to ask}"""
    front, two, three, direct, other, *proxies = bare(7)
    for number in "23":
        os.makedirs(f"/tmp/root/{number}")
        for name, size in ("short", 160), ("bulk", 1000000):
            with open(f"/tmp/root/{number}/{name}", "w") as file:
                file.write(number * size)
    joined((front, two, three))
    route(front, {"/2/": two, "/3/": three})
    for board in two, three, direct, other:
        nginx(board)
    for proxy, board in zip((haproxy, nginx_proxy), proxies):
        proxy(board, {"/2/": direct, "/3/": other})
    return dict(zip(WAYS, (front, direct, *proxies)))


def rounds(boards):
    """What is measured, each {way: a figure of each run}: a short fetch, the first byte of the median and of the slow ones,
    1 MB."""
    short, first, slow, bulk = ({way: [] for way in WAYS} for _ in range(4))
    # What a program or a cache does once is not a fetch's.
    for board in boards.values():
        fetch(BATCHES, 0, board, SHORT)
        fetch(BATCHES, 0, board, BULK)
    for number in range(RUNS):
        for way, board in boards.items():
            short[way].append(fetch(COUNT, 0, board, SHORT)[0])
            _, half, most, _ = fetch(COUNT, PAUSE, board, SHORT)
            first[way].append(half)
            slow[way].append(most)
            cost, _, _, got = fetch(BATCHES, 0, board, BULK)
            bulk[way].append(cost * BATCHES * 1e6 / got)
        say(f"connections: round {number + 1} of {RUNS}")
    return short, first, slow, bulk


def main():
    measured = rounds(network())
    say("instructions per fetch, ns to the first byte: median and 99th percentile, instructions per MB;"
        f" medians of {RUNS} runs:")
    for way, what in WAYS.items():
        say(f"{way:10}" + "".join(f"{statistics.median(of[way]):>10.0f}" for of in measured) + f"   {what}")
    short, first, slow, bulk = ({way: statistics.median(runs) for way, runs in of.items()} for of in measured)
    for of in measured[0], measured[1], measured[3]:
        check(of, SPREAD)
    for way in "direct", "haproxy":
        row(f"connections_vs_{way}", 1e9 / short["ipos"], 1e9 / short[way], "fetches per second of guest CPU, all hosts")
    for name, of in ("first_byte_p50", first), ("first_byte_p99", slow):
        row(name, of["ipos"], of["direct"], "instructions from connect to the first byte")
    for name, way in ("haproxy", "haproxy"), ("nginx_proxy", "nginx"):
        row(f"bulk_vs_{name}", bulk["ipos"] - bulk["direct"], bulk[way] - bulk["direct"],
            "instructions of the front board per MB of 1 MB answers")


main()
