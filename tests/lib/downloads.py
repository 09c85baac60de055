#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""downloads.py ADDRESS:PORT COUNT PATH FILE

Opens COUNT connections at once, asks each for PATH and reads only the beginning of the answer. Says "open COUNT" when all
have got some. When FILE exists, half of them send another request, and all go on reading to their end. Prints how many
of which half have ended how.
"""

import asyncio
import collections
import os
import socket
import sys


async def begin(address, path):
    sock = socket.socket()
    # What the program does not fetch shall soon stop the server.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, address)
    await loop.sock_sendall(sock, f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    assert await loop.sock_recv(sock, 1000)
    return sock


async def end(sock, sends):
    loop = asyncio.get_running_loop()
    try:
        if sends:
            await loop.sock_sendall(sock, b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        while await loop.sock_recv(sock, 65536):
            pass
        return "closed"
    except ConnectionResetError:
        return "reset"


async def main(address, count, path, go):
    ip, port = address.split(":")
    socks = await asyncio.gather(*(begin((ip, int(port)), path) for _ in range(int(count))))
    print("open", len(socks), flush=True)
    while not os.path.exists(go):
        await asyncio.sleep(0.05)
    print("go", flush=True)
    halves = [n % 2 == 0 for n in range(len(socks))]
    ends = await asyncio.gather(*map(end, socks, halves))
    names = ("sends" if sends else "reads" for sends in halves)
    for (name, how), number in sorted(collections.Counter(zip(names, ends)).items()):
        print(name, how, number)


asyncio.run(main(*sys.argv[1:]))
