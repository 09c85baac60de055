#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need nft nftables
"""A board, or a part of it, goes while it has an entry in each state and new clients come all the time; then the module
goes, whatever is left. IPOS_ROUNDS rounds, each in the next of the ways (IPOS_WAYS). What each of the clients and boards
hears is told by unload.t, leave.t and teardown.sh: this is for many rounds in a short time, on a kernel that finds
leaks."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from load import SERVED, Load
from player import Clients, Fabric, cluster, forwarding, hold_keys, sh
from states import States
from tap import check, equal, run, test, wait_for

hold_keys()
board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9, known=False)
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def ctl(board, *lines):
    done = subprocess.run(["ipos-ctl", "-n", board.name, "-batch", "-"], input="\n".join(lines), text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 0, done.stdout)


def configure(board, other):
    ctl(board, f"board set server-ip {board.fabric} settle-ms 0",
        "dev add eth0 role client", "dev add eth1 role fabric",
        f"server add {other.fabric} lladdr {other.mac(1)}", f"server add {fake.address} lladdr {fake.mac}",
        f"url add */one server {board1.fabric}", f"url add */two server {board2.fabric}",
        f"url add */keep server {board2.fabric}")


def gone(path):
    wait_for(lambda: not os.path.exists(path), f"the end of {path}")


def unload():
    sh("modprobe -r ipos")


def namespace(load):
    # A socket of a process holds its namespace, and so does a reservation that waits for one.
    sh("ip netns del board1")
    load.abandon(load.listeners[0])
    gone("/sys/class/net/board1-eth1")


WAYS = {
    "module": lambda load: unload(),
    "namespace": namespace,
    "stop": lambda load: board1.ctl("board", "stop"),
    "fabric": lambda load: sh("ip -n board1 link del eth1"),
    "clients": lambda load: sh("ip -n board1 link del eth0"),
    "server": lambda load: board1.ctl("server", "del", board2.fabric),
    "role": lambda load: board1.ctl("dev", "del", "eth1"),
    "service": lambda load: board1.ctl("service", "del", "tcp", f"{board1.address}:80"),
}


def again():
    """The cluster's network, whatever of it has gone; the module is loaded anew."""
    if os.path.exists("/sys/module/ipos"):
        unload()
    sh(f"{TOP}/cluster again board1")
    sh(f"ip -n board1 neigh replace {net.address} lladdr {net.mac} dev eth0 nud permanent")
    sh(f"ip -n board1 neigh replace {fake.address} lladdr {fake.mac} dev eth1 nud permanent")
    for port in "board1-eth0", "board1-eth1":
        wait_for(lambda port=port: forwarding(port), "the bridge's port")


def round_of(way, number):
    again()
    # What it was told in the last one.
    while fake.wire.read(0):
        pass
    fake.forget()
    configure(board1, board2)
    configure(board2, board1)
    here, there = board1.listen(backlog=100), board2.listen(backlog=100)
    States(board1, here, net, fake, 1000 + 10 * number)
    load = Load((board1.address, 80), [here, there], ["/two", "/one", "/keep", "/two"])
    wait_for(lambda: board1.stats()["handoff_done"] > 3 and load.came[SERVED] > 8, "clients that are served")
    WAYS[way](load)
    # Without a way to them nobody can tell them.
    equal(load.stop(way == "clients"), [], "requests of clients that wait in vain")


ways = os.environ.get("IPOS_WAYS", "").split() or list(WAYS)
for n in range(int(os.environ.get("IPOS_ROUNDS", len(ways)))):
    test(f"round {n + 1}: {ways[n % len(ways)]}")(lambda n=n: round_of(ways[n % len(ways)], n))


@test("the module goes")
def _():
    if os.path.exists("/sys/module/ipos"):
        unload()
    check(not os.path.exists("/sys/module/ipos"), "it is still there")


run()
