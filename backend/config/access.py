"""One log line for each request and each socket: method, path, status, milliseconds and ids; never what was asked."""

import re
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.kit.ids import new_id
from backend.kit.logs import bind, clear, logger

_log = logger("access")
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/static/")


class AccessLog:
    """Wraps the whole server. A request's id is its X-Request-Id when that is plain, else a new one, and is sent back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        clear()
        request_id = _request_id(scope)
        bind(request_id=request_id)
        status = 500 if scope["type"] == "http" else 1006
        began = time.perf_counter()

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", request_id.encode())]}
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        async def noted() -> MutableMapping[str, Any]:
            nonlocal status
            message = await receive()
            if message["type"] == "websocket.disconnect":
                status = message.get("code", 1005)
            return message

        try:
            await self._app(scope, noted, noting)
        except Exception:
            _log.exception("request_failed")
            raise
        finally:
            level = _log.debug if scope["path"].startswith(_QUIET) else _log.info
            level(
                "request" if scope["type"] == "http" else "socket",
                method=scope.get("method", "WEBSOCKET"),
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
            clear()


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return str(new_id())
