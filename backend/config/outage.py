"""While the database cannot be reached, every door says so and when to come again, instead of failing."""

import json

from django.db import InterfaceError, OperationalError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit.logs import logger
from backend.kit.reach import AFTER, CODE, MESSAGE, unreachable

_log = logger("doors")


class Outages:
    """Answers 503 for a request that met the outage before anything of its answer was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except (OperationalError, InterfaceError) as error:
            if begun or scope["type"] != "http" or not unreachable(error):
                raise
            _log.warning("database_unavailable", path=scope["path"])
            extensions = {"code": CODE, "retry": "RETRY", "fields": {}, "retryAfter": AFTER}
            body = json.dumps({"errors": [{"message": MESSAGE, "extensions": extensions}]}).encode()
            headers = {"content-type": "application/json", "retry-after": str(AFTER), "cache-control": "no-store"}
            pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": 503, "headers": pairs})
            await send({"type": "http.response.body", "body": body})
