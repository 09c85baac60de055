#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""Peers that do on a TCP connection exactly what a test wants, through ordinary sockets.

peer.py serve ADDRESS:PORT...

    A server that ends connections in every way. Says "ready" when it listens, then a line for each connection that ends: "PATH eof" or "PATH reset". What it does stands in the request's path:

    /names      answer: getpeername and getsockname
    /body       answer: bytes and SHA-256 of the request's body, of Content-Length bytes
    /close      answer, then close
    /half       read until the client's FIN, then answer: bytes and SHA-256 of what came after the header
    /reset      answer, then reset
    anything    answer: the path; then the next request, until the client ends the connection

peer.py ADDRESS:PORT ACTION...

    A client; what it receives it prints. It begins with connect, unless the first action is from.

    send TEXT       with the escapes of Python's strings
    bytes TEXT      one segment for each byte: the next when the last is acknowledged
    nagle TEXT      one write for each byte, Nagle's algorithm on
    body COUNT      so many bytes, always the same
    answer          read one response, after any "100 Continue", and print its body
    continued       read a "100 Continue" and print its status
    line            wait for a line of standard input
    end             read to the end and print "eof" or "reset", after what came before
    shut            shutdown(SHUT_WR)
    close           close
    reset           close with a RST
    nodelay         from here on: Nagle's algorithm off
    from PORT       close, and be connected anew, from this port
    connect         close, and be connected anew
    to PORT         close, and be connected anew, to this port
    get PATH        send a GET for it, and answer
    name            print its own address and port

peer.py split ADDRESS:PORT TEXT

    For each place at which TEXT can be cut in two: a connection, the two parts in segments of their own, an answer.
    Prints each different answer with its count.
"""

import errno
import fcntl
import hashlib
import os
import socket
import struct
import sys
import termios
import threading
import time

TIMEOUT = 2 * float(os.environ.get("TAP_WAIT", 30))


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def shown(address):
    host = address[0]
    if host.startswith("::ffff:"):
        host = host[7:]
    return f"{host}:{address[1]}"


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def head(stream):
    """Lines up to the empty one, or None at the end of the stream."""
    lines = []
    while True:
        line = stream.readline()
        if not line:
            return None
        if line in (b"\r\n", b"\n"):
            return lines
        lines.append(line.decode("latin-1").strip())


def content_length(lines):
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


def digest(data):
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}"


def answer(sock, text):
    body = (text + "\n").encode()
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Served:
    """One connection of the server: its last path, and how it ended."""

    def __init__(self, sock):
        self.sock = sock
        self.path = "-"
        self.end = "eof"

    def converse(self, stream):
        while lines := head(stream):
            self.path = lines[0].split()[1]
            mode = self.path.split("/")[1]
            if mode == "names":
                answer(self.sock, f"{shown(self.sock.getpeername())} {shown(self.sock.getsockname())}")
            elif mode == "body":
                if "expect: 100-continue" in (line.lower() for line in lines):
                    self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                answer(self.sock, digest(stream.read(content_length(lines))))
            elif mode == "half":
                answer(self.sock, digest(stream.read()))
            else:
                answer(self.sock, self.path)
            if mode == "reset":
                self.end = "reset"
            if mode in ("close", "reset"):
                return

    def run(self):
        stream = self.sock.makefile("rb")
        try:
            self.converse(stream)
        except ConnectionError:
            self.end = "reset"
        stream.close()
        # Before anybody can see the end.
        print(self.path, self.end, flush=True)
        if self.end == "reset":
            reset(self.sock)
        else:
            self.sock.close()


def accept(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=Served(sock).run, daemon=True).start()


def serve(addresses):
    threads = []
    for address in addresses:
        host, port = endpoint(address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=":" in host)
        threads.append(threading.Thread(target=accept, args=(listener,), daemon=True))
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    for thread in threads:
        thread.join()


def text(escaped):
    return escaped.encode("latin-1").decode("unicode_escape").encode("latin-1")


class Client:
    def __init__(self, address):
        self.host, self.port = address
        self.sock = None
        self.stream = None
        self.aborted = False

    def connect(self, port=0):
        self.close()
        self.sock = socket.socket()
        self.sock.settimeout(TIMEOUT)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port:
            self.sock.bind(("", port))
        self.aborted = False
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                self.sock.connect((self.host, self.port))
            except ConnectionResetError:
                # The handshake was completed, and the reset came before connect() had returned.
                self.aborted = True
            except OSError as error:
                # The last connection from this port still waits for the answer to its FIN.
                if error.errno != errno.EADDRNOTAVAIL or time.monotonic() > end:
                    raise
                time.sleep(0.01)
                continue
            break
        self.stream = self.sock.makefile("rb")

    def close(self):
        if self.sock:
            self.stream.close()
            self.sock.close()
        self.sock = None

    def reset(self):
        self.stream.close()
        reset(self.sock)
        self.sock = None

    def acknowledged(self):
        end = time.monotonic() + TIMEOUT
        while struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4)))[0]:
            if time.monotonic() > end:
                raise TimeoutError("not acknowledged")
            time.sleep(0.001)

    def each_byte(self, data, wait):
        for byte in data:
            self.sock.sendall(bytes([byte]))
            if wait:
                self.acknowledged()

    def answer(self):
        while True:
            lines = head(self.stream)
            if lines is None:
                return "no answer"
            status = lines[0].split()[1]
            body = self.stream.read(content_length(lines)).decode("latin-1").strip()
            if status != "100":
                return body if status == "200" else f"status {status}"

    def end(self):
        data = b""
        if self.aborted:
            return "reset"
        try:
            while chunk := self.stream.read1(65536):
                data += chunk
            how = "eof"
        except ConnectionResetError:
            how = "reset"
        return data.decode("latin-1") + how

    def nodelay(self):
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path):
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        return self.answer()

    def do(self, action, arguments):
        if action in ("answer", "end"):
            print(getattr(self, action)(), flush=True)
        elif action in ("shut", "close", "reset", "nodelay", "connect"):
            {"shut": lambda: self.sock.shutdown(socket.SHUT_WR)}.get(action, getattr(self, action, None))()
        elif action == "send":
            self.sock.sendall(text(arguments.pop(0)))
        elif action == "bytes":
            self.each_byte(text(arguments.pop(0)), True)
        elif action == "nagle":
            self.each_byte(text(arguments.pop(0)), False)
        elif action == "body":
            self.sock.sendall(b"0123456789abcdef" * (int(arguments.pop(0)) // 16))
        elif action == "from":
            self.connect(int(arguments.pop(0)))
        elif action == "to":
            self.port = int(arguments.pop(0))
            self.connect()
        elif action == "continued":
            print(head(self.stream)[0].split()[1], flush=True)
        elif action == "line":
            sys.stdin.readline()
        elif action == "name":
            print(shown(self.sock.getsockname()), flush=True)
        elif action == "get":
            print(self.get(arguments.pop(0)), flush=True)
        else:
            sys.exit(f"unknown action '{action}'")


def client(address, actions):
    peer = Client(address)
    if actions[0] != "from":
        peer.connect()
    while actions:
        peer.do(actions.pop(0), actions)


def split(address, request):
    request = text(request)
    answers = {}
    for place in range(1, len(request)):
        peer = Client(address)
        peer.connect()
        peer.nodelay()
        peer.sock.sendall(request[:place])
        peer.sock.sendall(request[place:])
        body = peer.answer()
        peer.close()
        answers[body] = answers.get(body, 0) + 1
    for body, count in sorted(answers.items()):
        print(count, body)


def main(arguments):
    if arguments[0] == "serve":
        serve(arguments[1:])
    elif arguments[0] == "split":
        split(endpoint(arguments[1]), arguments[2])
    else:
        client(endpoint(arguments[0]), arguments[1:])


main(sys.argv[1:])
