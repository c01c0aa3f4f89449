"""A line that never finishes asking is cut; one that waits for its answer, or has asked before, is not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
import uvicorn
from asgiref.sync import async_to_sync
from starlette.types import Receive, Scope, Send

from backend.config import heads
from backend.config.heads import PatientHeads

ASKED = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
SHORT = 0.3
LONGER = 0.6

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers after longer than a head may take; a socket says a word as late; a body is refused at once, unread."""
    if scope["type"] == "http" and scope["method"] == "PATCH":
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"no"})
        return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.sleep(LONGER)
        await send({"type": "websocket.send", "text": "still here"})
        return
    await asyncio.sleep(LONGER)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served() -> AsyncIterator[Callable[[], Coroutine[None, None, Line]]]:
    """Serves on a free port, and gives a way to open lines to it."""
    config = uvicorn.Config(
        slow, port=0, http=PatientHeads, ws="websockets-sansio", lifespan="off", log_config=None, timeout_keep_alive=600
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield lambda: asyncio.open_connection("127.0.0.1", port)
    finally:
        server.should_exit = True
        await running


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Returns what came until the line was cut."""
    try:
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        return b""


def story(
    tell: Callable[[Line], Coroutine[None, None, None]], patience: pytest.MonkeyPatch, seconds: float = SHORT
) -> None:
    """Plays one line against a server whose patience is short."""
    patience.setattr(heads, "HEAD_SECONDS", seconds)

    async def play() -> None:
        async with served() as opened:
            line = await opened()
            try:
                await tell(line)
            finally:
                line[1].transport.abort()

    async_to_sync(play)()


@pytest.mark.parametrize("said", [b"", b"G", b"GET / HTTP/1.1\r\nhost: here\r\nx: "])
def test_who_never_finishes_asking_is_cut(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        line[1].write(said)
        assert await ended(line[0]) == b""

    story(tell, monkeypatch)


def test_a_letter_now_and_then_is_no_more_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        line[1].write(b"GET / HTTP/1.1\r\nx: ")
        trickle = asyncio.create_task(_trickle(line[1]))
        assert await ended(line[0]) == b""
        trickle.cancel()

    story(tell, monkeypatch)


async def _trickle(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"a")
        await asyncio.sleep(0.02)


def test_headers_without_end_are_cut_however_fast_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        line[1].write(b"GET / HTTP/1.1\r\nx: " + b"a" * (2 * heads.HEAD_BYTES))
        assert await ended(line[0]) == b""

    story(tell, monkeypatch, seconds=3600.0)


def test_blank_lines_after_an_answer_hold_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        reader, writer = line
        writer.write(ASKED)
        await asyncio.wait_for(reader.readuntil(b"ok"), 60)
        writer.write(b"\r\n")
        assert await ended(reader) == b""

    story(tell, monkeypatch)


def test_a_socket_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        reader, writer = line
        writer.write(
            b"GET /graphql HTTP/1.1\r\nhost: here\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        answer = await asyncio.wait_for(reader.readuntil(b"still here"), 60)
        assert answer.startswith(b"HTTP/1.1 101")

    story(tell, monkeypatch)


def test_who_waits_for_an_answer_gets_it_and_may_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        reader, writer = line
        for _ in range(2):
            writer.write(ASKED)
            answer = await asyncio.wait_for(reader.readuntil(b"ok"), 60)
            assert answer.startswith(b"HTTP/1.1 200")
            # Between two questions the server's own clock runs, and not this one.
            await asyncio.sleep(LONGER)
        writer.write(ASKED[:-4])
        assert await ended(reader) == b""

    story(tell, monkeypatch)


BODY = b"PATCH / HTTP/1.1\r\nhost: here\r\ncontent-length: 1000000\r\n\r\n"


def test_who_sends_on_after_a_refusal_can_read_it_and_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone sends a whole photo before it reads; a line that is cut meanwhile takes the refusal with it."""

    async def tell(line: Line) -> None:
        reader, writer = line
        for _ in range(2):
            writer.write(BODY)
            answer = await asyncio.wait_for(reader.readuntil(b"no"), 60)
            assert answer.startswith(b"HTTP/1.1 400")
            for _ in range(10):
                writer.write(b"x" * 100_000)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.write(ASKED)
        assert (await asyncio.wait_for(reader.readuntil(b"ok"), 60)).startswith(b"HTTP/1.1 200")

    story(tell, monkeypatch, seconds=3600.0)


def test_a_refused_body_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(line: Line) -> None:
        reader, writer = line
        writer.write(BODY)
        await asyncio.wait_for(reader.readuntil(b"no"), 60)
        trickle = asyncio.create_task(_trickle(writer))
        assert await ended(reader) == b""
        trickle.cancel()

    monkeypatch.setattr(heads, "BODY_SECONDS", SHORT)
    story(tell, monkeypatch, seconds=3600.0)
