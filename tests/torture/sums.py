#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""sums.py FIRST COUNT ASKED SERVED...

Whether what the clients saw (ASKED, of tests/torture/ask.py) and what the applications did (SERVED, of serve.py; the file
is named as its board) is one story: each request has ended once; what was answered was served once, by the one that
answered; what was reset, at most once; nothing hung, was cut short or wrong, nothing was served that nobody asked. Prints
a line with the sums, and one for each that does not agree.
"""

import collections
import os
import sys


def main(first, count, asked, *served):
    ids = range(int(first), int(first) + int(count))
    ends, by, wrong = {}, collections.defaultdict(list), []
    for line in open(asked):
        number, what = line.split()
        if int(number) in ends:
            wrong.append(f"{number} has ended twice")
        ends[int(number)] = what
    for name in served:
        board = os.path.basename(name)
        for line in open(name):
            if int(line) in ids:
                by[int(line)].append(board)
    for number in ids:
        what, boards = ends.get(number, "nothing"), by[number]
        if what.startswith("board"):
            good = boards == [what]
        else:
            good = what == "reset" and len(boards) < 2
        if not good:
            wrong.append(f"{number}: the client saw {what}, served by {' and '.join(boards) or 'nobody'}")
    wrong.extend(f"{number} was never asked" for number in ends if number not in ids)
    sums = collections.Counter(ends.values())
    print(" ".join(f"{what} {number}" for what, number in sorted(sums.items())))
    print(*wrong[:20], sep="\n", end="\n" if wrong else "")
    sys.exit(bool(wrong))


main(*sys.argv[1:])
