"""What browsers are told of every answer, of whichever door: Django says it of its own pages only."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
_PRODUCTION = ((b"strict-transport-security", b"max-age=31536000"),)


class SafeHeaders:
    """Adds the headers that an answer lacks; in production also that the site is to be called over TLS alone."""

    def __init__(self, app: ASGIApp, *, production: bool) -> None:
        self._app = app
        self._headers = (*_ALWAYS, *(_PRODUCTION if production else ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                known = {name for name, _ in given}
                message = {**message, "headers": [*given, *(one for one in self._headers if one[0] not in known)]}
            await send(message)

        await self._app(scope, receive, adding)
