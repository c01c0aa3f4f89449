"""One log line, one count and, where traces are wanted, one span for each request and each socket: method, path, status,
milliseconds and ids; never what was asked."""

import re
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.config.env_watching import Incoming
from backend.kit.ids import new_id
from backend.kit.logs import bind, clear, logger
from backend.telemetry import metrics, tracing

_log = logger("access")
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
_DOORS = frozenset(
    {"graphql", "healthz", "readyz", "metrics", "attachments", "calendar", "mail", "sync", "static", "admin"}
)


class AccessLog:
    """Wraps the whole server. A request's id is its X-Request-Id when that is plain, else a new one, and is sent back.

    `incoming`: what becomes of a caller's traceparent. Whoever calls may write one, so by default it is linked only."""

    def __init__(self, app: ASGIApp, *, incoming: Incoming = "link") -> None:
        self._app = app
        self._incoming = incoming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        clear()
        request_id = _request_id(scope)
        bind(request_id=request_id)
        http = scope["type"] == "http"
        status = 500 if http else 1006
        accepted = False
        began = time.perf_counter()

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal status, accepted
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", request_id.encode())]}
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            elif message["type"] == "websocket.accept":
                accepted = True
                metrics.SOCKETS.inc()
            await send(message)

        async def noted() -> MutableMapping[str, Any]:
            nonlocal status
            message = await receive()
            if message["type"] == "websocket.disconnect":
                status = message.get("code", 1005)
            return message

        # Within its span, so that the line says in which trace it was written.
        with self._span(scope, request_id) as here:
            try:
                await self._app(scope, noted, noting)
            except Exception:
                _log.exception("request_failed")
                raise
            finally:
                here.note("http.response.status_code", status)
                if http and status >= 500:
                    here.failed(str(status))
                _tell(scope, status, time.perf_counter() - began, accepted)
                clear()

    def _span(self, scope: Scope, request_id: str) -> tracing.Open:
        # A socket lasts for hours: each of its operations is a trace of its own.
        if not tracing.on() or scope["type"] != "http" or scope["path"].startswith(_QUIET):
            return tracing.NOTHING
        route = f"/{door_of(scope['path'])}"
        attributes: dict[str, tracing.Value] = {
            "http.request.method": scope["method"] if scope["method"] in _METHODS else "_OTHER",
            "http.route": route,
            "url.scheme": scope.get("scheme", "http"),
            "fieldbeat.request_id": request_id,
        }
        given = "" if self._incoming == "ignore" else _header(scope, b"traceparent")
        return tracing.span(
            f"{attributes['http.request.method']} {route}",
            "server",
            attributes,
            after=given if self._incoming == "follow" else "",
            beside=(given,) if self._incoming == "link" else (),
        )


def _tell(scope: Scope, status: int, seconds: float, accepted: bool) -> None:
    http = scope["type"] == "http"
    level = _log.debug if scope["path"].startswith(_QUIET) else _log.info
    level(
        "request" if http else "socket",
        method=scope.get("method", "WEBSOCKET"),
        path=scope["path"],
        status=status,
        ms=round(seconds * 1000, 1),
    )
    if http:
        door = door_of(scope["path"])
        metrics.HTTP.add(door, status)
        metrics.HTTP_SECONDS.add(seconds, door)
    elif accepted:
        metrics.SOCKETS.dec()
        metrics.SOCKETS_CLOSED.add(status)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def door_of(path: str) -> str:
    """Returns which door a path leads to, "front" or "other" where it is none of ours."""
    first = path.split("/", 2)[1] if path.startswith("/") else path
    if not first:
        return "front"
    return first if first in _DOORS else "other"


def _header(scope: Scope, wanted: bytes) -> str:
    return next((str(value.decode("latin-1")) for name, value in scope["headers"] if name == wanted), "")


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return str(new_id())
