# SPDX-License-Identifier: GPL-2.0
"""A board with one entry in each of the states that only packets by hand keep it in."""

from player import ACK, CLOSED, CONNECTION, MASK, PACKET, WITHDRAW, accept, conn, notice, segment, tcb
from tap import check, equal, wait_for

ENDED, UNKNOWN, WITHDRAWN, LEAVING = 1, 2, 3, 4
ELSEWHERE = "192.0.2.77", 80
TABLES = "temporary", "forward_connect", "forward", "reserved", "local", "closed"


class States:
    """One entry in each state, at a board whose listener this is; net and fake are the wires it is played on. number is
    the first of three hand-offs and of their clients' ports."""

    def __init__(self, board, listener, net, fake, number=30000):
        self.board, self.listener, self.net, self.fake = board, listener, net, fake
        # A board that has gone may have said things again before it heard the answer.
        fake.sync(board)
        fake.forget()
        board.set(hold_ms=600000, offer_ms=10000, ack_ms=10000, reserve_ms=600000)
        board.ctl("service", "add", "tcp", f"{board.address}:80", "inspect", "http")
        board.ctl("url", "add", "*/fake", "server", self.fake.address)
        self.half = self.net.client(board)
        self.half.send("S")
        self.iss = self.half.expect("SA").seq
        self.offered, self.forwarded = self.offer(), self.offer()
        self.fake.send(board, ACK, *self.ends(self.forwarded))
        self.fake.expect(PACKET, client=self.ends(self.forwarded)[0])
        self.reserved = self.reserve(number)
        self.closed = self.close(self.reserve(number + 1))
        self.withdrawn = self.reserve(number + 2)
        self.fake.send(board, WITHDRAW, self.withdrawn, self.here, notice(0, number + 2, ELSEWHERE))
        self.fake.expect(CLOSED, client=self.withdrawn, reason=WITHDRAWN)
        now = board.stats()
        equal([now["table_" + name] for name in TABLES], [1, 1, 2, 1, 1, 2], "rows of " + " ".join(TABLES))

    @property
    def here(self):
        return self.board.fabric, 80

    def ends(self, client):
        return (self.net.address, client.port), (self.fake.address, 80)

    def offer(self):
        """A client whose request names the hand-made board."""
        client = self.net.client(self.board)
        client.handshake()
        client.send("PA", b"GET /fake HTTP/1.1\r\nHost: a\r\n\r\n")
        client.id = self.fake.expect(CONNECTION, client=self.ends(client)[0]).handoff_id
        return client

    def reserve(self, number):
        at = self.net.address, number
        self.fake.send(self.board, CONNECTION, at, self.here, conn(ELSEWHERE, tcb(number)))
        self.fake.expect(ACK, client=at)
        return at

    def close(self, at):
        self.fake.send(self.board, PACKET, at, self.here, segment(*at, *ELSEWHERE, "PA", 1001, 5001, b"request"))
        sock, _ = accept(self.listener)
        # With bytes that nobody read: it is over at once.
        sock.close()
        self.fake.expect(CLOSED, client=at, reason=ENDED)
        return at

    def told(self, wanted):
        """All of these, whichever is the first; the target of what is forwarded answers."""
        seen = set()

        def all_of_them():
            while data := self.fake.wire.read(0):
                self.fake.take(data)
            while self.fake.queue:
                got = self.fake.queue.popleft()
                seen.add((got.kind, got.reason, got.client))
                if got.reason == LEAVING:
                    self.fake.send(self.board, CLOSED, got.client, got.target,
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
