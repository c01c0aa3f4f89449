"""The door to GraphQL over server-sent events: one operation a request, its answers as they come ("distinct connections mode"
of the protocol GraphQL over Server-Sent Events).

A subscription ends when the other end closes the line, or with an answer that says why, when who asked is cut off."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send
from strawberry.types.execution import ExecutionResult, PreExecutionError

from backend.kit.logs import logger
from backend.schema.api import schema
from backend.schema.context import Context, address_of
from backend.schema.feeds.line import OUTLET, Line
from backend.schema.feeds.stream import feeds
from backend.schema.feeds.told import error_payload
from backend.schema.frames import MOST_BYTES, BodyStalled, BodyTooLarge, counted, decoded, encoded
from backend.schema.trusted import take_name

EVENTS = "text/event-stream"
BEAT_SECONDS = 12.0
"""How long nothing is sent at the most: a comment keeps proxies from closing a line that they take for dead."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # What gathers before it is passed on tells nothing live.
    (b"x-accel-buffering", b"no"),
]
_log = logger("doors")


def wants_events(scope: Scope) -> bool:
    """Says whether a request asks for events, and so is for this door."""
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
    if EVENTS not in accepted:
        return False
    return scope["method"] == "POST" and any(one.partition(";")[0].strip() == EVENTS for one in accepted.split(","))


class _Stream:
    """One answer that goes on."""

    def __init__(self, send: Send) -> None:
        self._asgi_send = send
        self.line = Line(self._write, self._stalled)
        self.over = asyncio.Event()

    async def begin(self) -> None:
        await self._asgi_send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        # Proxies, and some readers, wait for the first letter.
        await self.line.say(":\n\n")

    async def end(self) -> None:
        await self.line.say("event: complete\ndata:\n\n")
        await self.line.flushed()
        if not self.line.closed:
            await self._asgi_send({"type": "http.response.body", "body": b"", "more_body": False})

    def put(self, payload: str) -> bool:
        return self.line.put(f"event: next\ndata: {payload}\n\n")

    async def say(self, payload: str) -> None:
        await self.line.say(f"event: next\ndata: {payload}\n\n")

    def when_free(self, call: Callable[[], None]) -> None:
        self.line.when_free(call)

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.line.put(":\n\n")

    async def _write(self, frame: str) -> None:
        await self._asgi_send({"type": "http.response.body", "body": frame.encode(), "more_body": True})

    def _stalled(self) -> None:
        _log.info("events_stalled")
        self.line.close()
        self.over.set()


async def graphql_events(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers POST /graphql with Accept: text/event-stream."""
    stream = _Stream(send)
    try:
        asked = await _asked(Request(scope, counted(receive, scope["headers"])))
    except ClientDisconnect:
        return
    except BodyTooLarge:
        await _refuse(stream, "BODY_TOO_LARGE", f"A body is at most {MOST_BYTES} bytes; send less at a time.")
        return
    except BodyStalled:
        await _refuse(stream, "BODY_STALLED", "The rest of the body did not come.", retry="RETRY")
        return
    if isinstance(asked, str):
        await _refuse(stream, "BAD_REQUEST", asked)
        return
    context = Context(address=address_of(scope))
    await context.identify(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
    await stream.begin()
    tasks = {
        asyncio.create_task(_answer(stream, context, asked)),
        asyncio.create_task(_until_left(receive)),
        asyncio.create_task(stream.over.wait()),
    }
    beat = asyncio.create_task(stream.beat())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, beat):
            task.cancel()
        ended = await asyncio.gather(*tasks, beat, return_exceptions=True)
        stream.line.close()
    for one in ended:
        if isinstance(one, Exception):
            raise one


async def _asked(request: Request) -> Mapping[str, Any] | str:
    """Returns the request, or what is wrong with it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return "Send application/json."
    try:
        asked = decoded(await request.body())
    except json.JSONDecodeError:
        return "The body is not JSON."
    if isinstance(asked, dict):
        take_name(asked)
    shaped = (
        isinstance(asked, dict)
        and isinstance(asked.get("query"), str | None)
        and isinstance(asked.get("variables"), dict | None)
        and isinstance(asked.get("operationName"), str | None)
        and isinstance(asked.get("extensions"), dict | None)
    )
    return asked if shaped and isinstance(asked, dict) else "This is no GraphQL request."


async def _refuse(stream: _Stream, code: str, message: str, retry: str = "NEVER") -> None:
    await stream.begin()
    await stream.say(error_payload(code, message, retry))
    await stream.end()


async def _answer(stream: _Stream, context: Context, asked: Mapping[str, Any]) -> None:
    OUTLET.set(stream)
    if context.caller is None:
        await _run(stream, context, asked)
    else:
        cut = asyncio.Event()
        async with feeds().guarding(context.caller, cut.set):
            running = asyncio.create_task(_run(stream, context, asked))
            waiting = asyncio.create_task(cut.wait())
            try:
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
                running.cancel()
                await asyncio.gather(running, waiting, return_exceptions=True)
            if cut.is_set():
                stream.line.forget()
                await stream.say(
                    error_payload("TOKEN_INVALID", "You were signed out, or your role was changed.", "AUTH")
                )
            elif not running.cancelled():
                running.result()
    await stream.end()


async def _run(stream: _Stream, context: Context, asked: Mapping[str, Any]) -> None:
    results = await schema.stream(
        asked.get("query"),
        variable_values=asked.get("variables"),
        context_value=context,
        operation_name=asked.get("operationName"),
        operation_extensions=asked.get("extensions"),
    )
    async with aclosing(results) as told:
        async for result in told:
            assert isinstance(result, ExecutionResult | PreExecutionError)
            said: dict[str, Any] = {"data": result.data}
            if result.errors:
                said["errors"] = [error.formatted for error in result.errors]
            if result.extensions:
                said["extensions"] = result.extensions
            await stream.say(encoded(said).decode())


async def _until_left(receive: Receive) -> None:
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return
