"""The two faces of a push service: HTTP for who sends, a WebSocket (autopush's protocol) for browsers."""

import asyncio
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.notifications.devfaults import Fault, FaultRefusedError, Faults
from backend.notifications.devpush.judge import BODY_BYTES, PushRefusedError, check_message, check_signature
from backend.notifications.devpush.store import Pushed, Store, Subscribed
from backend.notifications.devserver import Cut

STATUSES = ("307", "400", "401", "403", "404", "410", "413", "429", "500", "503")
KINDS = (*STATUSES, "cut", "slow")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Fieldbeat: local push service</title>
<body style="font:16px/1.5 sans-serif;max-width:40em;margin:2em auto"><h1>Local push service</h1>
<p>{count} messages since the start, {shown} of them shown by a browser. What they say is encrypted for the browser.</p>"""


class DevPush:
    """One push service's state and its routes."""

    def __init__(self, *, store: Store, base_url: str, cut: Cut, tell: Callable[[Pushed], None]) -> None:
        """`cut` drops the connection of a request; `tell` is called for each message taken."""
        self.store = store
        self.faults = Faults(KINDS)
        self._base_url = base_url
        self._cut = cut
        self._tell = tell
        self._open: dict[str, WebSocket] = {}

    def app(self) -> Starlette:
        """Returns the ASGI application; it answers only to loopback names, so that no web page can reach it by DNS."""
        return Starlette(
            routes=[
                WebSocketRoute("/", self._browser),
                Route("/", self._page),
                Route("/push/{token}", self._push, methods=["POST"]),
                Route("/faults", self._fault, methods=["GET", "POST", "DELETE"]),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    def close(self) -> None:
        """There is nothing that it holds open."""

    def endpoint(self, subscribed: Subscribed) -> str:
        """Returns where messages for a subscription are posted."""
        return f"{self._base_url}/push/{subscribed.token}"

    async def _page(self, request: Request) -> Response:
        shown = sum(one.acked == 100 for one in self.store.messages)
        return HTMLResponse(_PAGE.format(count=len(self.store.messages), shown=shown))

    async def _push(self, request: Request) -> Response:
        token = request.path_params["token"]
        fault = self.faults.take(address=f"{self._base_url}/push/{token}")
        if fault is not None and fault.kind in STATUSES:
            again = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            again |= {"Location": f"{self._base_url}/push/elsewhere"} if fault.kind == "307" else {}
            return PlainTextResponse(f"{fault.kind} as asked", int(fault.kind), again)
        to = self.store.find(token)
        if to is None:
            return PlainTextResponse("no browser is subscribed there any more", 410)
        body = await _body(request)
        try:
            check_signature(request.headers.get("authorization", ""), audience=self._base_url, bound_to=to.key)
            check_message(request.headers, body)
        except PushRefusedError as refused:
            return PlainTextResponse(str(refused), refused.status)
        message = Pushed(
            id=secrets.token_hex(8),
            to=to,
            body=body,
            ttl=int(request.headers["ttl"]),
            urgency=request.headers.get("urgency", "normal"),
            topic=request.headers.get("topic"),
        )
        self.store.add(message)
        self._tell(message)
        await self._hand_on(to.agent, [message])
        return await self._answer(request, message, fault)

    async def _answer(self, request: Request, message: Pushed, fault: Fault | None) -> Response:
        if fault is not None and fault.kind == "cut":
            self._cut(request)
            await _until_gone(request, 1)
        elif fault is not None:
            await _until_gone(request, fault.seconds)
        return Response(status_code=201, headers={"Location": f"{self._base_url}/message/{message.id}"})

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

    async def _browser(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol="push-notification" if "push-notification" in _asked(socket) else None)
        agent = ""
        try:
            while True:
                said = await socket.receive_json()
                kind = said.get("messageType") if isinstance(said, dict) else None
                if kind == "hello":
                    agent = self.store.agent(str(said.get("uaid") or ""))
                    self._open[agent] = socket
                    await socket.send_json(
                        {"messageType": "hello", "uaid": agent, "status": 200, "use_webpush": True, "broadcasts": {}}
                    )
                    await self._hand_on(agent, self.store.waiting(agent))
                elif agent:
                    await self._do(socket, agent, str(kind), said)
                elif said == {}:
                    await socket.send_json({})
        except (WebSocketDisconnect, ValueError, KeyError):
            if self._open.get(agent) is socket:
                del self._open[agent]

    async def _do(self, socket: WebSocket, agent: str, kind: str, said: dict[str, Any]) -> None:
        match kind:
            case "register":
                made = self.store.subscribe(agent, str(said["channelID"]), said.get("key") or None)
                told = {"status": 200, "channelID": made.channel, "pushEndpoint": self.endpoint(made)}
                await socket.send_json({"messageType": "register", **told})
            case "unregister":
                self.store.unsubscribe(agent, str(said["channelID"]))
                await socket.send_json({"messageType": "unregister", "status": 200, "channelID": said["channelID"]})
            case "ack":
                for one in said.get("updates", []):
                    self.store.ack(agent, str(one["version"]), int(one.get("code", 100)))
            case "nack":
                self.store.ack(agent, str(said["version"]), int(said.get("code", 0)))
            case _ if said == {} or kind == "ping":
                await socket.send_json(said)

    async def _hand_on(self, agent: str, messages: list[Pushed]) -> None:
        socket = self._open.get(agent)
        if socket is None:
            return
        for one in messages:
            told: dict[str, Any] = {"channelID": one.to.channel, "version": one.id, "ttl": one.ttl}
            if one.body:
                told |= {"data": urlsafe_b64encode(one.body).decode().rstrip("="), "headers": {"encoding": "aes128gcm"}}
            # A browser that just left finds it when it comes back.
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.send_json({"messageType": "notification", **told})


async def _body(request: Request) -> bytes:
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > BODY_BYTES:
            break
    return read


async def _until_gone(request: Request, seconds: float) -> None:
    """Waits, but no longer than the caller does."""
    with suppress(TimeoutError):
        await asyncio.wait_for(request.receive(), seconds)


def _asked(socket: WebSocket) -> list[str]:
    return list(socket.scope.get("subprotocols", []))
