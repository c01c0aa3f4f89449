"""One line for each request and socket, with ids and never with what was asked."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from backend.config import access
from backend.config.access import AccessLog
from backend.kit.logs import bind, logger


@pytest.fixture(autouse=True)
def _uncached_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    # capture_logs only sees loggers that were not used before it.
    monkeypatch.setattr(access, "_log", logger("access"))


async def _greeting(scope: Scope, receive: Receive, send: Send) -> None:
    bind(user="ana", org="iowa", device="phone")
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


async def _broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("no")


def _get(app: ASGIApp, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=AccessLog(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://fieldbeat") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def test_a_request_is_one_line_without_its_query() -> None:
    with capture_logs() as lines:
        answer = _get(_greeting, "/graphql?query={accounts{name}}")
    assert answer.status_code == 201
    (line,) = lines
    assert isinstance(line.pop("ms"), float)
    assert line == {"event": "request", "log_level": "info", "method": "GET", "path": "/graphql", "status": 201}


def test_every_answer_names_its_request() -> None:
    assert len(_get(_greeting, "/").headers["x-request-id"]) == 36
    assert _get(_greeting, "/", {"X-Request-Id": "from-the-proxy-1"}).headers["x-request-id"] == "from-the-proxy-1"


@pytest.mark.parametrize("odd", ["short", "with space here", "x" * 65, "ana@example.com"])
def test_an_odd_request_id_is_replaced(odd: str) -> None:
    assert _get(_greeting, "/", {"X-Request-Id": odd}).headers["x-request-id"] != odd


def test_the_request_id_is_bound_while_the_request_runs() -> None:
    seen: dict[str, Any] = {}

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(get_contextvars())
        await _greeting(scope, receive, send)

    _get(look, "/", {"X-Request-Id": "from-the-proxy-1"})
    assert seen == {"request_id": "from-the-proxy-1"}


def test_a_failure_is_told_with_its_exception_and_status_500() -> None:
    with capture_logs() as lines:
        answer = _get(_broken, "/graphql")
    assert answer.status_code == 500
    assert [(line["event"], line["log_level"]) for line in lines] == [("request_failed", "error"), ("request", "info")]
    assert lines[1]["status"] == 500


def test_probes_are_told_only_to_those_who_debug() -> None:
    with capture_logs() as lines:
        _get(_greeting, "/healthz")
    assert [line["log_level"] for line in lines] == ["debug"]


def test_a_socket_is_one_line_with_its_close_code() -> None:
    async def leave(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        assert (await receive())["type"] == "websocket.disconnect"

    async def talk() -> None:
        words: list[MutableMapping[str, Any]] = [
            {"type": "websocket.connect"},
            {"type": "websocket.disconnect", "code": 1001},
        ]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return words.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await AccessLog(leave)({"type": "websocket", "path": "/graphql", "headers": []}, receive, send)
        assert sent == [{"type": "websocket.accept"}]

    with capture_logs() as lines:
        asyncio.run(talk())
    (line,) = lines
    assert (line["event"], line["method"], line["path"], line["status"]) == ("socket", "WEBSOCKET", "/graphql", 1001)
