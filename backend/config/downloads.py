"""The door of files, /attachments/ID/content and /attachments/ID/thumbnail: for who holds an address with its token."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from backend.attachments import store
from backend.attachments.links import LIFE, opened
from backend.attachments.queries import Served
from backend.attachments.rules import link_not_good
from backend.config.file_threads import run_on_files
from backend.config.refusals import refusal
from backend.kit.errors import DomainError
from backend.kit.logs import logger

_log = logger("attachments")
_PATH = re.compile(r"/attachments/([0-9a-fA-F-]{36})/(content|thumbnail)")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class _Part:
    """Bytes [start, end) of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def whole(self) -> bool:
        return self.start == 0 and self.end == self.size


async def downloads_door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers GET and HEAD of a file."""
    request = Request(scope)
    if request.method not in ("GET", "HEAD"):
        await Response(status_code=405, headers={"allow": "GET, HEAD"})(scope, receive, send)
        return
    try:
        answer = await _answer(request)
    except DomainError as error:
        answer = refusal(error)
    await answer(scope, receive, send)


async def _answer(request: Request) -> Response:
    found = _PATH.fullmatch(request.url.path.rstrip("/"))
    try:
        attachment_id = UUID(found[1]) if found else None
    except ValueError:
        attachment_id = None
    if found is None or attachment_id is None:
        raise link_not_good()
    token = request.query_params.get("token", "")
    served = await run_on_files(opened, attachment_id, found[2], token)
    try:
        file = await run_on_files(store.opened, served.key)
    except FileNotFoundError:
        # Deleted since it was looked for, or lost; the second should be known.
        _log.warning("file_missing", attachment=attachment_id)
        raise link_not_good() from None
    size = served.size if served.size is not None else file.size
    headers = _headers(served)
    etag = headers.get("etag")
    if etag is not None and request.headers.get("if-none-match") == etag:
        await run_on_files(file.close)
        return Response(status_code=304, headers=headers)
    fresh = request.headers.get("if-range") in (None, etag)
    part = _part(request.headers.get("range") if fresh else None, size)
    if part is None:
        await run_on_files(file.close)
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    headers["content-length"] = str(part.end - part.start)
    if not part.whole:
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return StreamingResponse(
        _bytes(file, part, send=request.method == "GET"),
        status_code=200 if part.whole else 206,
        headers=headers,
        media_type=served.mime_type,
    )


def _headers(served: Served) -> dict[str, str]:
    headers = {
        "accept-ranges": "bytes",
        "cache-control": f"private, max-age={int(LIFE.total_seconds())}",
        "content-disposition": f'attachment; filename="{served.save_as}"' if served.save_as else "inline",
        # Should a browser be made to show it as a page, it is one that can do nothing.
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    if served.sha256:
        headers["etag"] = f'"{served.sha256}"'
        headers["repr-digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(served.sha256)).decode()}:"
    return headers


def _part(asked: str | None, size: int) -> _Part | None:
    """Returns the bytes that a Range header asks for, None when there are none such; what is no single range asks for all."""
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if found is None or found[0] == "bytes=-":
        return _Part(0, size, size)
    first, last = found[1], found[2]
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if last and first and int(last) < int(first):
        return _Part(0, size, size)
    return _Part(start, end, size) if start < end else None


async def _bytes(file: IO[Any], part: _Part, *, send: bool) -> AsyncIterator[bytes]:
    try:
        if not send:
            return
        await run_on_files(file.seek, part.start)
        left = part.end - part.start
        while left > 0:
            data = await run_on_files(file.read, min(left, store.READ_BYTES))
            if not data:
                return
            left -= len(data)
            yield data
    finally:
        await run_on_files(file.close)
