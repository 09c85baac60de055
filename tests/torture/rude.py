#!/usr/bin/python3 -I
# SPDX-License-Identifier: GPL-2.0
"""rude.py ADDRESS COUNT KIND: COUNT connections that keep a board waiting, each opened again when it ends, until this is
ended. KIND: silent asks nothing; slow sends a byte of a request each second; long sends a head without end."""

import asyncio
import sys


async def rude(address, kind):
    reader, writer = await asyncio.open_connection(address, 80)
    try:
        if kind == "silent":
            await reader.read()
        elif kind == "slow":
            for byte in b"GET /" + b"x" * 1000:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(1)
        else:
            writer.write(b"POST /2/short HTTP/1.1\r\n")
            while True:
                writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)
    finally:
        writer.close()


async def again(address, kind):
    while True:
        try:
            await rude(address, kind)
        except (OSError, asyncio.TimeoutError):
            await asyncio.sleep(0.1)


async def main(address, count, kind):
    await asyncio.gather(*(again(address, kind) for _ in range(int(count))))


asyncio.run(main(*sys.argv[1:]))
