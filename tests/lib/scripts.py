# SPDX-License-Identifier: GPL-2.0
"""Packet scripts, each played to several servers by the same client: what it sees must be the same everywhere, but for
what docs/protocol.md lists.

    @script("a RST in the window, but not at its edge, is challenged")
    def _(p):
        p.handshake()
        p.send("R", seq=p.c.seq + 1)
        p.see()

    compare(*standard())                 # makes a test of each script

What came is told in the script's own numbers: sequence numbers from each end's initial one, timestamps from what the
first segment said; IP identification is not looked at. When an acknowledgement comes is the server's business: one that
tells something new is not told by itself, acked() waits for the last of them. Retransmissions and probes of a closed
window are not told, nor how a longer answer was cut.

A script that shows a difference says which, by the words of the list, and what a service's story is instead:

    @script("data in a SYN", known="data in a SYN", but=lambda story: [...])
"""

import collections
import os
import time

import tap
from player import (MASK, Clients, Namespace, accept, accepted, before, cluster, mss, sack, sh, sysctl, timestamps,
                    wscale)

FULL = mss(1460) + sack() + timestamps(1000) + wscale(7)
# board is where the client sends to, host where the application listens.
Server = collections.namedtuple("Server", "name board port host request others boards")
MTU = 1516
_scripts = []


def script(name, **options):
    """Marks a function of a Play."""
    def add(function):
        _scripts.append((name, function, options))
        return function
    return add


def signed(number):
    return (number + (1 << 31) & MASK) - (1 << 31)


class Play:
    """One script, played to one server. c is the client, app the connection's socket there, once accepted."""

    def __init__(self, net, server):
        self.net, self.server, self.request = net, server, server.request
        self.app, self.listener, self.story, self.undo = None, None, [], []
        self.listen()
        self.new()

    def new(self, isn=None, sport=None):
        """Another connection, perhaps from the same port."""
        self.c = self.net.client(self.server.board, self.server.port, sport)
        if isn is not None:
            self.c.isn = self.c.seq = isn & MASK
        self.told = self.end = self.clock = self.first_clock = None

    # What the client does

    def send(self, flags, data=b"", **fields):
        self.c.send(flags, data, **fields)

    def syn(self, options=FULL, **fields):
        """The SYN and its answer."""
        self.c.send("S", options=options, **fields)
        self.wait("S")

    def handshake(self, options=FULL, **fields):
        self.syn(options, **fields)
        if self.c.iss is not None and 8 in self.options:
            self.c.ts = 1001
        self.send("A")

    def ask(self, flags="PA", **fields):
        """The whole request, at once; the application has it."""
        self.send(flags, self.request, **fields)
        self.served()

    def begin(self, options=FULL):
        """Until the application has the request, and the client knows."""
        self.handshake(options)
        self.ask()
        self.acked()

    def part(self, count=10):
        """The beginning of a request, acknowledged: no board is chosen yet."""
        self.send("PA", self.request[:count])
        self.acked()

    def rest(self, count=10):
        """What follows it; the application has the request."""
        self.send("PA", self.request[count:])
        self.served()

    def answered(self):
        """The request was acknowledged, is answered, and both ends close, the client first."""
        self.acked()
        self.data(b"answer")
        self.ended()

    def ended(self):
        """The client closes, then the application."""
        self.send("FA")
        self.read(1)
        self.closes()

    def closes(self):
        """The application closes, and the client knows."""
        self.app.close()
        self.wait("F")
        self.send("A")
        self.see()

    def unasked(self):
        """The application finds that the client has closed, and closes."""
        self.accept()
        self.read(1)
        self.acked()
        self.closes()

    def sysctl(self, name, value):
        """net.ipv4.NAME of all boards, until the script ends."""
        for board in self.server.boards:
            with Namespace(board.name), open(f"/proc/sys/net/ipv4/{name}") as file:
                old = file.read().strip()
            self.undo.append(lambda board=board, old=old: sysctl(board.name, name, old))
            sysctl(board.name, name, value)

    def mtu(self, value):
        """Of the fabric, at the client's board, until the script ends."""
        self.undo.append(lambda: sh(f"ip -n {self.server.board.name} link set eth1 mtu {MTU}"))
        sh(f"ip -n {self.server.board.name} link set eth1 mtu {value}")

    def listen(self, *option):
        """The application listens anew, perhaps with a socket option."""
        if self.listener:
            self.listener.close()
        self.listener = self.server.host.listen(self.server.port)
        if option:
            self.listener.setsockopt(*option)

    def served(self):
        """The application gets the connection and the request."""
        self.accept()
        self.read(len(self.request))

    def accept(self):
        self.app, address = accept(self.listener)
        tap.equal(address, (self.net.address, self.c.port), "the client's address")

    def read(self, count, flags=0):
        """What the application reads."""
        got = b""
        try:
            while len(got) < count:
                more = self.app.recv(count - len(got), flags)
                if not more:
                    break
                got += more
        except OSError as error:
            self.tell(f"recv() fails: {type(error).__name__}")
        got = got.replace(self.request, b"<request>").replace(self.request[5:9], b"path")
        self.tell("reads", got if len(got) < 1000 else len(got))

    # What it sees

    def tell(self, *what):
        self.story.append(what if len(what) > 1 else what[0])

    def _clock(self, got):
        """TSval: an ordinary clock in ms, that never goes back."""
        value, echo = got.timestamp()
        if self.clock is None:
            self.first_clock = value, time.monotonic()
        elif before(value, self.clock):
            return "its clock goes back", echo
        elif signed(value - self.first_clock[0]) > (time.monotonic() - self.first_clock[1]) * 1000 + 2000:
            return "its clock leaps", echo
        self.clock = value
        return "", echo

    def _options(self, got):
        out = []
        for kind, data in got.options.items():
            if kind == 8:
                out.append(("timestamps", *self._clock(got)))
            elif kind == 5:
                edges = [int.from_bytes(data[at:at + 4], "big") for at in range(0, len(data), 4)]
                out.append(("sack", *(signed(edge - self.c.isn) for edge in edges)))
            else:
                out.append((kind, data.hex()))
        return out

    def _told(self, got):
        c = self.c
        base = c.iss if c.iss is not None else got.seq if "S" in got.flags else 0
        if got.flags == "RA" and not got.seq:
            base = 0
        return (got.flags, signed(got.seq - base), signed(got.ack - c.isn) if "A" in got.flags else got.ack, got.window,
                got.data if len(got.data) < 50 else len(got.data), self._options(got), got.tos, got.packet[8],
                got.packet[6:8].hex())

    def _take(self, got):
        c = self.c
        tap.check(got.ok, f"wrong checksum: {got}")
        tap.check(got.mac in self.server.others, f"not from one of {self.server.others}: {got}")
        if "S" in got.flags and c.iss is None:
            self.options, self.window = got.options, got.window
        told = self._told(got)
        if "S" in got.flags and c.iss is None:
            c.iss, self.end = got.seq, got.seq
        end = got.seq + len(got.data) + ("S" in got.flags) + ("F" in got.flags) & MASK
        takes = end != got.seq and "R" not in got.flags
        if takes and self.end is not None and not before(self.end, end):
            return
        # A probe of a window that was closed: how many of them depends on the time.
        if self.end is not None and not takes and got.seq == self.end - 1 & MASK and "R" not in got.flags:
            return
        news = "A" in got.flags and "R" not in got.flags and (self.told is None or before(self.told, got.ack))
        if news:
            self.told = got.ack
        if takes:
            self.end = c.ack = end
        if got.timestamp():
            c.echo = got.timestamp()[0]
        if self._continues(got, told):
            return
        if takes or "R" in got.flags or not news or 5 in got.options:
            self.tell(*told)

    def _continues(self, got, told):
        """How data is cut depends on how fast the network seemed to be: what follows itself is told as one."""
        last = self.story[-1] if self.story else ()
        if len(last) != len(told) or not (got.data and last[4] and isinstance(last[4], int)):
            return False
        if last[1] + last[4] != told[1] or last[2:4] + last[5:] != told[2:4] + told[5:] or set(last[0]) - set("PA"):
            return False
        self.story[-1] = (got.flags, last[1], *last[2:4], last[4] + len(got.data), *last[5:])
        return True

    def _drain(self):
        while self.c.queue:
            self._take(self.c.queue.popleft())

    def _wait(self, condition, what):
        end = time.monotonic() + tap.WAIT
        self._drain()
        while not condition():
            data = self.net.wire.read(end - time.monotonic())
            tap.check(data is not None, f"nothing came; wanted {what}; seen: {self.story}")
            self.net.take(data)
            self._drain()

    def wait(self, flags):
        """Until a segment with one of these flags came."""
        seen = len(self.story)
        self._wait(lambda: any(set(flags) & set(one[0]) for one in self.story[seen:] if one[0] != "reads"),
                   f"one of {flags}")

    def see(self):
        """All that came for what was sent until now. Twice, for it may have gone by another board."""
        for _ in range(2):
            self.net.sync(self.server.board)
        self._drain()
        self.tell("--")

    def acked(self):
        """All that was sent is acknowledged."""
        self._wait(lambda: self.told == self.c.seq, f"the acknowledgement of {signed(self.c.seq - self.c.isn)}")
        self.see()

    def data(self, data):
        """The application sends this; it comes, in order."""
        start = self.end
        self.app.sendall(data)
        self._wait(lambda: signed(self.end - start) >= len(data), f"{len(data)} bytes")

    def upto(self, count):
        """So much has come since the handshake, and no more comes."""
        self._wait(lambda: signed(self.end - self.c.iss) > count, f"{count} bytes")
        self.see()

    def done(self):
        """Nothing of it is left."""
        if self.c.iss is not None:
            self.c.send("R", seq=self.c.seq)
            if self.told is not None and self.told != self.c.seq:
                self.c.send("R", seq=self.told)
        self.see()
        while True:
            got = accepted(self.listener)
            if not got:
                break
            got[0].close()

    def close(self):
        for undo in reversed(self.undo):
            undo()
        for sock in self.app, self.listener:
            if sock:
                sock.close()


def play(net, server, function, isn=None):
    p = Play(net, server)
    if isn is not None:
        p.new(isn)
    try:
        function(p)
        story = list(p.story)
        p.done()
        return story
    finally:
        p.close()


def differences(story, wanted):
    """Line by line; empty if there are none."""
    out = []
    for at in range(max(len(story), len(wanted))):
        got, want = (one[at] if at < len(one) else "nothing" for one in (story, wanted))
        if got != want:
            out.append(f"{at}: {got}\n  instead of {want}")
    return out


def standard():
    """The network, the kernel's own listener, and two services: one whose connections stay where they arrived, and
    one whose connections move."""
    # So that a full segment of the client fits the fabric, and the SYN-ACK's MSS is the kernel's.
    boards = board1, board2 = cluster(2, MTU)
    net = Clients(boards)
    board1.ctl("service", "add", "tcp", "192.0.2.1:80", "inspect", "http")
    board1.ctl("url", "add", "*/move", "server", board2.fabric)
    for board in boards:
        # Nothing but what a script sends decides.
        board.set(hold_ms=600000, offer_ms=10000, ack_ms=10000, reserve_ms=600000)
        sysctl(board.name, "tcp_invalid_ratelimit", 0)
        # After three of them, acknowledgements of what came out of order may wait for a millisecond.
        sysctl(board.name, "tcp_comp_sack_nr", 0)

    def server(name, path, port, host):
        request = f"GET /{path} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode()
        return Server(name, board1, port, host, request, {board1.mac(0), host.mac(0)}, boards)

    return (net, server("the kernel's listener", "kern", 8080, board1),
            [server("here", "here", 80, board1), server("moved", "move", 80, board2)])


def listed():
    """The differences of which docs/protocol.md tells."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "protocol.md")
    with open(path) as file:
        text = file.read().split("\n## What a client can tell\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def check_listed():
    """Makes a test: each difference in the list is shown by a script, and no script shows another."""
    shown = {options["known"] for _, _, options in _scripts if "known" in options}
    tap.test("what a client can tell is what is listed")(lambda: tap.equal(shown, set(listed())))


def compare(net, reference, servers):
    """Makes a test of each script. One in which nothing moves is played to the first server alone."""
    for name, function, options in _scripts:
        def one(function=function, options=options):
            options = dict(options)
            known, but = options.pop("known", None), options.pop("but", list)
            moves = options.pop("moves", True)
            same = play(net, reference, function, **options)
            wanted = but(same)
            tap.equal(wanted != same, known is not None, "whether there is a difference")
            for server in servers if moves else servers[:1]:
                story = play(net, server, function, **options)
                found = differences(story, wanted)
                tap.check(not found, f"{server.name}:\n" + "\n".join(found) + f"\nall of {wanted}")
        tap.test(name)(one)
