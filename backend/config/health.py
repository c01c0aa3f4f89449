"""/healthz: this process is alive. /readyz: what it needs is there too."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from starlette.types import Receive, Scope, Send

from backend.config.migrations import migration_state
from backend.kit.logs import logger

_KEEP_SECONDS = 1.0
"""Anybody may ask, so the database is asked at most this often."""

_log = logger("health")
# One thread of its own: a busy pool must not make a working process look broken.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readyz")
_last: tuple[float, dict[str, str]] = (float("-inf"), {})


async def healthz(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 200 as long as the process turns."""
    del scope, receive
    await _answer(send, 200, {"status": "ok"})


async def readyz(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 200, or 503 with what is missing; `checks` tells of Redis too, which nobody has to wait for."""
    del scope, receive
    checks = await asyncio.get_running_loop().run_in_executor(_thread, _checks)
    # Without Redis each process counts alone and answers all the same; who took them all away for it would make an outage of it.
    good = all(value == "ok" for name, value in checks.items() if name != "redis")
    await _answer(send, 200 if good else 503, {"status": "ok" if good else "unready", "checks": checks})


def _checks() -> dict[str, str]:
    global _last
    if time.monotonic() - _last[0] > _KEEP_SECONDS:
        _last = (time.monotonic(), _look())
    return _last[1]


def _look() -> dict[str, str]:
    found = {"database": "ok", "migrations": "unknown"}
    try:
        connection.close_if_unusable_or_obsolete()
        state = migration_state()
        found["migrations"] = "ok" if not state.missing else f"{len(state.missing)} to apply"
    except Error as error:
        _log.warning("not_ready", error=type(error).__name__)
        connection.close()
        found["database"] = "unreachable"
    if settings.ENV.redis_url:
        found["redis"] = _redis()
    return found


def _redis() -> str:
    from redis.exceptions import RedisError  # loaded only where it is used: it takes long

    try:
        cache.get("readyz")
    except RedisError as error:
        _log.warning("not_ready", error=type(error).__name__)
        return "unreachable"
    return "ok"


async def _answer(send: Send, status: int, content: dict[str, object]) -> None:
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
