"""Many sockets that listen, in one process that does as little as it can: python -m tests.benchmarks.live.client.

It speaks graphql-transport-ws. Commands come as JSON lines, {"crowd": name, "do": a method of Crowd, "given": arguments}; each
is answered by one line."""

import asyncio
import json
import os
import resource
import struct
import sys
import time
from typing import Any, cast

import uvloop

NOTE = b'"notes":"'
AT_ONCE = 50


class Socket(asyncio.Protocol):
    """One listener: keeps what it was told, with the time of each."""

    def __init__(self, crowd: "Crowd", init: bytes, subscribe: bytes) -> None:
        self.told: list[tuple[int, bytes]] = []
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._crowd, self._init, self._subscribe = crowd, init, subscribe
        self._held = b""
        self._open = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass
        self.transport.write(
            b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.lost += 1
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed: {self._held[-200:]!r}"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        held = self._held + data if self._held else data
        at = 0
        if not self._open:
            end = held.find(b"\r\n\r\n")
            if end < 0:
                self._held = held
                return
            assert held.startswith(b"HTTP/1.1 101"), held[:300]
            self._open = True
            self._send(self._init)
            at = end + 4
        size = len(held)
        while size - at >= 2:
            length, begin = held[at + 1] & 127, at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, begin = struct.unpack_from(">H", held, at + 2)[0], at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, begin = struct.unpack_from(">Q", held, at + 2)[0], at + 10
            if size < begin + length:
                break
            self._frame(held[at] & 15, held[begin : begin + length], now)
            at = begin + length
        self._held = held[at:]

    def _frame(self, kind: int, body: bytes, now: int) -> None:
        if kind == 9:
            self._send(body, kind=10)
        elif kind == 8:
            self._held = body
        elif b'"next"' in body:
            found = body.find(NOTE)
            note = body[found + len(NOTE) : body.find(b'"', found + len(NOTE))] if found >= 0 else b""
            self.told.append((now, note))
            self._crowd.told += 1
        elif b'"connection_ack"' in body:
            self._send(self._subscribe)
            if not self.ready.done():
                self.ready.set_result(None)
        elif b'"ping"' in body:
            self._send(b'{"type":"pong"}')
        elif b'"error"' in body or b'"complete"' in body:
            sys.stderr.write(f"refused: {body[:500]!r}\n")

    def _send(self, body: bytes, kind: int = 1) -> None:
        # A mask of zeros changes nothing, and costs nothing.
        head = (
            bytes([128 | kind, 128 | len(body)]) if len(body) < 126 else struct.pack(">BBH", 128 | kind, 254, len(body))
        )
        assert self.transport is not None
        self.transport.write(head + b"\0\0\0\0" + body)


class Crowd:
    """All the sockets to one server."""

    def __init__(self) -> None:
        self.told = self.lost = 0
        self.sockets: list[Socket] = []

    async def connect(self, port: int, query: str, people: list[dict[str, str]]) -> dict[str, Any]:
        """Opens a socket for each of the people, a few at a time, and returns when all are acknowledged."""
        subscribe = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}})
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(person: dict[str, str]) -> Socket:
            init = json.dumps(
                {"type": "connection_init", "payload": {k: v for k, v in person.items() if k != "device"}}
            )
            mine = subscribe.replace("DEVICE", person.get("device", ""))
            async with gate:
                loop = asyncio.get_running_loop()
                _, socket = await loop.create_connection(
                    lambda: Socket(self, init.encode(), mine.encode()), "127.0.0.1", port
                )
                await asyncio.wait_for(socket.ready, 60)
                return socket

        began = time.monotonic()
        # In the order of the people, so that a socket's number is its person's.
        for start in range(0, len(people), AT_ONCE):
            self.sockets += await asyncio.gather(*(one(person) for person in people[start : start + AT_ONCE]))
        return {"seconds": time.monotonic() - began}

    def begin(self) -> dict[str, Any]:
        """Forgets what was told so far."""
        for socket in self.sockets:
            socket.told.clear()
        self.told = 0
        return {}

    async def wait(self, count: int, quiet: float, most: float) -> dict[str, Any]:
        """Waits for so many messages and then as long as none comes; returns all: [socket, nanosecond, note]."""
        deadline = time.monotonic() + most
        while self.told < count and time.monotonic() < deadline:  # noqa: ASYNC110 - an event costs each message something
            await asyncio.sleep(0.02)
        before = -1
        while before != self.told:  # what comes twice comes late
            before = self.told
            await asyncio.sleep(quiet)
        told = [(k, at, note.decode()) for k, socket in enumerate(self.sockets) for at, note in socket.told]
        return {"told": told, "lost": self.lost}

    async def close(self) -> dict[str, Any]:
        """Hangs up."""
        for socket in self.sockets:
            if socket.transport is not None:
                socket.transport.abort()
        self.sockets.clear()
        await asyncio.sleep(0.5)
        self.lost = 0
        return {}


async def main() -> None:
    """Does what standard input asks for, until it ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowds: dict[str, Crowd] = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        crowd = crowds.setdefault(asked["crowd"], Crowd())
        name, given = asked["do"], asked.get("given", {})
        done = getattr(crowd, name)(**given)
        sys.stdout.write(json.dumps(await done if asyncio.iscoroutine(done) else done) + "\n")
        sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(main())
