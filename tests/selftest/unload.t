#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
# need nft nftables
"""A namespace ends, and the module is unloaded, while there is an entry in each of the states that only packets by hand
keep it in: handshake half done, offered, forwarded, reserved, remembered as closed or withdrawn. leave.t has what
`board stop` says at each; here it is said, too, and then nothing is left."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import REFUSAL, Clients, Fabric, cluster, hold_keys
from states import States
from tap import check, equal, run, test, wait_for

hold_keys()
board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
DRAINING = 7


def begin(*words):
    # It goes on beside the test.
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def done(command):
    text, _ = command.communicate(timeout=300)
    equal((command.returncode, text), (0, ""))


@test("a namespace ends with an entry in each state: clients are reset, boards are told, it goes")
def _():
    listener = board1.listen()
    states = States(board1, listener, net, fake)
    # A socket of a process holds its namespace, and so does a reservation that waits for one.
    command = begin("ip", "netns", "del", "board1")
    listener.close()
    states.ended()
    done(command)
    wait_for(lambda: not os.path.exists("/sys/class/net/board1-eth1"), "the namespace's end")


@test("the module is unloaded with an entry in each state: likewise")
def _():
    states = States(board2, board2.listen(), net, fake)
    command = begin("modprobe", "-r", "ipos")
    states.ended((REFUSAL, DRAINING, states.reserved))
    done(command)
    check(not os.path.exists("/sys/module/ipos"), "it is still there")


run()
