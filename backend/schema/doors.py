"""The doors to GraphQL: HTTP beside Django's handler, WebSocket on Channels' consumer."""

import asyncio
import json
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.channels import GraphQLWSConsumer
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message as Frame
from strawberry.types.unset import UNSET, UnsetType

from backend.identity.actor import Actor
from backend.identity.tokens import still_good
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.execution import run_in_pool
from backend.schema.frames import MOST_BYTES, BodyStalled, BodyTooLarge, counted, decoded, encoded
from backend.schema.live import hub
from backend.sync.live import Seen

CLOSE_FORBIDDEN = 4403
SUBSCRIPTIONS_PER_SOCKET = 50
INIT_TIMEOUT = timedelta(seconds=5)


def _address(scope: MutableMapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


class _Http(GraphQL[Context, None]):
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        context = Context(address=_address(request.scope))
        await context.identify(request.headers.get("authorization"))
        return context

    def decode_json(self, data: str | bytes) -> object:
        found = decoded(data)
        if isinstance(found, dict | list):
            return found
        raise json.JSONDecodeError("neither an object nor a list", "", 0)

    def encode_json(self, data: object) -> bytes:
        return encoded(data)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, counted(receive, scope["headers"]))
        try:
            answer = await self.run(request)
        except HTTPException as error:
            answer = _refusal(error.status_code, "BAD_REQUEST", error.reason or "This is no GraphQL request.")
        except BodyTooLarge:
            answer = _refusal(413, "BODY_TOO_LARGE", f"A body is at most {MOST_BYTES} bytes; send less at a time.")
        except BodyStalled:
            answer = _refusal(408, "BODY_STALLED", "The rest of the body did not come.", retry="RETRY")
        except ClientDisconnect:
            return
        await answer(scope, receive, send)


def _refusal(status: int, code: str, message: str, *, retry: str = "NEVER") -> Response:
    extensions = {"code": code, "retry": retry, "fields": {}}
    content = encoded({"errors": [{"message": message, "extensions": extensions}]})
    return Response(content, status_code=status, media_type="application/json")


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
        return Context(address=_address(request.scope))

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
