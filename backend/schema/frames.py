"""Bodies and frames from strangers: read without trust, and written whatever they hold."""

import json
import re
from collections.abc import MutableMapping, Sequence
from typing import Any

import orjson
from starlette.types import Message, Receive

from backend.kit.waiting import within

MOST_BYTES = 2**20
DEEPEST = 200
PATIENCE_SECONDS = 30.0
"""How long a body may stand still; a slow one that goes on may take its time."""

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class BodyTooLarge(Exception):
    """More was sent than a body may hold."""


class BodyStalled(Exception):
    """Nothing more of a body came."""


def counted(receive: Receive, headers: list[tuple[bytes, bytes]]) -> Receive:
    """Returns a receive that raises BodyTooLarge once a body is, or says that it will be, longer than MOST_BYTES, and
    BodyStalled when nothing came for PATIENCE_SECONDS."""
    said = next((value for name, value in headers if name == b"content-length"), b"0")
    came = 0

    async def counting() -> Message:
        nonlocal came
        if said.isdigit() and int(said[:20]) > MOST_BYTES:
            raise BodyTooLarge
        try:
            message: MutableMapping[str, Any] = await within(PATIENCE_SECONDS, receive())
        except TimeoutError:
            raise BodyStalled from None
        came += len(message.get("body", b""))
        if came > MOST_BYTES:
            raise BodyTooLarge
        return message

    return counting


def decoded(data: str | bytes) -> object:
    """Returns what the JSON says; raises json.JSONDecodeError for what is none, or is nested more than DEEPEST deep."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if _depth(raw) > DEEPEST:
        raise json.JSONDecodeError("nested too deeply", "", 0)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        # NaN and halves of surrogate pairs come from phones, too; what they stand in is refused alone, where it is read.
        pass
    try:
        return json.loads(data)
    except ValueError as error:
        raise json.JSONDecodeError("not JSON", "", 0) from error


def _depth(raw: bytes) -> int:
    """Returns how deep it is nested, or any number up to DEEPEST where that cannot be deeper."""
    if (opened := raw.count(b"{") + raw.count(b"[")) <= DEEPEST:
        return opened
    deepest = depth = 0
    for found in _BRACKET.findall(_TEXT.sub(b"", raw)):
        depth += 1 if found in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def encoded(data: object) -> bytes:
    """Returns data as JSON; halves of surrogate pairs, which UTF-8 cannot hold, are escaped."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:
        return json.dumps(data, default=_read).encode()


def unread(lines: Sequence[str]) -> orjson.Fragment:
    """Returns a list whose items are JSON text already: it goes into the answer as it is."""
    return orjson.Fragment(f"[{','.join(lines)}]")


def _read(value: object) -> object:
    return orjson.loads(orjson.dumps(value)) if isinstance(value, orjson.Fragment) else str(value)
