#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""A namespace ends, and the module is unloaded, while there is an entry in each of the states that only packets by hand
keep it in: handshake half done, offered, forwarded, reserved, remembered as closed or withdrawn. leave.t has what
`board stop` says at each; here it is said, too, and then nothing is left."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import (ACK, CLOSED, CONNECTION, MASK, PACKET, REFUSAL, WITHDRAW, Clients, Fabric, accept, cluster, conn, notice,
                    segment, tcb)
from tap import check, equal, run, test, wait_for

board1, board2 = cluster(2)
net = Clients([board1, board2])
fake = Fabric([board1, board2], 9)
ENDED, UNKNOWN, WITHDRAWN, LEAVING = 1, 2, 3, 4
DRAINING = 7
ELSEWHERE = "192.0.2.77", 80
TABLES = "temporary", "forward_connect", "forward", "reserved", "local", "closed"


class States:
    """One entry in each state, at a board whose listener this is."""

    def __init__(self, board, listener):
        self.board, self.listener = board, listener
        board.set(hold_ms=600000, offer_ms=10000, ack_ms=10000, reserve_ms=600000)
        board.ctl("service", "add", "tcp", f"{board.address}:80", "inspect", "http")
        board.ctl("url", "add", "*/fake", "server", fake.address)
        self.half = net.client(board)
        self.half.send("S")
        self.iss = self.half.expect("SA").seq
        self.offered, self.forwarded = self.offer(), self.offer()
        fake.send(board, ACK, *self.ends(self.forwarded))
        fake.expect(PACKET, client=self.ends(self.forwarded)[0])
        self.reserved = self.reserve(30001, 1)
        self.closed = self.close(self.reserve(30002, 2))
        self.withdrawn = self.reserve(30003, 3)
        fake.send(board, WITHDRAW, self.withdrawn, self.here, notice(0, 3, ELSEWHERE))
        fake.expect(CLOSED, client=self.withdrawn, reason=WITHDRAWN)
        now = board.stats()
        equal([now["table_" + name] for name in TABLES], [1, 1, 2, 1, 1, 2], "rows of " + " ".join(TABLES))

    @property
    def here(self):
        return self.board.fabric, 80

    def ends(self, client):
        return (net.address, client.port), (fake.address, 80)

    def offer(self):
        """A client whose request names the hand-made board."""
        client = net.client(self.board)
        client.handshake()
        client.send("PA", b"GET /fake HTTP/1.1\r\nHost: a\r\n\r\n")
        client.id = fake.expect(CONNECTION, client=self.ends(client)[0]).handoff_id
        return client

    def reserve(self, port, handoff_id):
        at = net.address, port
        fake.send(self.board, CONNECTION, at, self.here, conn(ELSEWHERE, tcb(handoff_id)))
        fake.expect(ACK, client=at)
        return at

    def close(self, at):
        fake.send(self.board, PACKET, at, self.here, segment(*at, *ELSEWHERE, "PA", 1001, 5001, b"request"))
        sock, _ = accept(self.listener)
        # With bytes that nobody read: it is over at once.
        sock.close()
        fake.expect(CLOSED, client=at, reason=ENDED)
        return at

    def told(self, wanted):
        """All of these, whichever is the first; the target of what is forwarded answers."""
        seen = set()

        def all_of_them():
            while data := fake.wire.read(0):
                fake.take(data)
            while fake.queue:
                got = fake.queue.popleft()
                seen.add((got.kind, got.reason, got.client))
                if got.reason == LEAVING:
                    fake.send(self.board, CLOSED, got.client, got.target,
                              notice(ENDED, self.forwarded.id, got.service, got.seq))
            return wanted <= seen
        wait_for(all_of_them, f"{wanted}, seen {seen}")
        check(not {client for _, _, client in seen} & {self.closed, self.withdrawn}, f"told of what is over: {seen}")

    def ended(self, *more):
        """What each of them is to hear; what was on offer is attached here, if somebody listens."""
        forwarded, offered = self.ends(self.forwarded)[0], self.ends(self.offered)[0]
        self.told({(CLOSED, LEAVING, forwarded), (WITHDRAW, 0, offered), (CLOSED, UNKNOWN, self.reserved), *more})
        is_reset(self.half, self.iss + 1)
        if self.listener.fileno() < 0:
            is_reset(self.offered, self.offered.iss + 1)
        else:
            sock, address = accept(self.listener)
            equal(address, offered)
            sock.close()


def is_reset(client, seq):
    while "R" not in (got := client.expect()).flags:
        equal((got.flags, got.data), ("A", b""))
    equal(got.seq, seq & MASK)


def begin(*words):
    # It goes on beside the test.
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def done(command):
    text, _ = command.communicate(timeout=300)
    equal((command.returncode, text), (0, ""))


@test("a namespace ends with an entry in each state: clients are reset, boards are told, it goes")
def _():
    listener = board1.listen()
    states = States(board1, listener)
    # A socket of a process holds its namespace, and so does a reservation that waits for one.
    command = begin("ip", "netns", "del", "board1")
    listener.close()
    states.ended()
    done(command)
    wait_for(lambda: not os.path.exists("/sys/class/net/board1-eth1"), "the namespace's end")


@test("the module is unloaded with an entry in each state: likewise")
def _():
    states = States(board2, board2.listen())
    command = begin("modprobe", "-r", "ipos")
    states.ended((REFUSAL, DRAINING, states.reserved))
    done(command)
    check(not os.path.exists("/sys/module/ipos"), "it is still there")


run()
