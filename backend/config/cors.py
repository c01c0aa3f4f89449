"""Which web pages may call: django-cors-headers decides, for the doors beside Django's handler as for those in it."""

import io
from typing import cast

from corsheaders.middleware import CorsMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Cors:
    """Answers a preflight itself, and adds the headers to every other answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] != "OPTIONS" and not any(name == b"origin" for name, _ in scope["headers"]):
            # No page of another origin asks; the answer differs for one that does.
            await self._app(scope, receive, _adding([(b"vary", b"origin")], send))
            return
        asked = False

        def answer(request: HttpRequest) -> HttpResponseBase:
            nonlocal asked
            del request
            asked = True
            return HttpResponse()

        verdict = CorsMiddleware(answer)(cast(HttpRequest, ASGIRequest(dict(scope), io.BytesIO())))
        headers = [
            (name.lower().encode(), value.encode())
            for name, value in cast(HttpResponseBase, verdict).items()
            if name.lower() == "vary" or name.lower().startswith("access-control-")
        ]
        if not asked:
            await send({"type": "http.response.start", "status": 200, "headers": [*headers, (b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return

        await self._app(scope, receive, _adding(headers, send))


def _adding(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return adding
