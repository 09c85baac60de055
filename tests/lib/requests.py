#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""requests.py ADDRESS:PORT WIDTH PATH STOP

Requests without end, WIDTH at a time, each on a connection of its own from a port of its own (10001, 10002 ...), until the
file STOP is there; those that wait then are waited for. A line for each that has ended: its port, when it was begun, when
it ended, in seconds since 1970, and the body that came, or "failed" and why. What gets no answer for a minute (twice
TAP_WAIT) has failed.
"""

import asyncio
import itertools
import os
import sys
import time

LIMIT = 2 * float(os.environ.get("TAP_WAIT", 30))


async def answer(address, port, path):
    reader, writer = await asyncio.open_connection(*address, local_addr=("0.0.0.0", port))
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            return f"failed: {head.decode()[:20]!r}"
        return body.decode().strip()
    finally:
        writer.close()


async def worker(ports, address, path, stop):
    for port in ports:
        if os.path.exists(stop):
            return
        begun = time.time()
        try:
            result = await asyncio.wait_for(answer(address, port, path), LIMIT)
        except (OSError, asyncio.TimeoutError) as error:
            result = f"failed: {error!r}"
        print(port, f"{begun:.6f} {time.time():.6f}", result, flush=True)


async def main(address, width, path, stop):
    ip, port = address.split(":")
    ports = iter(itertools.chain(range(10001, 32000), [0]))
    await asyncio.gather(*(worker(ports, (ip, int(port)), path, stop) for _ in range(int(width))))


asyncio.run(main(*sys.argv[1:]))
