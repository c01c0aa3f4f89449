"""The door to GraphQL over HTTP, beside Django's handler. It keeps to the specification GraphQL over HTTP: JSON alone is
read, queries alone are answered to GET, and the media type of the answer is the one that was asked for, with its statuses."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias, cast

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.types import QueryParams
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from backend.kit.reach import AFTER, CODE
from backend.schema.api import schema
from backend.schema.context import Context, address_of
from backend.schema.frames import MOST_BYTES, BodyStalled, BodyTooLarge, counted, decoded, encoded
from backend.schema.media import GRAPHQL, JSON, answered_in, is_json
from backend.schema.sse_door import graphql_events, wants_events
from backend.schema.standing import Standing
from backend.schema.swift import swift
from backend.schema.trusted import take_name

SMALL = 2**14
"""Bytes of a request that may go the swift way; a larger one brings something, or is not read twice."""

_OF_CODE = {"RATE_LIMITED": HTTPStatus.TOO_MANY_REQUESTS}
"""Refusals of a whole request that have a status of their own in every media type."""


class _Http(GraphQL[Context, None]):
    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        answer = await super().get_sub_response(request)
        answer.media_type = answered_in(request.headers.get("accept")) or JSON
        return answer

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        if request.method == "POST" and not is_json(request.content_type):
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json in UTF-8.")
        return await super().parse_http_body(request)

    def should_render_graphql_ide(self, request: object) -> bool:
        return False

    def decode_json(self, data: str | bytes) -> object:
        found = decoded(data)
        if isinstance(found, dict | list):
            if isinstance(found, dict):
                take_name(found)
            return found
        raise json.JSONDecodeError("neither an object nor a list", "", 0)

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        found = super().parse_query_params(params)
        take_name(found)
        return found

    def encode_json(self, data: object) -> bytes:
        return encoded(data)

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        media = sub_response.media_type or JSON
        if isinstance(response_data, dict) and _out_of_reach(response_data):
            return Response(
                encoded(response_data), status_code=503, media_type=media, headers={"retry-after": str(AFTER)}
            )
        if isinstance(response_data, list) or not _refused_whole(response_data):
            return Response(encoded(response_data), media_type=media)
        errors = _errors(response_data)
        status = _OF_CODE.get(errors[0].get("extensions", {}).get("code"))
        if status is None:
            # Those who know JSON alone take every other status for a proxy's.
            status = HTTPStatus.BAD_REQUEST if media == GRAPHQL else HTTPStatus.OK
        after = errors[0].get("extensions", {}).get("retryAfter")
        headers = None if after is None else {"retry-after": str(after)}
        return Response(encoded({"errors": errors}), status_code=status, media_type=media, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answered(scope, counted(receive, scope["headers"]))
        except ClientDisconnect:
            return
        if isinstance(answer, Response):
            answer.headers.setdefault("cache-control", "no-store")
            await answer(scope, receive, send)
        else:
            await _sent(send, *answer)

    async def _answered(self, scope: Scope, receive: Receive) -> "Answer":
        heads = _heads(scope["headers"])
        media = answered_in(heads.accept)
        if media is None:
            return _refusal(HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", f"Answers are {GRAPHQL} or {JSON}.")
        if scope["method"] not in ("GET", "POST"):
            return _not_allowed("Send POST, or for a query GET.", "GET, POST", media)
        context = Context(address=address_of(scope))
        try:
            if scope["method"] == "POST" and is_json(heads.content_type):
                body = await _body(receive)
                if (data := await _swiftly(body, context, heads.authorization)) is not None:
                    return encoded({"data": data}), media, context.standing
                receive = _again(body, receive)
            await context.identify(heads.authorization)
            answer = await self.run(Request(scope, receive), context=context)
        except HTTPException as error:
            return _unread(error, media)
        except BodyTooLarge:
            what = f"A body is at most {MOST_BYTES} bytes; send less at a time."
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE", what, media=media)
        except BodyStalled:
            what = "The rest of the body did not come."
            return _refusal(HTTPStatus.REQUEST_TIMEOUT, "BODY_STALLED", what, media=media, retry="RETRY")
        if context.standing is not None:
            answer.headers.update(context.standing.headers)
        return answer


Answer: TypeAlias = Response | tuple[bytes, str, Standing | None]
"""What is sent: an answer, or the body of one that is good, its media type, and how its asker stands."""


class _Heads(NamedTuple):
    accept: str | None
    authorization: str | None
    content_type: str | None


def _heads(headers: Iterable[tuple[bytes, bytes]]) -> _Heads:
    """Returns what this door looks at; of a header that comes twice the first."""
    accept = authorization = kind = None
    for name, value in headers:
        if name == b"accept":
            accept = accept or value.decode("latin-1")
        elif name == b"authorization":
            authorization = authorization or value.decode("latin-1")
        elif name == b"content-type":
            kind = kind or value.decode("latin-1")
    return _Heads(accept, authorization, kind)


async def _body(receive: Receive) -> bytes:
    """Returns a body; raises ClientDisconnect, BodyTooLarge, BodyStalled."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Returns a receive that says once more what was read."""
    told = False

    async def saying() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return saying


async def _sent(send: Send, body: bytes, media: str, standing: Standing | None) -> None:
    headers = [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", media.encode()),
        (b"cache-control", b"no-store"),
    ]
    if standing is not None:
        headers += [(name.encode(), value.encode()) for name, value in standing.headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _swiftly(body: bytes, context: Context, authorization: str | None) -> dict[str, Any] | None:
    if len(body) > SMALL:
        return None
    try:
        given = decoded(body)
    except json.JSONDecodeError:
        return None
    if isinstance(given, dict):
        take_name(given)
    return await swift(context, authorization, given)


def _out_of_reach(answer: GraphQLHTTPResponse) -> bool:
    """Says whether the database was lost before anything could be answered."""
    codes = {one.get("extensions", {}).get("code") for one in _errors(answer)}
    return codes == {CODE} and not any((answer["data"] or {}).values())


def _refused_whole(answer: GraphQLHTTPResponse) -> bool:
    """Says whether nothing was executed: an error of a field says at which field."""
    errors = _errors(answer)
    return bool(errors) and answer["data"] is None and not any("path" in one for one in errors)


def _errors(answer: GraphQLHTTPResponse) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], answer.get("errors") or [])


def _not_allowed(what: str, allowed: str, media: str) -> Response:
    refused = _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", what, media=media)
    refused.headers["allow"] = allowed
    return refused


def _unread(error: HTTPException, media: str) -> Response:
    if isinstance(error.__cause__, InvalidOperationTypeError):
        if error.__cause__.operation_type is OperationType.MUTATION:
            return _not_allowed("What changes something is sent by POST.", "POST", media)
        what = "Subscriptions are answered over WebSocket (graphql-transport-ws), or as text/event-stream."
        return _refusal(HTTPStatus.BAD_REQUEST, "OPERATION_NOT_HERE", what, media=media)
    code = "UNSUPPORTED_MEDIA_TYPE" if error.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE else "BAD_REQUEST"
    return _refusal(error.status_code, code, error.reason or "This is no GraphQL request.", media=media)


def _refusal(status: int, code: str, message: str, *, media: str = JSON, retry: str = "NEVER") -> Response:
    extensions = {"code": code, "retry": retry, "fields": {}}
    content = encoded({"errors": [{"message": message, "extensions": extensions}]})
    return Response(content, status_code=status, media_type=media)


_http = _Http(schema, graphql_ide=None, allow_queries_via_get=True, subscription_protocols=())


async def graphql_http(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers /graphql."""
    await (graphql_events if wants_events(scope) else _http)(scope, receive, send)
