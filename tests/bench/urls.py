#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What the size of the URL Map costs a request: tests/vm -I -- tests/bench/urls.py [ROWS]...

On one CPU the system call that sends a request does all of it, up to the offer's or the socket's end. Printed are
instructions, the median of the calls, beside those with one row."""

import os
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import Namespace, accept, cluster, sh

CALLS = 41
board1, = cluster(1)
listener = board1.listen(backlog=256)
board1.ctl("service", "add", "tcp", board1.address + ":80", "inspect", "http")
GET = b"GET /path/77/and/more/of/it HTTP/1.1\r\nHost: host7.example\r\n\r\n"


def fill(rows):
    """host0.example to host999.example, each with its share of prefixes; one host has many more than others."""
    board1.ctl("url", "flush")
    with open("/tmp/urls", "w", encoding="ascii") as file:
        for i in range(rows):
            host = 7 if i % 2 else i % 1000
            file.write(f"url add host{host}.example/path/{i} server {board1.fabric}\n")
    sh(f"ipos-ctl -n {board1.name} -b /tmp/urls")


def call():
    with Namespace("client"):
        sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.connect((board1.address, 80))
    begin = time.perf_counter_ns()
    sock.send(GET)
    took = time.perf_counter_ns() - begin
    app, _ = accept(listener)
    sock.close()
    app.close()
    return took


for rows in [1] + [int(word) for word in sys.argv[1:] or (1000, 100000)]:
    fill(rows)
    times = sorted(call() for _ in range(CALLS))
    print(f"{rows} rows: {statistics.median(times):.0f} instructions a request, half of the calls within"
          f" {times[3 * CALLS // 4] - times[CALLS // 4]}", flush=True)
