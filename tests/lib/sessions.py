#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""Sessions that live in the memory of one board's application, and clients that have them.

sessions.py serve ADDRESS:PORT NAME
    Answers every request with NAME and how often its session has asked. A session that it does not know begins: the answer
    gives it the cookie JSESSIONID.
sessions.py ask FILE SESSIONS REQUESTS WIDTH ADDRESS:PORT...
    REQUESTS of each session, each of a connection of its own to one of the addresses; WIDTH sessions at a time. FILE has
    them from call to call. Says how many answers came from the board that had the session ("kept"), with the right number;
    of how many a session began or began anew elsewhere ("begun", "moved"); and what went wrong.
"""

import asyncio
import collections
import json
import os
import random
import re
import sys

LIMIT = 2 * float(os.environ.get("TAP_WAIT", 30))


def address_of(text):
    ip, port = text.split(":")
    return ip, int(port)


class Application:
    def __init__(self, name):
        self.name = name
        self.sessions = collections.Counter()

    async def answer(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            cookie = re.search(r"^Cookie:.*\bJSESSIONID=(\w+)", head, re.M)
            session, extra = cookie and cookie[1], ""
            if session not in self.sessions:
                session = os.urandom(16).hex()
                extra = f"Set-Cookie: JSESSIONID={session}; Path=/; HttpOnly\r\n"
            self.sessions[session] += 1
            body = f"{self.name} {self.sessions[session]}"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{extra}\r\n{body}".encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()


async def serve(address, name):
    server = await asyncio.start_server(Application(name).answer, *address_of(address), backlog=1024)
    async with server:
        await server.serve_forever()


async def request(address, session):
    reader, writer = await asyncio.open_connection(*address)
    try:
        cookie = f"Cookie: theme=dark; JSESSIONID={session}\r\n" if session else ""
        writer.write(f"GET / HTTP/1.1\r\nHost: any\r\n{cookie}Connection: close\r\n\r\n".encode())
        head, _, body = (await reader.read(-1)).decode().partition("\r\n\r\n")
    finally:
        writer.close()
    given = re.search(r"^Set-Cookie: JSESSIONID=(\w+)", head, re.M)
    board, number = body.split()
    return given and given[1], board, int(number)


async def ask_one(session, requests, addresses, counts):
    for _ in range(requests):
        address = random.choice(addresses)
        try:
            given, board, number = await asyncio.wait_for(request(address, session.get("cookie")), LIMIT)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            counts["failed"] += 1
            print(f"# {address}: {error!r}")
            continue
        if given:
            counts["moved" if "cookie" in session else "begun"] += 1
            session.update(cookie=given, board=board, number=1)
        elif board == session["board"] and number == session["number"] + 1:
            counts["kept"] += 1
            session["number"] = number
        else:
            counts["wrong"] += 1


async def ask(file, sessions, requests, width, *addresses):
    try:
        with open(file, encoding="ascii") as stored:
            all_sessions = json.load(stored)
    except FileNotFoundError:
        all_sessions = [{} for _ in range(int(sessions))]
    counts = collections.Counter()
    waiting = iter(all_sessions)

    async def worker():
        for session in waiting:
            await ask_one(session, int(requests), [address_of(a) for a in addresses], counts)

    before = collections.Counter(session.get("board") for session in all_sessions)
    await asyncio.gather(*(worker() for _ in range(int(width))))
    with open(file, "w", encoding="ascii") as stored:
        json.dump(all_sessions, stored)
    print(*(f"{name} {counts[name]}" for name in ("begun", "kept", "moved", "wrong", "failed") if counts[name]))
    after = collections.Counter(session.get("board") for session in all_sessions)
    print("#", dict(before), "->", dict(after))


asyncio.run({"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:]))
