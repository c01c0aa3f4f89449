"""The door of calendars, /calendar.ics?token=…: for programs that hold its secret and nothing else."""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backend.config.refusals import refusal
from backend.field.feeds import PATH, opened, token_hash
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.schema.execution import Run, run_in_pool

if TYPE_CHECKING:
    from backend.field.ical import Written

__all__ = ["PATH", "Rate", "calendar_door"]

SPAN = timedelta(minutes=1)
MOST = 20
"""Answers within SPAN to one secret; programs ask every few minutes at most."""
KNOWN = 10_000
MAX_AGE = timedelta(minutes=5)


class Rate:
    """Counts askings of this process, of the KNOWN that asked last."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Counts one more; says whether it is not too many."""
        now = clock.now()
        since, count = self._seen.pop(key, (now, 0))
        if now - since >= SPAN:
            since, count = now, 0
        self._seen[key] = (since, count + 1)
        if len(self._seen) > KNOWN:
            self._seen.popitem(last=False)
        return count < self._most


_rate = Rate()


async def calendar_door(
    scope: Scope, receive: Receive, send: Send, *, run: Run = run_in_pool, rate: Rate = _rate
) -> None:
    """Answers GET and HEAD of a calendar; a secret that is not good, or no longer, is a 404 like any other."""
    request = Request(scope)
    if request.method not in ("GET", "HEAD"):
        answer = Response(status_code=405, headers={"allow": "GET, HEAD"})
    else:
        answer = await _answer(request, run, rate)
    await answer(scope, receive, send)


async def _answer(request: Request, run: Run, rate: Rate) -> Response:
    token = request.query_params.get("token", "")
    # Nothing is guessed of 256 bits; what is bounded is how often a calendar is written out.
    if not rate.allows(token_hash(token)):
        return Response(status_code=429, headers={"retry-after": str(int(SPAN.total_seconds()))})
    try:
        written = await run(_written, token)
    except DomainError as error:
        return refusal(error)
    return _served(request, written)


def _written(token: str) -> "Written":
    # Only here: few web processes are asked for calendars, and what writes them takes megabytes.
    from backend.field.ical import calendar_of

    return calendar_of(*opened(token))


def _served(request: Request, written: "Written") -> Response:
    etag = f'"{hashlib.sha256(written.body).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "last-modified": format_datetime(written.changed_at.astimezone(UTC).replace(microsecond=0), usegmt=True),
        "cache-control": f"private, max-age={int(MAX_AGE.total_seconds())}",
        "content-disposition": 'inline; filename="fieldbeat.ics"',
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }
    if _known(request, etag, written.changed_at):
        return Response(status_code=304, headers=headers)
    return Response(written.body, headers=headers, media_type="text/calendar")


def _known(request: Request, etag: str, changed_at: datetime) -> bool:
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return asked.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in asked.split(",")]
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return changed_at.replace(microsecond=0) <= parsedate_to_datetime(since).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return False
