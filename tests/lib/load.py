# SPDX-License-Identifier: GPL-2.0
"""Clients without end, and the servers they come to, in one thread of the test: where a program takes a quarter of a
second to start, there would be none in time."""

import errno
import os
import selectors
import socket
import struct
import threading
import time

import tap
from player import Namespace

SERVED, RESET, REFUSED = "served", "reset", "never connected"


def cut(sock):
    """It is over at once: a RST, and nothing is left of it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Load(threading.Thread):
    """So many connections at a time, each with the next of the requests' paths. Some of what ends in "keep" is
    served and stays; the rest is closed, by the server first, and another follows."""

    def __init__(self, address, listeners, paths, width=8):
        super().__init__(daemon=True)
        self.address, self.listeners, self.paths, self.width = address, listeners, paths, width
        self.selector = selectors.DefaultSelector()
        self.clients, self.kept, self.served = {}, set(), {listener: set() for listener in listeners}
        self.came = {SERVED: 0, RESET: 0, REFUSED: 0}
        self.number = 0
        self.ending = None
        self.start()

    def run(self):
        # Beside what the test does itself.
        os.sched_setaffinity(0, {os.cpu_count() - 1})
        Namespace("client").__enter__()
        for listener in self.listeners:
            self.watch(listener, lambda listener=listener: self.accept(listener))
        while not self.ending or self.waiting() and time.monotonic() < self.ending:
            for _ in range(0 if self.ending else self.width - len(self.clients)):
                self.connect()
            for key, _ in self.selector.select(0.05):
                # Unless one before it in the list has ended it.
                if self.selector.get_map().get(key.fd) == key:
                    key.data()

    def watch(self, sock, call, events=selectors.EVENT_READ):
        self.selector.register(sock, events, call)

    def forget(self, sock):
        self.selector.unregister(sock)

    # Clients

    def waiting(self):
        return [path for path in self.clients.values() if path != REFUSED]

    def connect(self):
        sock = socket.socket()
        sock.setblocking(False)
        path = self.paths[self.number % len(self.paths)]
        self.number += 1
        self.clients[sock] = REFUSED
        self.watch(sock, lambda: self.request(sock, path), selectors.EVENT_WRITE)
        if sock.connect_ex(self.address) not in (0, errno.EINPROGRESS):
            self.end(sock, REFUSED)

    def request(self, sock, path):
        self.forget(sock)
        self.watch(sock, lambda: self.hear(sock, path))
        try:
            sock.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            self.clients[sock] = path
        except OSError as error:
            self.end(sock, RESET if isinstance(error, ConnectionError) else REFUSED)

    def hear(self, sock, path):
        try:
            data = sock.recv(1000)
        except OSError:
            data = b""
        if path.endswith("keep") and data and len(self.kept) < self.width:
            self.kept.add(sock)
            self.came[SERVED] += 1
            del self.clients[sock]
            self.forget(sock)
        elif not data:
            self.end(sock, RESET)
        else:
            self.end(sock, SERVED)

    def end(self, sock, how):
        self.came[how] += 1
        del self.clients[sock]
        self.forget(sock)
        sock.close()

    # Servers

    def accept(self, listener):
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        self.served[listener].add(sock)
        self.watch(sock, lambda: self.answer(listener, sock))

    def answer(self, listener, sock):
        path = None
        try:
            if data := sock.recv(1000):
                path = data.split()[1].decode()
                sock.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except OSError:
            pass
        if path in self.paths and path.endswith("keep"):
            return
        self.served[listener].discard(sock)
        self.forget(sock)
        if path in self.paths:
            sock.close()
        else:
            # A client made by hand would never acknowledge the end.
            cut(sock)

    # The test's

    def abandon(self, listener):
        """The server at a board whose namespace goes."""
        def ended():
            self.forget(listener)
            listener.close()
            for sock in self.served[listener]:
                self.forget(sock)
                cut(sock)
            self.served[listener].clear()
        self.within(ended)

    def within(self, call):
        """In the thread."""
        done = threading.Event()
        ours, its = socket.socketpair()

        def called():
            self.forget(its)
            call()
            done.set()
        self.watch(its, called)
        ours.send(b".")
        tap.check(done.wait(tap.WAIT), "the load does not move")
        ours.close()
        its.close()

    def stop(self, at_once=False):
        """No more of them; what those ask for who were connected and wait in vain, unless all shall end at once."""
        self.ending = time.monotonic() + (0 if at_once else tap.WAIT)
        self.join()
        waiting = [] if at_once else self.waiting()
        for sock in [*self.clients, *self.kept, *(sock for each in self.served.values() for sock in each)]:
            cut(sock)
        for listener in self.listeners:
            listener.close()
        self.selector.close()
        return waiting
