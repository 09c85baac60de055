#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# vm -m 4096
# need /usr/bin/python3 python3
"""The look-ups of tables.py by the clock, in a VM that does not count: there caches tell, the machine's and the emulator's."""

import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import row  # noqa: E402
from tables import LARGE, SIZES, SMALL, fill, load, rounds  # noqa: E402


def main():
    load()
    for which in range(len(SIZES)):
        fill(which)
    costs = rounds()
    row("lookup_8m_vs_1k_wall", statistics.median(costs[LARGE]), statistics.median(costs[SMALL]), "ns per look-up")


main()
