#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""state.py SERVER-IP COLUMN [least|most VALUE]

What this board has heard of another's state: prints it. With a bound waits until the value is so much at least, or at
most; no longer than twice TAP_WAIT seconds. It is one program however long that takes: a loop of commands would be
a load of its own.
"""

import os
import sys
import time

COLUMNS = {"connections": 1, "cpu": 2, "memory": 3, "bandwidth": 4, "in-flight": 17, "accept-us": 18, "memory-total": 19,
           "bandwidth-total": 20}


def value(server, column):
    with open("/sys/kernel/ipos/server_state/entries", encoding="ascii") as rows:
        return next(int(row.split()[COLUMNS[column]]) for row in rows if row.split()[0] == server)


def wait(server, column, which, bound):
    end = time.monotonic() + 2 * float(os.environ.get("TAP_WAIT", 30))
    while time.monotonic() < end:
        now = value(server, column)
        if now >= bound if which == "least" else now <= bound:
            return now
        time.sleep(0.3)
    sys.exit(f"{column} of {server} is {now}, wanted at {which} {bound}")


def main(server, column, *bound):
    print(wait(server, column, bound[0], int(bound[1])) if bound else value(server, column))


main(*sys.argv[1:])
