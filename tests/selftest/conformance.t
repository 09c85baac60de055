#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""A client cannot tell a service of ipOS from an ordinary listener of the same kernel: packet scripts, each played to
the listener, to the service whose connection stays where it arrived, and to the one whose connection moves."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import Clients, cluster, sysctl
from scripts import Server, compare, script
from tap import run

# So that a full segment of the client fits the fabric, and the SYN-ACK's MSS is the kernel's.
board1, board2 = cluster(2, 1516)
net = Clients([board1, board2])
board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
board1.ctl("url", "add", "*/move", "server", board2.fabric)
for board in board1, board2:
    # Nothing but what a script sends decides.
    board.set(hold_ms=600000, offer_ms=10000, ack_ms=10000, reserve_ms=600000)
    sysctl(board.name, "tcp_invalid_ratelimit", 0)


def server(name, path, port, listener, answers):
    request = f"GET /{path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode()
    return Server(name, board1, port, listener, request, answers)


ONE = [board1.mac(0)]
KERNEL = server("the kernel's listener", "kern", 8080, board1.listen(8080), ONE)
HERE = server("here", "here", 80, board1.listen(), ONE)
MOVED = server("moved", "move", 80, board2.listen(), ONE + [board2.mac(0)])


@script("a request, its response, and the client's close")
def _(p):
    p.handshake()
    p.see()
    p.ask()
    p.acked()
    p.data(b"answer")
    p.send("A")
    p.see()
    p.send("FA")
    p.read(1)
    p.app.close()
    p.wait("F")
    p.send("A")
    p.see()


compare(net, KERNEL, [HERE, MOVED])
run(net.wire.story)
