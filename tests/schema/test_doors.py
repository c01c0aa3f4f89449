"""What strangers put through the doors of GraphQL: each is answered with a code, and none takes a server down."""

# The communicator is not typed.
# mypy: disable-error-code="no-untyped-call"

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest
from asgiref.testing import ApplicationCommunicator

from backend.config import asgi
from backend.schema import frames
from backend.schema.frames import MOST_BYTES
from backend.schema.media import GRAPHQL, JSON
from backend.schema.socket_door import graphql_ws

Message = MutableMapping[str, Any]
ASK = b'{"query": "{ serverInfo { version } }"}'


def _post(body: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=asgi.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            given = {"content-type": "application/json", **headers}
            return await client.post("/graphql", content=body, headers=given)

    return asyncio.run(ask())


def _code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


def test_a_plain_question_is_answered() -> None:
    assert _post(ASK).json()["data"]["serverInfo"]["version"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"null",
        b'"text"',
        b"7",
        b"[]",
        b"[7]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
        b'{"query": 7}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": "Another"}',
        b'{"query": "{ __typename }", "operationName": 7}',
    ],
)
def test_what_is_no_question_is_refused_with_a_code(body: bytes) -> None:
    answer = _post(body)
    assert (answer.status_code, _code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=utf-16",
        "text/plain; application/json",
    ],
)
def test_what_a_web_page_may_send_unasked_is_no_question(kind: str) -> None:
    answer = _post(ASK, **{"content-type": kind})
    assert (answer.status_code, _code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


def _asked(method: str, **words: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=asgi.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return await client.request(method, "/graphql", params=words)

    return asyncio.run(ask())


def test_a_query_may_be_asked_by_get_and_nothing_else() -> None:
    answer = _asked("GET", query="query ($yes: Boolean!) { __typename @include(if: $yes) }", variables='{"yes": true}')
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})
    answer = _asked("GET", query="mutation { signOut { done } }")
    assert (answer.status_code, answer.headers["allow"], _code(answer)) == (405, "POST", "METHOD_NOT_ALLOWED")
    answer = _asked("GET", query="subscription { heartbeat(everyMs: 20) { n } }")
    assert (answer.status_code, _code(answer)) == (400, "OPERATION_NOT_HERE")
    assert (_asked("GET").status_code, _asked("GET", query="{").status_code) == (400, 200)


def test_a_document_may_be_named_in_each_way_of_asking() -> None:
    name = "none has this id, and so nothing is read"
    assert _code(_post(json.dumps({"documentId": name}).encode())) == "DOCUMENT_UNKNOWN"
    assert _code(_asked("GET", documentId=f"sha256:{name}")) == "DOCUMENT_UNKNOWN"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_other_methods_are_none(method: str) -> None:
    answer = _asked(method, query="{ __typename }")
    assert (answer.status_code, answer.headers["allow"], _code(answer)) == (405, "GET, POST", "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("", 200, JSON),
        ("*/*", 200, JSON),
        ("application/json", 200, JSON),
        ("application/json;q=0.5, application/graphql-response+json", 400, GRAPHQL),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", 400, GRAPHQL),
        ("application/graphql-response+json;q=0, */*", 200, JSON),
        ("text/html", 406, JSON),
        ("application/json;q=x", 406, JSON),
    ],
)
def test_the_words_and_the_status_are_those_that_were_asked_for(accept: str, status: int, kind: str) -> None:
    answer = _post(b'{"query": "{ nothing }"}', accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert "data" not in answer.json()


def test_what_was_executed_is_200_in_every_words_whatever_its_fields_say() -> None:
    answer = _post(b'{"query": "{ me { user { id } } }"}', accept=GRAPHQL)
    assert (answer.status_code, _code(answer), answer.json()["data"]) == (200, "NOT_SIGNED_IN", None)


def test_a_subscription_is_shown_the_way() -> None:
    answer = _post(b'{"query": "subscription { heartbeat(everyMs: 20) { n } }"}')
    assert (answer.status_code, _code(answer)) == (400, "OPERATION_NOT_HERE")


def test_half_a_surrogate_pair_in_what_we_say_back_is_still_an_answer() -> None:
    body = {"query": "query ($i: PushAddressInput!) { __typename }", "variables": {"i": {"\ud800": 1}}}
    answer = _post(json.dumps(body).encode())
    assert (answer.status_code, _code(answer)) == (200, "GRAPHQL_INVALID")


def test_a_body_too_large_is_refused_by_what_it_says_of_itself() -> None:
    answer = _post(b" " * MOST_BYTES + ASK)
    assert (answer.status_code, _code(answer)) == (413, "BODY_TOO_LARGE")
    assert _post(b" " * (MOST_BYTES - len(ASK)) + ASK).status_code == 200


def test_a_body_that_does_not_say_its_size_is_counted() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 1024 + 1):
            yield b" " * 1024

    answer = _post(endless())
    assert (answer.status_code, _code(answer)) == (413, "BODY_TOO_LARGE")


def test_a_body_that_stands_still_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "PATIENCE_SECONDS", 0.05)

    async def stalled() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers, "query_string": b""}
    asyncio.run(asyncio.wait_for(asgi.application(scope, stalled, send), 5))
    assert (sent[0]["status"], json.loads(sent[1]["body"])["errors"][0]["extensions"]["retry"]) == (408, "RETRY")


def test_answers_are_not_guessed_at_by_browsers() -> None:
    for headers in (_post(ASK).headers, _post(b"x").headers):
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


class Socket(ApplicationCommunicator):
    """One end of a socket, without a server between."""

    async def open(self, *, init: object = None) -> Message:
        """Opens it, begins, and returns what is said to that."""
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output())["type"] == "websocket.accept"
        begin = {"type": "connection_init"} | ({} if init is None else {"payload": init})
        await self.send_input({"type": "websocket.receive", "text": json.dumps(begin)})
        return await self.heard()

    async def say(self, message: object) -> None:
        """Sends a message."""
        await self.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def heard(self) -> Message:
        """Returns the next message, or how the socket was closed."""
        output: Message = await self.receive_output(5)
        return dict(json.loads(output["text"])) if "text" in output else output

    async def leave(self) -> None:
        """Goes away."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)


def _socket(protocol: str = "graphql-transport-ws") -> Socket:
    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": [protocol]}
    return Socket(graphql_ws, scope)


def _subscribe(document: object, name: object = "1", **more: object) -> dict[str, object]:
    return {"id": name, "type": "subscribe", "payload": {"query": document, **more}}


@pytest.mark.parametrize(
    ("document", "more"),
    [("{", {}), ("", {}), ("{ nothing }", {}), ("{ __typename }", {"operationName": "Another"}), ("{" * 900, {})],
)
def test_what_is_wrong_with_one_operation_is_told_to_it_and_the_others_go_on(
    document: str, more: dict[str, object]
) -> None:
    async def story() -> list[Message]:
        socket = _socket()
        await socket.open()
        await socket.say(_subscribe("subscription { heartbeat(everyMs: 20) { n } }", "beat"))
        heard = [await socket.heard()]
        await socket.say(_subscribe(document, "broken", **more))
        while heard[-1].get("id") == "beat":
            heard.append(await socket.heard())
        heard.append(await socket.heard())
        await socket.leave()
        return heard

    *_, told, after = asyncio.run(story())
    assert (told.get("id"), told["type"]) == ("broken", "error")
    assert told["payload"][0]["extensions"]["code"] == "GRAPHQL_INVALID"
    assert (after["id"], after["type"]) == ("beat", "next")


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        "7",
        "null",
        "{",
        "[" * 50_000,
        "{}",
        '{"type": []}',
        '{"type": "subscribe"}',
        '{"type": "complete", "id": []}',
        json.dumps(_subscribe("{ __typename }", name=[])),
        json.dumps(_subscribe(7)),
        json.dumps(_subscribe("{ __typename }", variables=[])),
        json.dumps(_subscribe("{ __typename }", operationName=7)),
        json.dumps({"id": "1", "type": "subscribe", "payload": []}),
        b"\x00\x01",
    ],
)
def test_a_frame_that_is_no_message_closes_the_socket_in_good_order(frame: str | bytes) -> None:
    async def story() -> Message:
        socket = _socket()
        await socket.open()
        named = "bytes" if isinstance(frame, bytes) else "text"
        await socket.send_input({"type": "websocket.receive", named: frame})
        closed = await socket.heard()
        await socket.leave()
        return closed

    closed = asyncio.run(story())
    assert (closed["type"], closed["code"]) == ("websocket.close", 4400)


@pytest.mark.parametrize("params", [[], "text", 7])
def test_a_beginning_that_is_no_object_closes_the_socket(params: object) -> None:
    assert _begun(params)["code"] == 4400


@pytest.mark.parametrize("params", [{"headers": {"Authorization": 7}}, {"Authorization": ["x"]}, {"headers": []}])
def test_odd_words_at_the_beginning_sign_nobody_in(params: object) -> None:
    assert _begun(params)["type"] == "connection_ack"


def _begun(params: object) -> Message:
    async def story() -> Message:
        socket = _socket()
        said = await socket.open(init=params)
        await socket.leave()
        return said

    return asyncio.run(story())


def test_a_protocol_we_do_not_speak_is_refused() -> None:
    async def story() -> Message:
        socket = _socket("graphql-ws")
        closed = await socket.open()
        await socket.leave()
        return closed

    assert asyncio.run(story())["code"] == 4406
