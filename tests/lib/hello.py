#!/usr/bin/python3 -I
# SPDX-License-Identifier: GPL-2.0
"""TLS clients whose ClientHello is cut as a test wants, and ClientHellos by hand.

hello.py ADDRESS:PORT CA NAME [WORD...]

    A handshake by OpenSSL, the server's certificate verified against the file CA and NAME, a GET, and its body printed
    with the version of TLS. NAME "-" is not sent, nor verified. Words:

    1.2, 1.3        only this version
    records BYTES   the hello in records of so many bytes
    bytes           the hello in segments of one byte: the next when the last is acknowledged
    alpn BYTES      a list of so many bytes of protocols
    again           a second connection that resumes the session of the first
"""

import fcntl
import socket
import ssl
import struct
import sys
import termios
import time

TIMEOUT = 120


def number(value, size):
    return value.to_bytes(size, "big")


def counted(data, size):
    """A vector: its length, then itself."""
    return number(len(data), size) + data


def extension(kind, data=b""):
    return number(kind, 2) + counted(data, 2)


def server_name(name):
    return extension(0, counted(b"\0" + counted(name, 2), 2))


def message(*extensions):
    """A ClientHello with these extensions."""
    body = b"\3\3" + bytes(32) + counted(b"", 1) + counted(b"\x13\1", 2) + counted(b"\0", 1) + \
        counted(b"".join(extensions), 2)
    return b"\1" + counted(body, 3)


def records(data, size=16384):
    """A message in records of so many bytes."""
    return b"".join(b"\x16\3\1" + counted(data[at:at + size], 2) for at in range(0, len(data), size))


def unwrapped(data):
    """The message in whole records."""
    out = b""
    while data:
        end = 5 + int.from_bytes(data[3:5], "big")
        out, data = out + data[5:end], data[end:]
    return out


def acknowledged(sock):
    end = time.monotonic() + TIMEOUT
    while struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]:
        if time.monotonic() > end:
            raise TimeoutError("not acknowledged")
        time.sleep(0.001)


class Client:
    def __init__(self, address, ca, name, words):
        self.address = address
        self.name = None if name == "-" else name
        self.size = self.bytes = 0
        self.context = ssl.create_default_context(cafile=ca)
        self.context.check_hostname = bool(self.name)
        while words:
            self.word(words.pop(0), words)

    def word(self, word, words):
        if word in ("1.2", "1.3"):
            version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[word]
            self.context.minimum_version = self.context.maximum_version = version
        elif word == "records":
            self.size = int(words.pop(0))
        elif word == "bytes":
            self.bytes = True
        elif word == "alpn":
            # "http/1.1" is nine bytes of it.
            length = int(words.pop(0)) - 9
            names = ["x" * min(255, left - 1) for left in range(length, 1, -256)]
            self.context.set_alpn_protocols(names + ["http/1.1"])
        else:
            sys.exit(f"unknown word '{word}'")

    def send_hello(self, data):
        if self.size:
            data = records(unwrapped(data), self.size)
        if not self.bytes:
            self.sock.sendall(data)
            return
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            self.sock.sendall(bytes([byte]))
            acknowledged(self.sock)

    def pump(self, step):
        """What OpenSSL wants to send and receive until the step is done."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                done = None
            data = self.outgoing.read()
            if data and not self.greeted:
                self.send_hello(data)
                self.greeted = True
            else:
                self.sock.sendall(data)
            if done is not None:
                return done
            data = self.sock.recv(65536)
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()

    def fetch(self, session=None):
        self.sock = socket.create_connection(self.address, TIMEOUT)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.greeted = False
        tls = self.context.wrap_bio(self.incoming, self.outgoing, server_hostname=self.name, session=session)
        self.pump(lambda: tls.do_handshake() or True)
        request = f"GET / HTTP/1.1\r\nHost: {self.name or 'nameless'}\r\nConnection: close\r\n\r\n"
        self.pump(lambda: tls.write(request.encode()))
        answer = b""
        while more := self.pump(lambda: tls.read(65536)):
            answer += more
        self.sock.close()
        print(answer.partition(b"\r\n\r\n")[2].decode().strip(), tls.version() + (" reused" if tls.session_reused else ""),
              flush=True)
        return tls.session


def main(address, ca, name, *words):
    host, port = address.rsplit(":", 1)
    client = Client((host, int(port)), ca, name, [word for word in words if word != "again"])
    session = client.fetch()
    if "again" in words:
        client.fetch(session)


if __name__ == "__main__":
    main(*sys.argv[1:])
