"""What browsers are told of every answer, of whichever door: Django says it of its own pages only."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_PRODUCTION = ((b"strict-transport-security", b"max-age=31536000"),)
_CSP = b"content-security-policy"
_DATA = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ADMIN = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The operator's pages take their scripts and styles from files of this server alone."""


class SafeHeaders:
    """Adds the headers that an answer lacks; in production also that the site is to be called over TLS alone."""

    def __init__(self, app: ASGIApp, *, production: bool) -> None:
        self._app = app
        self._headers = (*_ALWAYS, *(_PRODUCTION if production else ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        policy = (_CSP, _ADMIN if scope.get("path", "").startswith("/admin") else _DATA)

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name.lower(), value) for name, value in message.get("headers", ())]
                known = {name for name, _ in given}
                lacking = [one for one in (*self._headers, policy) if one[0] not in known]
                message = {**message, "headers": [*given, *lacking]}
            await send(message)

        await self._app(scope, receive, adding)
