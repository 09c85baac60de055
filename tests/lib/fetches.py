#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""fetches.py ADDRESS:PORT ROUNDS COUNT PATH HOST...

In each round fetches PATH COUNT times at once, each time on a new connection, from each HOST in turn. Prints for each
host how often what came: the status, the body's length and SHA-256; and how often what went wrong. After a minute
(twice TAP_WAIT) it was "never connected", or "hangs" although it was.
"""

import asyncio
import collections
import hashlib
import os
import sys


async def fetch(reader, writer, path, host):
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    return f"{host} {head.split()[1].decode()} {len(body)} {hashlib.sha256(body).hexdigest()}"


async def one(address, path, host):
    connected = False
    try:
        async with asyncio.timeout(2 * float(os.environ.get("TAP_WAIT", 30))):
            streams = await asyncio.open_connection(*address)
            connected = True
            return await fetch(*streams, path, host)
    except TimeoutError:
        return f"{host} failed: {'hangs' if connected else 'never connected'}"
    except (OSError, IndexError) as error:
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
