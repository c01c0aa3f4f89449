"""The doors to GraphQL: HTTP beside Django's handler, WebSocket on Channels' consumer."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.channels import GraphQLWSConsumer
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from backend.identity.actor import Actor
from backend.identity.tokens import still_good
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.execution import run_in_pool
from backend.schema.live import hub
from backend.sync.live import Seen

CLOSE_FORBIDDEN = 4403
SUBSCRIPTIONS_PER_SOCKET = 50
INIT_TIMEOUT = timedelta(seconds=5)


class _Http(GraphQL[Context, None]):
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        context = Context()
        await context.identify(request.headers.get("authorization"))
        return context

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


class _Socket(GraphQLWSConsumer[Context, None]):
    """A socket belongs to who opened it; when that person or device is cut off, it closes at once."""

    _guard: asyncio.Task[None] | None = None

    async def get_context(self, request: GraphQLWSConsumer[Context, None], response: Any) -> Context:
        return Context()

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        params = context.connection_params or {}
        headers = params.get("headers")
        inner = headers if isinstance(headers, dict) else {}
        named = [value for source in (params, inner) for key, value in source.items() if key.lower() == "authorization"]
        given = named[0] if named else None
        await context.identify(given if isinstance(given, str) else None)
        if context.caller is not None:
            self._guard = asyncio.create_task(self._watch(context.caller))
        unset: UnsetType = UNSET
        return unset

    async def _watch(self, actor: Actor) -> None:
        mine = {actor.user_id, actor.device_id}

        def wants(change: Seen) -> bool:
            return change.entity in ("~device", "user") and change.root in mine

        async with hub().subscribe(wants) as subscriber:
            while await run_in_pool(still_good, actor):
                await subscriber.next()
        await self.close(code=CLOSE_FORBIDDEN, reason="no longer good")

    async def disconnect(self, code: int) -> None:
        if self._guard is not None:
            self._guard.cancel()
        await super().disconnect(code)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


_http = _Http(schema, graphql_ide=None, allow_queries_via_get=False, subscription_protocols=())
_socket = _Socket.as_asgi(
    schema=schema,
    subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
    connection_init_wait_timeout=INIT_TIMEOUT,
    max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
    allowed_origins=("*",),
)


async def graphql_http(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers POST /graphql."""
    await _http(scope, receive, send)


async def graphql_ws(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves a graphql-transport-ws socket at /graphql."""
    await _socket(scope, receive, send)
