#!/usr/bin/python3 -I
# SPDX-License-Identifier: GPL-2.0
"""ask.py ADDRESS:PORT FIRST COUNT WIDTH PATH...

COUNT requests, WIDTH at a time, each on a connection of its own, for PATH/ID: ID counts from FIRST, PATH is each in turn.
A line for each that has ended, as it ends: "ID WHAT", where WHAT is the server's name if all of the answer is as it must
be, and else

    reset    the connection was reset, before or after it was established
    short    it was closed before the answer's end
    wrong    the answer is not what was asked for
    hung     nothing of that in LIMIT seconds, though this side asks each second whether the other is there
"""

import asyncio
import os
import re
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serve import body

LIMIT = 4 * float(os.environ.get("TAP_WAIT", 30))
ANSWER = re.compile(rb"HTTP/1.1 200 OK\r\nContent-Length: (\d+)\r\n\r\n((board\d+) (\d+) .*)", re.S)


def judged(data, number):
    """What an answer that was closed is."""
    whole = ANSWER.fullmatch(data)
    if not whole:
        return "wrong" if data and not re.match(rb"H(T|$)", data) else "short"
    name = whole[3].decode()
    if len(whole[2]) < int(whole[1]):
        return "short" if body(name, number).startswith(whole[2]) else "wrong"
    return name if whole[2] == body(name, number) else "wrong"


async def exchange(sock, address, path, number):
    loop = asyncio.get_running_loop()
    data = b""
    try:
        await loop.sock_connect(sock, address)
        await loop.sock_sendall(sock, f"GET {path}/{number} HTTP/1.1\r\nHost: any\r\n\r\n".encode())
        while more := await loop.sock_recv(sock, 65536):
            data += more
    except ConnectionError:
        return "reset"
    return judged(data, number)


async def ask(address, path, number):
    with socket.socket() as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 127)
        try:
            return await asyncio.wait_for(exchange(sock, address, path, number), LIMIT)
        except (TimeoutError, asyncio.TimeoutError):
            return "hung"


async def main(address, first, count, width, *paths):
    ip, port = address.rsplit(":", 1)
    numbers = iter(range(int(first), int(first) + int(count)))

    async def worker():
        for number in numbers:
            print(number, await ask((ip, int(port)), paths[number % len(paths)], number), flush=True)

    await asyncio.gather(*(worker() for _ in range(int(width))))


asyncio.run(main(*sys.argv[1:]))
