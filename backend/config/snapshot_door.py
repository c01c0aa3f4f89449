"""The door of first syncs, GET /sync/snapshot: lines as sync/snapshot makes them, packed, as fast as the reader reads.

Whoever reads is asked anew before each piece: a phone that was revoked in the middle gets no more. A device has one
stream, which a newer one ends: streams that nobody reads would fill the memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from backend.config.refusals import refusal, told
from backend.identity.actor import Actor
from backend.identity.rules import token_invalid
from backend.identity.tokens import still_good
from backend.kit.errors import Busy, DomainError, Invalid
from backend.kit.logs import logger
from backend.kit.threads import Threads
from backend.schema.context import Context, device_for
from backend.schema.frames import encoded
from backend.sync.protocol import CURRENT
from backend.sync.snapshot import Packer, Piece, packer, piece
from backend.sync.waiting import note_pending

PATH = "/sync/snapshot"
THREADS = 2
"""So many pieces are made at once in a process; the others wait, and so does not whoever asks for little."""
ENCODINGS = ("zstd", "gzip")
STATUS = {"SCOPE_TOO_LARGE": 413, "SCHEMA_UNSUPPORTED": 426, "DEVICE_NOT_FOUND": 404}

_log = logger("snapshot")
_run = Threads("snapshot", THREADS).run


@dataclass(slots=True)
class _Reading:
    """One stream while it is read."""

    actor: Actor
    device_id: UUID
    protocol: int
    cursor: str | None
    pack: Packer
    pending: int | None = None
    done: int = 0
    ended: bool = field(default=False)
    superseded: bool = field(default=False)
    waiting: asyncio.Timeout | None = field(default=None)

    def next(self) -> bytes:
        """Makes the next piece; raises what is wrong with who asks."""
        if self.superseded:
            raise Busy("SUPERSEDED", "This device has asked anew.")
        device_for(self.actor, self.device_id, self.protocol)
        if not still_good(self.actor):
            raise token_invalid()
        note_pending(self.device_id, self.pending)
        self.pending = None
        made: Piece = piece(
            actor=self.actor,
            device_id=self.device_id,
            protocol=self.protocol,
            cursor=self.cursor,
            done=self.done,
        )
        self.cursor, self.done = made.cursor, made.done
        self.ended = made.cursor is None
        return self.pack(made.text, last=self.ended)

    def refused(self, error: DomainError) -> bytes:
        """Ends the stream with what was wrong: its beginning is on its way already."""
        return self.pack(encoded({"error": told(error)}) + b"\n", last=True)

    def giving_way(self, send: Send) -> Send:
        """Returns a send that raises TimeoutError when the device has asked anew."""

        async def sending(message: Message) -> None:
            try:
                async with asyncio.timeout(None) as self.waiting:
                    await send(message)
            finally:
                self.waiting = None

        return sending

    def supersede(self) -> None:
        """Ends it, wherever it stands."""
        self.superseded = True
        if self.waiting is not None:
            self.waiting.reschedule(asyncio.get_running_loop().time())


_newest: dict[tuple[UUID, UUID], _Reading] = {}


@contextmanager
def _only(reading: _Reading) -> Iterator[None]:
    """Ends the stream that this person's device had open in this process."""
    key = (reading.actor.user_id, reading.device_id)
    if (before := _newest.get(key)) is not None:
        before.supersede()
    _newest[key] = reading
    try:
        yield
    finally:
        if _newest[key] is reading:
            del _newest[key]


async def snapshot_door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers GET /sync/snapshot?device=UUID&protocol=N&cursor=…"""
    request = Request(scope, receive)
    if request.method != "GET":
        await Response(status_code=405, headers={"allow": "GET"})(scope, receive, send)
        return
    try:
        reading, encoding = await _reading(request)
        with _only(reading):
            # The first piece is made before the answer begins, so that a refusal has a status of its own.
            first = await _run(reading.next)
            await _answer(reading, first, encoding)(scope, receive, reading.giving_way(send))
    except DomainError as error:
        await refusal(error, STATUS.get(error.code))(scope, receive, send)
    except (TimeoutError, ClientDisconnect):
        _log.info("snapshot_superseded")


async def _reading(request: Request) -> tuple[_Reading, str]:
    encoding = _encoding(request.headers.get("accept-encoding", ""))
    context = Context(run=_run)
    await context.identify(request.headers.get("authorization"))
    reading = _Reading(
        actor=context.actor,
        device_id=_device(request.query_params.get("device", "")),
        protocol=_number("protocol", request.query_params.get("protocol", str(CURRENT))),
        cursor=request.query_params.get("cursor") or None,
        pack=packer(encoding),
        pending=_number("pending", waiting) if (waiting := request.query_params.get("pending")) else None,
    )
    return reading, encoding


def _answer(reading: _Reading, first: bytes, encoding: str) -> Response:
    headers = {"cache-control": "no-store", "vary": "accept-encoding, authorization"}
    if encoding in ENCODINGS:
        headers["content-encoding"] = encoding
    return StreamingResponse(_pieces(reading, first), headers=headers, media_type="application/x-ndjson")


async def _pieces(reading: _Reading, first: bytes) -> AsyncIterator[bytes]:
    yield first
    del first
    while not reading.ended:
        try:
            following = await _run(reading.next)
        except DomainError as error:
            _log.info("snapshot_ended", code=error.code)
            yield reading.refused(error)
            return
        yield following


def _encoding(accepted: str) -> str:
    wanted = {}
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        wanted[name.strip()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((name for name in ENCODINGS if wanted.get(name, wanted.get("*", False))), "identity")


def _device(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("BAD_VALUE", "device must be a UUID.", fields={"device": "not a UUID"}) from None


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid("BAD_VALUE", f"{name} must be a number.", fields={name: "not a number"})
    return int(text)
