#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Which board each policy chooses, by rows of the Server State Table made by hand: exactly, wherever chance has no part;
where it has, the bounds are so wide that it breaks none in a thousand million runs."""

import collections
import json
import os
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from player import Namespace, accepted, cluster, sh
from tap import after_each, check, diag, equal, run, test, wait_for

boards = board1, board2, board3 = cluster(3)
CLIENTS = [f"192.0.2.{number}" for number in range(140, 180)]
listeners = {}
for board in boards:
    board.ctl("service", "add", "tcp", board.address + ":80", "inspect", "none")
    board.set(settle_ms=0, offer_ms=60000)
for address in CLIENTS:
    sh(f"ip -n client address add {address}/24 dev eth0")


def listen(*those):
    for one in those:
        listeners[one.number] = one.listen(backlog=256)


listen(*boards)


def policy(word, *those):
    for origin in those or (board1,):
        origin.ctl("service", "set", "tcp", origin.address + ":80", "policy", word)


def server(board, *words, of=board1):
    of.ctl("server", "set", board.fabric, *map(str, words))


def known(of=board1):
    return json.loads(of.ctl("server", "show"))


def idle():
    return not any(row["handoffs"] for row in known()) and not board1.stats()["table_local"]


def take():
    for number, listener in listeners.items():
        got = accepted(listener)
        if got:
            return number, got[0]
    return None


class Connection:
    """Of a client, and whose it became."""

    def __init__(self, origin=board1, source=None):
        with Namespace("client"):
            self.client = socket.socket()
        # What ends by RST leaves nothing that is still to come.
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if source:
            self.client.bind((source, 0))
        self.client.connect((origin.address, 80))
        self.board, self.app = wait_for(take, "accept()")

    def end(self):
        self.client.close()
        self.app.close()
        return self.board


def ask(**how):
    return Connection(**how).end()


def hold(count):
    """As many connections at once, and how many each board has of them then."""
    held = [Connection() for _ in range(count)]
    counts = collections.Counter(one.board for one in held)
    for one in held:
        one.end()
    return counts


def flow(count, window):
    """So many, the oldest ending where more than a window are open; how many each board got."""
    held, counts = collections.deque(), collections.Counter()
    for _ in range(count):
        held.append(Connection())
        counts[held[-1].board] += 1
        if len(held) > window:
            held.popleft().end()
    for one in held:
        one.end()
    return counts


class decided:
    """with decided(policy_hash=3): these counters of board 1's decisions change so, and no others."""
    NAMES = ("policy_hit", "policy_local_first", "policy_least_conn", "policy_least_load", "policy_hash", "skipped_drain",
             "skipped_stale", "skipped_not_listening", "next_candidate", "url_hit")

    def __init__(self, **wanted):
        self.wanted = wanted

    def __enter__(self):
        self.old = board1.stats()

    def __exit__(self, kind, *_):
        new = board1.stats()
        if not kind:
            equal({name: new[name] - self.old[name] for name in self.NAMES if new[name] != self.old[name]}, self.wanted)


@after_each
def as_before():
    policy("local-first", *boards)
    for number in {1, 2, 3} - set(listeners):
        listen(boards[number - 1])
    for origin in boards:
        origin.set(drain="no", load_threshold=10000, weight=100)
        for other in boards:
            if other != origin:
                server(other, "state", "up", "connections", 0, "cpu", 0, "weight", 0, of=origin)
    wait_for(idle, "the end of all connections")


@test("local-first stays under its threshold, and asks about no other board")
def _():
    server(board2, "state", "drain")
    with decided(policy_hit=3, policy_local_first=3):
        equal(hold(3), {1: 3})


@test("local-first beyond its threshold: whoever has fewer connections of the others")
def _():
    board1.set(load_threshold=2)
    server(board2, "connections", 7)
    with decided(policy_hit=11, policy_local_first=11):
        equal(hold(11), {1: 2, 2: 1, 3: 8})


@test("hand-offs of this board count, until they are closed and not as long as they are forwarded")
def _():
    board1.set(load_threshold=0)
    equal(hold(10), {2: 5, 3: 5})
    wait_for(lambda: not any(row["handoffs"] for row in known()), "the hand-offs' end")
    check(board1.stats()["table_forward"] >= 10, "the Forward entries are still there")


@test("least-conn: fewer connections, this board's own included")
def _():
    policy("least-conn")
    server(board3, "state", "down")
    server(board2, "connections", 2)
    with decided(policy_hit=4, policy_least_conn=4, skipped_drain=4):
        # Where both have two it is either's turn, and the other's next.
        equal(hold(4), {1: 3, 2: 1})


@test("least-conn: of two at random, so the board with most never gets one")
def _():
    policy("least-conn")
    server(board2, "connections", 1000)
    counts = collections.Counter(ask() for _ in range(60))
    # Each of the others meets it in a third of the choices, and wins: (2/3)^60 that one never does.
    equal(set(counts), {1, 3})


@test("weights divide the connections that are held")
def _():
    board1.set(load_threshold=0)
    server(board2, "weight", 300)
    equal(hold(40), {2: 30, 3: 10})


@test("and the turns of boards that are idle")
def _():
    board1.set(load_threshold=0)
    server(board2, "weight", 300)
    got = []
    # From the test before a board may be up to 16 turns behind, and makes up for them first.
    while got.count(3) < 3:
        check(len(got) < 60, got)
        got.append(ask())
        wait_for(idle, "the end of a connection")
    # A turn of the one is 10000, of the other 3333 of the same.
    check("".join(map(str, got)).split("3")[-2] in ("222", "2222"), got)


@test("least-load: the board with less to do; what hardly differs says nothing")
def _():
    policy("least-load")
    board1.set(drain="yes")
    server(board2, "cpu", 100)
    server(board3, "cpu", 900)
    with decided(policy_hit=10, policy_least_load=10):
        equal(hold(10), {2: 10})
    server(board2, "cpu", 850)
    equal(hold(10), {2: 5, 3: 5})


@test("least-load: a request in flight weighs a hundredth of the CPU")
def _():
    policy("least-load")
    board1.set(drain="yes")
    server(board2, "cpu", 500)
    server(board3, "cpu", 700)
    equal(hold(40), {2: 25, 3: 15})
    wait_for(idle)
    board1.set(load_cpu=0)
    equal(hold(10), {2: 5, 3: 5})
    board1.set(load_cpu=60)


def by_hash(origin, clients=CLIENTS):
    return {client: ask(origin=origin, source=client) for client in clients}


@test("hash: a client's board is the same whichever board it asks")
def _():
    policy("hash", *boards)
    with decided(policy_hit=40, policy_hash=40):
        first = by_hash(board1)
    diag(sorted(collections.Counter(first.values()).items()))
    equal(set(first.values()), {1, 2, 3})
    equal(by_hash(board2), first)
    equal(by_hash(board3), first)


@test("hash: a board that leaves moves its own clients only, and gets them back")
def _():
    policy("hash")
    first = by_hash(board1)
    server(board3, "state", "drain")
    with decided(policy_hit=40, policy_hash=40, skipped_drain=40):
        without = by_hash(board1)
    equal({client for client in CLIENTS if without[client] != first[client]},
          {client for client in CLIENTS if first[client] == 3})
    server(board3, "state", "up")
    equal(by_hash(board1), first)


@test("hash: a heavier board takes clients from the others, who exchange none")
def _():
    policy("hash")
    first = by_hash(board1)
    server(board2, "weight", 400)
    heavier = by_hash(board1)
    equal({heavier[client] for client in CLIENTS if heavier[client] != first[client]}, {2})
    check(set(heavier.values()) == {1, 2, 3}, heavier)


@test("who refuses is followed by the next best board")
def _():
    policy("hash")
    first = by_hash(board1)
    listeners.pop(2).close()
    refused = sum(board == 2 for board in first.values())
    with decided(policy_hit=40, policy_hash=40, next_candidate=refused):
        then = by_hash(board1)
    equal({client for client in CLIENTS if then[client] != first[client]},
          {client for client in CLIENTS if first[client] == 2})


@test("this board is passed over while nothing listens on it")
def _():
    policy("least-conn")
    listeners.pop(1).close()
    with decided(policy_hit=10, policy_least_conn=10, skipped_not_listening=10):
        equal(hold(10), {2: 5, 3: 5})


@test("the boards of a URL are chosen among by the policy, and then the others")
def _():
    policy("hash")
    board1.ctl("service", "set", "tcp", board1.address + ":80", "inspect", "http")
    for one in board1, board3:
        board1.ctl("url", "add", "a.example", "server", one.fabric)

    def get(client):
        with Namespace("client"):
            sock = socket.socket()
        sock.bind((client, 0))
        sock.connect((board1.address, 80))
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        board, app = wait_for(take, "accept()")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        app.close()
        return board

    without = {}
    with decided(url_hit=10):
        without = {client: get(client) for client in CLIENTS[:10]}
    check(set(without.values()) <= {1, 3}, without)
    listeners.pop(1).close()
    listeners.pop(3).close()
    equal({get(client) for client in CLIENTS[:10]}, {2})
    board1.ctl("url", "flush")
    board1.ctl("service", "set", "tcp", board1.address + ":80", "inspect", "none")


def batch(*lines):
    subprocess.run(["ipos-ctl", "-n", board1.name, "-b", "-"], input="\n".join(lines) + "\n", text=True, check=True)


@test("among many boards those that can be chosen are found, whoever else is passed over")
def _():
    others = {f"10.9.9.{number}": f"02:00:00:09:09:{number:02x}" for number in range(1, 101)}
    batch(*(f"server add {ip} lladdr {mac} state down" for ip, mac in others.items()))
    board1.set(load_threshold=0)
    server(board2, "connections", 3)
    with decided(policy_hit=9, policy_local_first=9, skipped_drain=900):
        equal(hold(9), {2: 3, 3: 6})
    batch(*(f"server del {ip}" for ip in others))


def shares(counts):
    diag(sorted(counts.items()))
    return max(counts.values()) / min(counts.values())


def advertised():
    """From here on the boards say themselves what they have to do, once a second; nothing said by hand is left."""
    for one in boards:
        one.set(advertise_ms=1000)
    begin = {row["ip"]: row["snapshot"] for row in known() if "snapshot" in row}
    wait_for(lambda: all(row["freshness"] == "fresh" and row["snapshot"] > begin.get(row["ip"], 0) + 1 for row in known()),
             "advertisements")


@test("least-conn and least-load, with advertisements: 3,000 requests, equal boards within 15% of each other")
def _():
    # By chance alone the counts would have a standard deviation of 2.6%, and differ by more than 15% now and then.
    for word in "least-conn", "least-load":
        policy(word)
        advertised()
        counts = flow(1500, 20)
        equal(sum(counts.values()), 1500)
        check(shares(counts) < 1.15, counts)


@test("and a board that has other connections, or lets them wait, gets less")
def _():
    other = board3.listen(8080, backlog=100)
    with Namespace("client"):
        held = [socket.create_connection((board3.address, 8080)) for _ in range(60)]
    for word, column in ("least-conn", "connections"), ("least-load", "in_flight"):
        policy(word)
        advertised()
        wait_for(lambda: next(row[column] for row in known() if row["ip"] == board3.fabric) >= 60, f"60 {column}")
        counts = flow(150, 20)
        diag(sorted(counts.items()))
        check(counts[3] < 0.8 * min(counts[1], counts[2]), counts)
    for sock in held:
        sock.close()
    other.close()


run()
