"""The door to GraphQL over WebSocket (graphql-transport-ws), on Channels' consumer.

All that a socket is sent goes through one line (feeds.line): bounded, in order, and given up when it takes nothing."""

import asyncio
from collections.abc import Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from typing import Any, cast

import orjson
from channels.exceptions import StopConsumer  # type: ignore[import-untyped]
from django.db import DatabaseError
from graphql import GraphQLError
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.channels import GraphQLWSConsumer
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    ErrorMessage,
    SubscribeMessage,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message as Frame
from strawberry.types.unset import UNSET, UnsetType

from backend.kit.logs import logger
from backend.kit.mailbox import Mailbox
from backend.schema.api import schema
from backend.schema.context import Context, address_of
from backend.schema.feeds.line import CUT, OUTLET, Line
from backend.schema.feeds.stream import feeds
from backend.schema.frames import decoded, encoded
from backend.schema.trusted import take_name

CLOSE_FORBIDDEN = 4403
CLOSE_LATER = 1013
"""Too slow, or we cannot answer now: come again, after a while."""
SUBSCRIPTIONS_PER_SOCKET = 50
INIT_TIMEOUT = timedelta(seconds=5)
MOST_UNREAD = 200
"""So many messages of a socket may wait for us; of one who reads what we answer there are few."""
FLUSH_SECONDS = 5.0

_log = logger("doors")


class _Out:
    """The outlet of one operation."""

    __slots__ = ("_handler", "_head", "_line", "_operation")

    def __init__(self, handler: "_Operations", operation: Operation[Context, None], line: Line) -> None:
        self._handler = handler
        self._operation = operation
        self._line = line
        self._head = f'{{"id":{orjson.dumps(operation.id).decode()},"type":"next","payload":'

    def put(self, payload: str) -> bool:
        """Sends an answer, unless the operation was completed meanwhile."""
        if self._handler.operations.get(self._operation.id) is not self._operation:
            return True
        return self._line.put(f"{self._head}{payload}}}")

    def when_free(self, call: Callable[[], None]) -> None:
        """Calls back when the socket has taken all that waits."""
        self._line.when_free(call)


class _Operations(BaseGraphQLTransportWSHandler[Context, None]):
    """Tells an operation what is wrong with it, where the library would close the socket on all the others."""

    async def handle_message(self, message: Frame) -> None:
        if _well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Failed to parse message")

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        await super().handle_connection_init(message)
        if self.connection_acknowledged:
            self.connection_init_timeout_task = None  # cancelled

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        most, name = self.max_subscriptions_per_connection, message["id"]
        full = most is not None and len(self.operations) >= most
        if full and self.connection_acknowledged and name not in self.operations:
            extensions = {"code": "TOO_MANY_SUBSCRIPTIONS", "retry": "NEVER", "fields": {}}
            refusal = GraphQLError(f"A socket has at most {most} operations at a time.", extensions=extensions)
            await self.send_message(ErrorMessage(id=name, type="error", payload=[refusal.formatted]))
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        # Each operation runs in a task, and so with a value, of its own.
        socket = self.websocket.ws_consumer  # type: ignore[attr-defined]
        OUTLET.set(_Out(self, operation, socket.line))
        await super().run_operation(operation)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        del error
        return None


def _well_formed(message: object) -> bool:
    """Says whether a frame has the shape of a message; the library trusts that it has."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return False
    if message["type"] in ("ping", "pong") and not isinstance(message.get("payload"), dict | None):
        return False
    if message["type"] != "subscribe":
        return True
    asked = message.get("payload")
    if isinstance(asked, dict):
        take_name(asked)
    return (
        isinstance(asked, dict)
        and isinstance(asked.get("query"), str)
        and isinstance(asked.get("variables"), dict | None)
        and isinstance(asked.get("operationName"), str | None)
    )


class _Socket(GraphQLWSConsumer[Context, None]):
    """A socket belongs to who opened it; when that person or device is cut off, it closes at once."""

    graphql_transport_ws_handler_class = _Operations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = Line(self._write, self._too_slow)
        self.message_queue = cast("asyncio.Queue[Any]", Mailbox[Any]())
        self._guard: AbstractAsyncContextManager[None] | None = None
        self._ended: asyncio.Task[None] | None = None
        self._closing = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Takes message after message. Channels has a task for each that it waits for, beside those of its layer, which is not
        used here."""
        self.scope, self.base_send, self.channel_layer = scope, send, None
        with suppress(StopConsumer):
            while True:
                await self.dispatch(cast(Any, await receive()))

    async def get_context(self, request: GraphQLWSConsumer[Context, None], response: Any) -> Context:
        return Context(address=address_of(request.scope))

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        params = context.connection_params or {}
        headers = params.get("headers")
        inner = headers if isinstance(headers, dict) else {}
        named = [value for source in (params, inner) for key, value in source.items() if key.lower() == "authorization"]
        given = named[0] if named else None
        try:
            await context.identify(given if isinstance(given, str) else None)
            if context.caller is not None:
                guard = feeds().guarding(context.caller, self._cut_off)
                await guard.__aenter__()
                self._guard = guard
        except DatabaseError as error:
            _log.error("socket_not_begun", error=type(error).__name__)
            await self.close(code=CLOSE_LATER, reason="try again later")
            raise ConnectionRejectionError from error
        finally:
            context.connection_params = None  # the token is not kept for the life of a socket
        unset: UnsetType = UNSET
        return unset

    def _cut_off(self) -> None:
        # Nothing more is told, not even what waits.
        self.line.close()
        self._end(CLOSE_FORBIDDEN, "no longer good")

    def _too_slow(self) -> None:
        _log.info("socket_stalled", address=address_of(self.scope))
        self.line.close()
        self._end(CLOSE_LATER, "too slow")

    def _end(self, code: int, reason: str) -> None:
        if self._closing:
            return
        cut = self.scope.get("extensions", {}).get(CUT)
        if cut is None:
            self._ended = asyncio.create_task(self.close(code=code, reason=reason))
        else:
            self._closing = True
            cut(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.message_queue.qsize() >= MOST_UNREAD:
            self._too_slow()
        if not self._closing:
            await super().receive(text_data, bytes_data)

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False) -> None:
        assert text_data is not None
        await self.line.say(text_data)

    async def _write(self, frame: str) -> None:
        await self.base_send({"type": "websocket.send", "text": frame})

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        if self._closing:
            return
        self._closing = True
        # What was told before is told before.
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self.line.flushed()
        except TimeoutError:
            _log.info("socket_not_flushed", address=address_of(self.scope))
        self.line.close()
        await super().close(code=code, reason=reason)

    async def disconnect(self, code: int) -> None:
        self._closing = True
        self.line.close()
        await super().disconnect(code)
        if self._guard is not None:
            await self._guard.__aexit__(None, None, None)

    def decode_json(self, data: str | bytes) -> object:
        return decoded(data)

    def encode_json(self, data: object) -> str:
        return encoded(data).decode()


def door(patience: timedelta = INIT_TIMEOUT) -> ASGIApp:
    """Returns the door; `patience`: how long a socket may say nothing."""
    app: ASGIApp = _Socket.as_asgi(
        schema=schema,
        subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        connection_init_wait_timeout=patience,
        max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
        allowed_origins=("*",),
    )
    return app


_socket = door()


async def graphql_ws(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves a graphql-transport-ws socket at /graphql."""
    await _socket(scope, receive, send)
