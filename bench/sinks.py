"""Ends of the line for measurements: an SMTP and an HTTP server, each a process that counts distinct messages.

    python bench/sinks.py smtp|http PORT [MILLISECONDS]

Answers each message after so many milliseconds, as a carrier at the end of a line would.
Writes a line of JSON on standard output for every line on standard input: what it got since the last `reset`.
"""

import asyncio
import json
import re
import sys
import time
from typing import Any

from aiosmtpd.smtp import SMTP

MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class Tally:
    """What came in, by the client's id."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.at: dict[str, float] = {}
        self.total = 0

    def take(self, client_id: str) -> None:
        self.total += 1
        self.at.setdefault(client_id, time.time())

    def said(self, prefix: str) -> dict[str, Any]:
        moments = [at for each, at in self.at.items() if each.startswith(prefix)]
        return {
            "total": self.total,
            "distinct": len(moments),
            "first": min(moments, default=0.0),
            "last": max(moments, default=0.0),
        }


class Mailbox:
    """Takes every letter."""

    def __init__(self, tally: Tally, delay: float) -> None:
        self.tally, self.delay = tally, delay

    async def handle_DATA(  # noqa: N802 — the name that aiosmtpd calls
        self, server: SMTP, session: Any, envelope: Any
    ) -> str:
        found = MESSAGE_ID.search(envelope.content)
        self.tally.take(found[1].decode() if found else "")
        if self.delay:
            await asyncio.sleep(self.delay)
        return "250 2.0.0 Ok: queued as 4F2A11C09"


class Gateway(asyncio.Protocol):
    """Takes every call: as little HTTP as a kept line needs."""

    def __init__(self, tally: Tally, delay: float) -> None:
        self.tally, self.delay = tally, delay
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            found = re.search(rb"content-length: *(\d+)", self.buffer[:end], re.IGNORECASE)
            length = int(found[1]) if found else 0
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            client_id = json.loads(body)["id"]
            self.tally.take(client_id)
            answer = json.dumps({"id": f"g-{client_id}"}).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, head + answer)
            else:
                self.transport.write(head + answer)


async def main(kind: str, port: int, delay: float) -> None:
    tally = Tally()
    loop = asyncio.get_running_loop()
    if kind == "smtp":
        mailbox = Mailbox(tally, delay)
        await loop.create_server(lambda: SMTP(mailbox, hostname="sink.test", loop=loop), "127.0.0.1", port)
    else:
        await loop.create_server(lambda: Gateway(tally, delay), "127.0.0.1", port)
    print("ready", flush=True)
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip("\n"):
        word, _, prefix = line.partition(" ")
        if word == "reset":
            tally.reset()
        print(json.dumps(tally.said(prefix)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float((sys.argv[3:] or ["0"])[0]) / 1000))
