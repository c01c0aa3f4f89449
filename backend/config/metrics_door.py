"""/metrics, for Prometheus: what all processes of this `fieldbeat serve` counted, and how the queues stand (docs/operations.md)."""

import asyncio
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from backend.config.figures import FIGURES
from backend.config.process_figures import ProcessFigures
from backend.telemetry import metrics, tally

# One thread of its own, for reading files and the database takes a while: a second reader waits for the first.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")


async def metrics_door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers who knows the token, or, in development and without one, who is on this machine."""
    del receive
    if scope["method"] not in ("GET", "HEAD"):
        await _answer(send, 405, b"", extra=[(b"allow", b"GET")])
        return
    token: str | None = settings.METRICS_TOKEN
    if token is None:
        if settings.ENV.production or not _from_here(scope):
            await _answer(send, 404, b"")
            return
    elif not _knows(Headers(scope=scope).get("authorization", ""), token):
        await _answer(send, 401, b"", extra=[(b"www-authenticate", b"Bearer")])
        return
    text = await asyncio.get_running_loop().run_in_executor(_thread, _on_living_connection)
    await _answer(send, 200, text)


def exposition() -> bytes:
    """Returns everything in Prometheus's text format."""
    tally.tell_all()
    shown = CollectorRegistry()
    folder = os.environ.get(tally.FOLDER)
    if folder:
        MultiProcessCollector(shown, folder)  # type: ignore[no-untyped-call]
    else:
        shown.register(metrics.REGISTRY)
    shown.register(ProcessFigures(Path(folder) if folder else None))
    shown.register(FIGURES)
    return generate_latest(shown)


def _on_living_connection() -> bytes:
    connection.close_if_unusable_or_obsolete()
    return exposition()


def _knows(given: str, token: str) -> bool:
    scheme, _, word = given.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(word.strip().encode(), token.encode())


def _from_here(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False


async def _answer(send: Send, status: int, body: bytes, *, extra: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [
        (b"content-type", CONTENT_TYPE_LATEST.encode()),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
        *(extra or ()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
