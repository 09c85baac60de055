#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""serve.py NAME LOG [BACKLOG]

An application on port 80 that answers "GET /.../ID" by NAME and a body that ID alone determines (tests/torture/ask.py
knows it), and closes. Before it answers it says ID in LOG.
"""

import asyncio
import os
import sys


def body(name, number):
    """Mostly short; now and then of many segments."""
    return f"{name} {number} ".encode() + bytes(str(number), "ascii") * (1 if number % 8 else number % 4001)


async def serve(name, log, backlog):
    async def client(reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split(b" ", 2)[1].rsplit(b"/", 1)[1])
            os.write(log, b"%d\n" % number)
            answer = body(name, number)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(client, "", 80, backlog=backlog)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
                      int((sys.argv[3:] or ["1000"])[0])))
