#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""fetches.py ADDRESS:PORT ROUNDS COUNT PATH HOST...

In each round fetches PATH COUNT times at once, each time on a new connection, from each HOST in turn. Prints for each
host how often what came: the status, the body's length and SHA-256; and how often what went wrong.
"""

import asyncio
import collections
import hashlib
import sys


async def fetch(address, path, host):
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    return f"{host} {head.split()[1].decode()} {len(body)} {hashlib.sha256(body).hexdigest()}"


async def one(address, path, host):
    try:
        return await asyncio.wait_for(fetch(address, path, host), 60)
    except (OSError, IndexError, asyncio.TimeoutError) as error:
        return f"{host} failed: {error!r}"


async def main(address, rounds, count, path, *hosts):
    ip, port = address.split(":")
    results = collections.Counter()
    for _ in range(int(rounds)):
        jobs = (one((ip, int(port)), path, hosts[n % len(hosts)]) for n in range(int(count)))
        results.update(await asyncio.gather(*jobs))
    for result, number in sorted(results.items()):
        print(number, result)


asyncio.run(main(*sys.argv[1:]))
