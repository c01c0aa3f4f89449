"""The page at /: what runs here and where its doors are."""

import html
from base64 import b64encode
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from backend.kit.version import VERSION

_DOORS = (
    ("/graphql", "GraphQL over HTTP (POST) and WebSocket (graphql-transport-ws)"),
    ("/healthz", "says that the process is alive"),
    ("/readyz", "says that its database is there and up to date"),
    ("/admin/", "the operator's pages"),
)

_STYLE = "body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}"
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


async def front_page(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers GET / with a small page that needs no script."""
    base = str(Request(scope).base_url).rstrip("/")
    rows = "".join(
        f'<li><a href="{path}"><code>{html.escape(base + path)}</code></a>: {html.escape(meaning)}</li>'
        for path, meaning in _DOORS
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Fieldbeat</title><style>{_STYLE}</style>"
        f"<h1>Fieldbeat {VERSION}</h1><p>The backend of a field-sales force. It runs, and answers here:</p><ul>{rows}</ul>"
        "<p>A phone signs in at <code>/graphql</code>; the README says how, and which names the demo knows.</p></html>"
    )
    await HTMLResponse(page, headers={"content-security-policy": _POLICY})(scope, receive, send)
