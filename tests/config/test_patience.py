"""Who asks for much and takes nothing of it is left alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import async_to_sync
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message

from backend.config import patience
from backend.config.patience import SLICE_BYTES, PatientLines

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"version": "3.0", "spec_version": "2.3"}}


def ask(app: ASGIApp, *, reads: int = 10**6) -> list[Message]:
    """Returns what was sent until the door was done with us; we read so many messages."""
    taken: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        taken.append(message)
        if len(taken) > reads:
            await asyncio.Event().wait()

    async def story() -> None:
        await asyncio.wait_for(PatientLines(app)(SCOPE, receive, send), 30)

    async_to_sync(story)()
    return taken


@pytest.mark.parametrize("size", [0, 1, SLICE_BYTES, SLICE_BYTES + 1, 5 * SLICE_BYTES])
def test_an_answer_is_whole_and_goes_in_slices(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    _, *parts = ask(Response(body[:size]))
    assert b"".join(part["body"] for part in parts) == body[:size]
    assert max(len(part["body"]) for part in parts) <= SLICE_BYTES
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]


@pytest.mark.parametrize("reads", [0, 1, 3])
def test_a_line_that_takes_nothing_is_left(reads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STALL_SECONDS", 0.05)
    taken = ask(Response(bytes(9 * SLICE_BYTES)), reads=reads)
    assert len(taken) == reads + 1


def test_a_stream_without_end_ends_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STALL_SECONDS", 0.05)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"more"

    assert len(ask(StreamingResponse(endless()), reads=4)) == 5
