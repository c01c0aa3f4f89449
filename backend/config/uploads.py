"""The door of uploads, /attachments/uploads: tus 1.0.0 over HTTP. A body is taken piece by piece and never held whole."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backend.attachments import tus, uploads
from backend.attachments.kinds import most_bytes
from backend.attachments.models import Upload, UploadState
from backend.attachments.rules import piece_damaged, too_many_uploads, upload_not_found
from backend.attachments.uploads import Piece
from backend.config.file_threads import run_on_files
from backend.config.refusals import refusal
from backend.identity.actor import Actor
from backend.identity.rules import token_invalid
from backend.identity.tokens import still_good
from backend.kit.errors import Busy, DomainError, Invalid
from backend.schema.context import Context

PATH = "/attachments/uploads"
PIECE_BYTES = 1024 * 1024
"""What a process that is killed may lose of a body. A cut line loses what lay unread in its socket, 64 KiB at most."""

PATIENCE_SECONDS = 30.0
"""How long a body may stand still."""


class _Gone(Exception):
    """The line was cut; there is nobody to answer."""


BODIES = 16
"""How many bodies one device sends at once; those it gave up stand still for PATIENCE_SECONDS."""

_under_way: Counter[UUID] = Counter()


async def uploads_door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers everything under /attachments/uploads."""
    request = Request(scope, receive)
    try:
        answer = await _answer(request)
    except DomainError as error:
        answer = refusal(error)
    except _Gone:
        return
    answer.headers["tus-resumable"] = tus.VERSION
    answer.headers.setdefault("cache-control", "no-store")
    await answer(scope, receive, send)


async def _answer(request: Request) -> Response:
    method = request.headers.get("x-http-method-override", request.method).upper()
    if method == "OPTIONS":
        return _abilities()
    if request.headers.get("tus-resumable") != tus.VERSION:
        wrong = Invalid("TUS_VERSION", f"Tus-Resumable must be {tus.VERSION}.", fields={"Tus-Resumable": "not spoken"})
        answer = refusal(wrong, 412)
        answer.headers["tus-version"] = tus.VERSION
        return answer
    context = Context(run=run_on_files)
    await context.identify(request.headers.get("authorization"))
    actor = context.actor
    rest = request.url.path.removeprefix(PATH).strip("/")
    if rest == "":
        return await _begin(request, actor) if method == "POST" else _no_method("POST, OPTIONS")
    upload = await run_on_files(uploads.upload_for, actor, _id(rest))
    match method:
        case "HEAD":
            return await _stand(upload)
        case "PATCH":
            return await _go_on(request, actor, upload)
        case "DELETE":
            await run_on_files(uploads.end, upload)
            return Response(status_code=204)
    return _no_method("HEAD, PATCH, DELETE, OPTIONS")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise upload_not_found() from None


def _no_method(allowed: str) -> Response:
    return Response(status_code=405, headers={"allow": allowed})


def _abilities() -> Response:
    said = {
        "tus-version": tus.VERSION,
        "tus-extension": tus.EXTENSIONS,
        "tus-max-size": str(most_bytes()),
        "tus-checksum-algorithm": ",".join(tus.ALGORITHMS),
    }
    return Response(status_code=204, headers=said)


def _said(upload: Upload) -> dict[str, str]:
    said = {"upload-offset": str(upload.offset)}
    if upload.state == UploadState.OPEN:
        said["upload-expires"] = tus.http_date(upload.expires_at)
    return said


async def _begin(request: Request, actor: Actor) -> Response:
    if "upload-defer-length" in request.headers:
        raise Invalid("BAD_HEADER", "Upload-Length is needed from the start.", fields={"Upload-Length": "required"})
    length = tus.number(request.headers, "upload-length")
    if length > most_bytes():
        raise Invalid("TOO_LARGE", f"At most {most_bytes()} bytes.", fields={"Upload-Length": "too large"})
    text, said = tus.metadata(request.headers)
    brings = request.headers.get("content-type") == tus.PIECE_TYPE
    wanted = tus.checksum(request.headers) if brings else None
    upload = await run_on_files(
        lambda: uploads.begin(actor=actor, attachment_id=tus.attachment_id(said), length=length, metadata=text)
    )
    if brings:
        upload = await _take(request, actor, upload, wanted)
    return Response(status_code=201, headers={"location": f"{PATH}/{upload.pk}", **_said(upload)})


async def _stand(upload: Upload) -> Response:
    # All bytes may be here and the process that was to make content of them gone.
    upload = await run_on_files(uploads.finish, upload)
    said = {"upload-length": str(upload.size), **_said(upload)}
    if upload.metadata:
        said["upload-metadata"] = upload.metadata
    return Response(status_code=200, headers=said)


async def _go_on(request: Request, actor: Actor, upload: Upload) -> Response:
    if request.headers.get("content-type") != tus.PIECE_TYPE:
        wrong = Invalid("BAD_HEADER", f"Content-Type must be {tus.PIECE_TYPE}.", fields={"Content-Type": "not that"})
        return refusal(wrong, 415)
    length = tus.number(request.headers, "content-length") if "content-length" in request.headers else None
    uploads.checked_place(upload, tus.number(request.headers, "upload-offset"), length)
    upload = await _take(request, actor, upload, tus.checksum(request.headers))
    return Response(status_code=204, headers=_said(upload))


@contextmanager
def _one_of_few(actor: Actor) -> Iterator[None]:
    """Refuses one body too many: what is put aside of each counts for nothing yet, and would fill the disk."""
    key = actor.device_id or actor.user_id
    if _under_way[key] >= BODIES:
        raise too_many_uploads()
    _under_way[key] += 1
    try:
        yield
    finally:
        _under_way[key] -= 1
        if not _under_way[key]:
            del _under_way[key]


def _put_aside(actor: Actor, upload: Upload, start: int, data: bytes) -> Piece:
    # A body may take long; a device that is revoked meanwhile brings no more of it.
    if not still_good(actor):
        raise token_invalid()
    return uploads.put_aside(upload, start, data)


async def _take(request: Request, actor: Actor, upload: Upload, wanted: tus.Checksum | None) -> Upload:
    """Takes the body into the upload and, with its last byte, makes content of it."""
    with _one_of_few(actor):
        upload = await _taken(request, actor, upload, wanted)
    return await run_on_files(uploads.finish, upload)


async def _taken(request: Request, actor: Actor, upload: Upload, wanted: tus.Checksum | None) -> Upload:
    aside: list[Piece] = []
    digest = tus.ALGORITHMS[wanted.algorithm](usedforsecurity=False) if wanted else None
    start = upload.offset
    body = _Body(request)
    try:
        async for data in body.pieces():
            piece = await run_on_files(_put_aside, actor, upload, start, data)
            start += piece.size
            aside.append(piece)
            if digest is None:
                upload = await run_on_files(uploads.admit, upload, aside)
                aside = []
            else:
                digest.update(data)
        if body.trouble is not None:
            raise body.trouble
        if digest is not None and wanted is not None and digest.digest() != wanted.digest:
            raise piece_damaged()
        upload = await run_on_files(uploads.admit, upload, aside)
        aside = []
    finally:
        if aside:
            await run_on_files(uploads.drop, aside)
    return upload


class _Body:
    """A body in pieces of PIECE_BYTES. When it breaks off, what came is still given, and `trouble` says so after."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self.trouble: Exception | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the pieces; the last one is shorter."""
        kept = bytearray()
        more = True
        while more:
            data, more = await self._next()
            kept += data
            while len(kept) >= PIECE_BYTES:
                yield bytes(kept[:PIECE_BYTES])
                del kept[:PIECE_BYTES]
        if kept:
            yield bytes(kept)

    async def _next(self) -> tuple[bytes, bool]:
        try:
            message = await asyncio.wait_for(self._receive(), PATIENCE_SECONDS)
        except TimeoutError:
            self.trouble = Busy("BODY_STALLED", "The rest of the body did not come; ask with HEAD and go on.")
            return b"", False
        if message["type"] == "http.disconnect":
            self.trouble = _Gone()
            return b"", False
        return message.get("body", b""), message.get("more_body", False)
