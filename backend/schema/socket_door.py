"""The door to GraphQL over WebSocket, on Channels' consumer."""

import asyncio
from datetime import timedelta
from typing import Any

from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from strawberry.channels import GraphQLWSConsumer
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message as Frame
from strawberry.types.unset import UNSET, UnsetType

from backend.identity.actor import Actor
from backend.identity.tokens import still_good
from backend.schema.api import schema
from backend.schema.context import Context, address_of
from backend.schema.execution import run_in_pool
from backend.schema.frames import decoded, encoded
from backend.schema.live import hub
from backend.sync.live import Seen

CLOSE_FORBIDDEN = 4403
SUBSCRIPTIONS_PER_SOCKET = 50
INIT_TIMEOUT = timedelta(seconds=5)


class _Operations(BaseGraphQLTransportWSHandler[Context, None]):
    """Tells an operation what is wrong with it, where the library would close the socket on all the others."""

    async def handle_message(self, message: Frame) -> None:
        if _well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Failed to parse message")

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        del error
        return None


def _well_formed(message: object) -> bool:
    """Says whether a frame has the shape of a message; the library trusts that it has."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] in ("subscribe", "complete") and not isinstance(message.get("id"), str):
        return False
    if message["type"] != "subscribe":
        return True
    asked = message.get("payload")
    return (
        isinstance(asked, dict)
        and isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables"), dict | None)
        and isinstance(asked.get("operationName"), str | None)
    )


class _Socket(GraphQLWSConsumer[Context, None]):
    """A socket belongs to who opened it; when that person or device is cut off, it closes at once."""

    graphql_transport_ws_handler_class = _Operations
    _guard: asyncio.Task[None] | None = None

    async def get_context(self, request: GraphQLWSConsumer[Context, None], response: Any) -> Context:
        return Context(address=address_of(request.scope))

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

    def decode_json(self, data: str | bytes) -> object:
        return decoded(data)

    def encode_json(self, data: object) -> str:
        return encoded(data).decode()


_socket = _Socket.as_asgi(
    schema=schema,
    subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
    connection_init_wait_timeout=INIT_TIMEOUT,
    max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
    allowed_origins=("*",),
)


async def graphql_ws(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves a graphql-transport-ws socket at /graphql."""
    await _socket(scope, receive, send)
