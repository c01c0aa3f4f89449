"""A socket that reads nothing is given up by its server, and its transport with it."""

import asyncio

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from backend.config import sockets
from backend.config.sockets import CuttableSockets
from backend.schema.feeds import line as lines
from backend.schema.feeds.line import CUT, Line

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def test_a_socket_that_reads_nothing_is_closed_and_costs_no_more_than_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "STALL_SECONDS", 0.2)
    monkeypatch.setattr(sockets, "CUT_SECONDS", 0.2)
    refused, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def write(frame: str) -> None:
            await send({"type": "websocket.send", "text": frame})

        def stalled() -> None:
            line.close()
            scope["extensions"][CUT](1013, "too slow")

        await receive()
        await send({"type": "websocket.accept"})
        line = Line(write, stalled)
        # What the machine between the two takes is sent; then the line fills, and takes no more.
        while line.put("x" * 60_000):  # noqa: ASYNC110 - it is filled, not waited for
            await asyncio.sleep(0)
        refused.set()
        while (message := await receive())["type"] != "websocket.disconnect":
            pass
        assert message["code"] == 1013
        ended.set()

    async def story() -> None:
        config = uvicorn.Config(app, port=0, ws=CuttableSockets, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        _, writer = await asyncio.open_connection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1], limit=1)
        try:
            writer.write(UPGRADE)
            await asyncio.wait_for(refused.wait(), 20)
            await asyncio.wait_for(ended.wait(), 20)
            while server.server_state.connections:  # noqa: ASYNC110 - nor for that
                await asyncio.sleep(0.01)
        finally:
            writer.transport.abort()
            server.should_exit = True
            await running

    asyncio.run(asyncio.wait_for(story(), 60))
