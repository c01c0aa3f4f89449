"""The HTTP face: Google's token endpoint, FCM's messages:send, and our own pages and faults."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from backend.notifications.devfaults import Fault, FaultRefusedError, Faults
from backend.notifications.devfcm.account import PROJECT, AssertionRefusedError, ServiceAccount
from backend.notifications.devfcm.faults import KINDS, answer
from backend.notifications.devfcm.page import render
from backend.notifications.devfcm.quota import Quota
from backend.notifications.devfcm.store import Accepted, Store

PAYLOAD_BYTES = 4096
"""What FCM takes as title, body and data together."""

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class DevFcm:
    """One server's state and its routes."""

    def __init__(
        self,
        *,
        account: ServiceAccount,
        store: Store,
        base_url: str,
        cut: Callable[[Request], None],
        tell: Callable[[Accepted], None],
    ) -> None:
        """`cut` drops the connection of a request; `tell` is called for each accepted message."""
        self.store = store
        self.faults = Faults(KINDS)
        self.quota = Quota()
        self.account = account
        self._base_url = base_url
        self._cut = cut
        self._tell = tell

    def app(self) -> Starlette:
        """Returns the ASGI application; it answers only to loopback names, so that no web page can reach it by DNS."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/service-account.json", self._service_account),
                Route("/token", self._token, methods=["POST"]),
                Route("/v1/projects/{project}/messages:send", self._send, methods=["POST"]),
                Route("/messages", self._messages, methods=["GET", "DELETE"]),
                Route("/faults", self._fault, methods=["GET", "POST", "DELETE"]),
                Route("/quota", self._set_quota, methods=["GET", "POST"]),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    def close(self) -> None:
        """Gives the file of messages back."""
        self.store.close()

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(render(self.store))

    async def _service_account(self, request: Request) -> Response:
        if request.client is None or request.client.host != "127.0.0.1":
            return JSONResponse({"error": "only for this machine"}, status_code=403)
        return JSONResponse(self.account.as_json(self._base_url))

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if self.faults.take(address=None) is not None:
            return JSONResponse({"error": "temporarily_unavailable"}, status_code=503)
        if form.get("grant_type") != [_JWT_GRANT]:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        try:
            bearer = self.account.grant(form.get("assertion", [""])[0])
        except AssertionRefusedError as error:
            return JSONResponse({"error": "invalid_grant", "error_description": str(error)}, status_code=400)
        return JSONResponse({"access_token": bearer, "expires_in": 3600, "token_type": "Bearer"})

    async def _send(self, request: Request) -> Response:
        if not self.account.knows(request.headers.get("authorization", "")):
            status, body = answer("401", "Request had invalid authentication credentials.")
            body["error"].pop("details")
            return JSONResponse(body, status_code=status)
        try:
            asked: Any = await request.json()
        except ValueError:
            asked = None
        wrong = _wrong(asked, request.path_params["project"])
        if wrong is not None:
            return _refusal("400", wrong)
        message: dict[str, Any] = asked["message"]
        kind = "fid" if "fid" in message else "token"
        address = str(message[kind])
        fault = self.faults.take(address=address)
        refusal = self._refused(fault)
        if refusal is not None:
            return refusal
        if not asked.get("validate_only"):
            self._tell(self.store.add(kind=kind, address=address, message=message))
        if fault is not None and fault.kind == "cut":
            self._cut(request)
            await _until_gone(request, 1)  # an answer tried before the loop sees the line go would be logged
        elif fault is not None:
            await _until_gone(request, fault.seconds)
        return JSONResponse({"name": f"projects/{PROJECT}/messages/{secrets.token_hex(8)}"})

    def _refused(self, fault: Fault | None) -> Response | None:
        if fault is not None and fault.kind not in ("cut", "slow"):
            return _refusal(fault.kind, f"{fault.kind} as asked", fault.retry_after)
        wait = self.quota.wait()
        return None if wait is None else _refusal("429", "Quota exceeded for messages per minute.", wait)

    async def _set_quota(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                asked = await request.json()
                self.quota.set(asked.get("per_minute") if isinstance(asked, dict) else "")
            except ValueError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"per_minute": self.quota.per_minute})

    async def _messages(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.store.clear()
        return JSONResponse(self.store.alerts(request.query_params.get("address")))

    async def _fault(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            try:
                self.faults.add(await request.json())
            except ValueError:
                return JSONResponse({"error": "JSON is expected"}, status_code=400)
            except FaultRefusedError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(self.faults.as_json())


async def _until_gone(request: Request, seconds: float) -> None:
    """Waits, but no longer than the caller does."""
    with suppress(TimeoutError):
        await asyncio.wait_for(request.receive(), seconds)


def _refusal(kind: str, message: str, retry_after: int | None = None) -> Response:
    status, body = answer(kind, message)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(body, status_code=status, headers=headers)


def _wrong(asked: Any, project: str) -> str | None:
    """Returns what FCM would say against this request, or None."""
    if project != PROJECT:
        return f"project {project} is not known here"
    message = asked.get("message") if isinstance(asked, dict) else None
    if not isinstance(message, dict):
        return "message is missing"
    targets = [name for name in ("fid", "token") if isinstance(message.get(name), str) and message[name]]
    if len(targets) != 1:
        return "exactly one of message.fid and message.token is expected"
    data = message.get("data", {})
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        return "message.data must hold text only"
    shown = message.get("notification", {})
    size = sum(len(f"{key}{value}".encode()) for part in (data, shown) for key, value in part.items())
    if size > PAYLOAD_BYTES:
        return f"message is too big: {size} bytes of {PAYLOAD_BYTES}"
    return None
