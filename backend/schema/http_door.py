"""The door to GraphQL over HTTP, beside Django's handler."""

import json

from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from backend.schema.api import schema
from backend.schema.context import Context, address_of
from backend.schema.frames import MOST_BYTES, BodyStalled, BodyTooLarge, counted, decoded, encoded


class _Http(GraphQL[Context, None]):
    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        context = Context(address=address_of(request.scope))
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


_http = _Http(schema, graphql_ide=None, allow_queries_via_get=False, subscription_protocols=())


async def graphql_http(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers POST /graphql."""
    await _http(scope, receive, send)
