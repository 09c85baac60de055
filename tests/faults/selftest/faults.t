#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""Memory fails at each place where the module asks for it, one at a time: in its commands, where a namespace begins and
where the module is loaded, all the time; on a request's way, once. A command says so, or its loss is counted; no client
waits in vain; what was to be done can be done again. That nothing leaks is for the kernel to say: tests/vm -k debug.
Which places there are is found out by doing it without a fault."""

import collections
import errno
import os
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
from load import cut
from player import Namespace, cluster, hold_keys, sh
from tap import WAIT, check, diag, equal, run, test, wait_for

FAULTS = "/sys/kernel/debug/ipos_faults"
ALWAYS, ONCE = 1 << 30, 1
SERVICE, NAMES = "192.0.2.1", "192.0.2.1:53"
TELL = os.environ.get("IPOS_TELL")

hold_keys()
sh("modprobe ipos_faults")
board1, board2 = boards = cluster(2)

# What the kernel does, or does without, with what was given to it: not for the module to tell of.
ELSEWHERE = {
    # It never fails: it asks once more, so that it cannot.
    "rhashtable_init", "rhltable_init",
    # Its debugging, which counts on without.
    "ref_tracker_alloc",
    # A frame may be lost on any wire.
    "__dev_queue_xmit",
    # Whatever waited for a softirq, and begins when the module lets it.
    "__local_bh_enable_ip",
    # Who listens to the news of families hears nothing of it.
    "genl_register_family",
    # An acknowledgement that its TCP sends later.
    "tcp_v4_do_rcv", "tcp_rcv_established",
}
# Done again by themselves: whose a socket is, is asked as long as it is not known.
AGAIN = {"ipos_listen_own", "ipos_owner_find", "look"}

Place = collections.namedtuple("Place", "key seen failed callee chain")
tried = set()


def places():
    """All that were ever seen, by key."""
    with open(FAULTS) as file:
        rows = [line.replace(" [ipos]", "").split() for line in file]
    return {key: Place(key, int(seen), int(failed), callee, chain) for key, seen, failed, callee, *chain in rows}


def reached(call):
    """Where memory was asked for meanwhile, and has not failed yet."""
    old = places()
    call()
    new = [place for key, place in places().items() if key not in old or old[key].seen != place.seen]
    return [place for place in new if place.key not in tried]


class failing:
    """with failing(place) as it: there is no memory there so many times; afterwards it.failed says how often."""

    def __init__(self, place, times):
        self.place, self.times = place, times

    def arm(self, times):
        with open(FAULTS, "w") as file:
            file.write(f"{self.place.key if times else 0} {times}")

    def __enter__(self):
        self.failed = places()[self.place.key].failed
        self.arm(self.times)
        return self

    def __exit__(self, *_):
        self.arm(0)
        self.failed = places()[self.place.key].failed - self.failed


def counters():
    """What no memory is counted as, and all the rest."""
    total = collections.Counter()
    for board in boards:
        total.update({name: value for name, value in board.stats().items() if not name.startswith("table_")})
    return total


def tells(place, did, old, came):
    """It has failed there: that is counted, if nothing else tells of it."""
    new = counters() - old
    counted = [name for name in new if name.endswith("no_memory") or name == "drop_event"]
    if TELL:
        diag(f"{did}: {place.callee} in {' '.join(place.chain)}: {came}; {' '.join(counted)}")
    check(counted or place.callee in ELSEWHERE or AGAIN.intersection(place.chain),
          f"{did}: {place.callee} in {place.chain}: {came}; not counted among {dict(new)}")


def ran(command):
    done = subprocess.run(command.split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


# Commands

def refused(command, place, old):
    """With no memory at that place it says so, and has done nothing; or what is lost is counted, and it has done all."""
    with failing(place, ALWAYS) as it:
        status, said = ran(command)
    if it.failed:
        tried.add(place.key)
        if not status:
            tells(place, command, old, "done")
        elif TELL:
            diag(f"{command}: {place.callee} in {' '.join(place.chain)}: {said}")
        check(not status or said.strip(), f"{command}: {place.chain}: fails without a word")
    return status


def command(name, do, undo=None):
    """Commands that do and undo something; each can be done again when it has failed."""
    def fails_clearly():
        old = counters()
        for words, back in [(do, undo)] + ([(undo, do)] if undo else []):
            for place in reached(lambda words=words: sh(words)):
                if back:
                    sh(back)
                if refused(words, place, old) and back:
                    sh(words)
    test(name)(fails_clearly)


def ctl(words):
    return f"ipos-ctl -n board1 {words}"


sh("ip -n board1 link add eth2 type dummy")
sh("ip -n board1 link set eth2 up mtu 1600")
for name, do, undo in (
        ("settings", "board set hold-ms 900", "board set hold-ms 1000"),
        ("a device", "dev add eth2 role both", "dev del eth2"),
        ("another board", "server add 10.0.0.7 lladdr 02:00:00:00:02:07", "server del 10.0.0.7"),
        ("what a board is", f"server set {board2.fabric} weight 90", f"server set {board2.fabric} weight 0"),
        ("a service", "service add tcp 192.0.2.1:99 inspect http cookie sid", "service del tcp 192.0.2.1:99"),
        ("a UDP service", "service add udp 192.0.2.1:99", "service del udp 192.0.2.1:99"),
        ("a URL", "url add a.example/x server 10.0.0.2", "url del a.example/x server 10.0.0.2"),
        ("a cookie", "cookie add abc server 10.0.0.2", "cookie del abc"),
        ("an application", "app add it port 8080 memory 1M exec /bin/true", "app del it")):
    command(name, ctl(do), ctl(undo))
for words in "board", "stats", "dev", "server", "service", "url", "cookie", "app", "listen", "local", "save":
    command(f"{words} is shown", ctl(words))
command("a namespace", "ip netns add another", "ip netns del another")


# Requests

class Servers:
    """Programs at both boards, and one client at a time, in this thread."""

    def __init__(self):
        self.listeners = {board.listen(backlog=50): board for board in boards}
        self.datagrams = {self.program(board): board for board in boards}
        self.served = set()

    @staticmethod
    def program(board):
        with Namespace(board.name):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("0.0.0.0", 53))
        return sock

    def serve(self, client):
        """True when the client has something to read."""
        ready = select.select([client, *self.listeners, *self.datagrams, *self.served], [], [], 0.1)[0]
        for sock in ready:
            if sock in self.listeners:
                try:
                    new = sock.accept()[0]
                except BlockingIOError:
                    continue
                self.served.add(new)
            elif sock in self.datagrams:
                data, sender = sock.recvfrom(1000)
                sock.sendto(self.datagrams[sock].name.encode(), sender)
            elif sock in self.served:
                self.answer(sock)
        return client in ready

    def answer(self, sock):
        data = b""
        try:
            data = sock.recv(10000)
            # The end of a request may come by itself.
            if data and not data.endswith(b"\n"):
                return
            if data:
                sock.send(b"HTTP/1.0 200 OK\r\nSet-Cookie: sid=c%d\r\n\r\nok" % time.monotonic_ns())
        except OSError:
            pass
        self.served.discard(sock)
        sock.close()

    def ask(self, *parts):
        """What comes of a request, told in these parts."""
        with Namespace("client"):
            client = socket.socket()
        client.settimeout(WAIT)
        try:
            client.connect((SERVICE, 80))
            for part in parts:
                client.sendall(part)
                if part is not parts[-1]:
                    time.sleep(0.3)
            end = time.monotonic() + WAIT
            while not self.serve(client):
                if time.monotonic() > end:
                    return "nothing"
            return "served" if client.recv(1000) else "nothing, and its end"
        except ConnectionError as error:
            return errno.errorcode[error.errno]
        finally:
            cut(client)

    def query(self):
        with Namespace("client"):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect((SERVICE, 53))
        end = time.monotonic() + WAIT
        try:
            while True:
                client.send(b"query")
                again = time.monotonic() + 1
                while time.monotonic() < again:
                    if self.serve(client):
                        return "served" if client.recv(1000) else ""
                if time.monotonic() > end:
                    return "nothing"
        finally:
            client.close()


def get(path, more=b""):
    return b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (path.encode(), more)


servers = Servers()


@test("requests are served, with all memory there is")
def _():
    board1.ctl("service", "add", "tcp", f"{SERVICE}:80", "inspect", "http", "cookie", "sid")
    board1.ctl("service", "add", "udp", NAMES)
    for board in boards:
        board.set(offer_ms=300, offer_tries=3, ack_ms=500, hold_ms=2000, advertise_ms=200)
    for path, board in ("/here", board1), ("/there", board2):
        board1.ctl("url", "add", f"*{path}", "server", board.fabric)
    equal(servers.ask(get("/there")), "served")
    equal(servers.ask(get("/here")), "served")
    equal(servers.query(), "served")


def way(name, ask, before=None, after=None):
    """One by one, memory fails once on the way of what a client asks for."""
    def survives():
        if before:
            before()
        todo = reached(ask)
        todo += [place for place in reached(ask) if place not in todo]
        old = counters()
        for place in todo:
            if place.key in tried:
                continue
            with failing(place, ONCE) as it:
                came = ask()
            check(came in ("served", "ECONNRESET"), f"{place.callee} in {place.chain}: {came}")
            if it.failed:
                tried.add(place.key)
                tells(place, name, old, came)
                old = counters()
        equal(ask(), "served")
        if after:
            after()
    test(name)(survives)


way("a request that stays here", lambda: servers.ask(get("/here")))
way("a request that is handed off", lambda: servers.ask(get("/there")))
way("a request in parts, handed off", lambda: servers.ask(get("/there")[:10], get("/there")[10:]))
way("a session", lambda: servers.ask(get("/x", b"Cookie: sid=c17\r\n")),
    lambda: board1.ctl("cookie", "add", "c17", "server", board2.fabric))
way("a datagram that stays here", servers.query)
way("a datagram that is handed off", servers.query, lambda: board1.set(drain="yes"), lambda: board1.set(drain="no"))


@test("nothing is left unfinished")
def _():
    wait_for(lambda: not any(board.flows(table) for board in boards for table in ("temporary", "connect")), "their ends")


# The module

@test("the module is loaded")
def _():
    sh("modprobe -r ipos")
    found = reached(lambda: sh("modprobe ipos")) + reached(lambda: sh("modprobe -r ipos"))
    for place in found:
        with failing(place, ALWAYS) as it:
            status, said = ran("modprobe ipos")
        if TELL:
            diag(f"{place.callee} in {' '.join(place.chain)}: {it.failed} {status} {said}")
        check(not it.failed or (said.strip() if status else place.callee in ELSEWHERE),
              f"{place.callee} in {place.chain}: {status} {said}")
        if not status:
            sh("modprobe -r ipos")
    sh("modprobe ipos")
    sh("modprobe -r ipos")


@test("there were places")
def _():
    diag(f"memory has failed at {len(tried)} of them")
    seen = {name for place in places().values() if place.key in tried for name in place.chain}
    equal({"ipos_dev_add", "ipos_url_add", "ipos_flow_new", "ipos_attach_reserve", "ipos_reserve", "send_offer",
           "ipos_out_ack"} - seen, set(), "not among them")


run()
