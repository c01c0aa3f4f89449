"""The doors of the server: who is let in, and what stands behind each."""

import asyncio
import re
from base64 import b64encode
from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any

import httpx
import pytest
from django.test import Client, override_settings

from backend.config import asgi
from backend.config.headers import SafeHeaders
from backend.kit.version import VERSION


def _ask(path: str, *, base: str = "http://localhost:8000", method: str = "GET", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=asgi.application)
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=named)

    return asyncio.run(ask())


def test_the_front_page_says_what_runs_and_where() -> None:
    answer = _ask("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for words in (f"Fieldbeat {VERSION}", "http://localhost:8000/graphql", "/healthz", "/readyz", "/admin/"):
        assert words in answer.text


def test_a_process_that_turns_is_alive() -> None:
    answer = _ask("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_operators_pages_and_their_files_are_django_s() -> None:
    assert _ask("/admin/").headers["location"] == "/admin/login/?next=/admin/"
    style = _ask("/static/admin/css/base.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert _ask("/static/admin/css/none.css").status_code == 404
    assert _ask("/static/../settings.py").status_code == 404
    assert _ask("/nothing/here").status_code == 404


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://LOCALHOST"])
def test_this_machine_is_let_in_by_every_name(base: str) -> None:
    assert _ask("/", base=base).status_code == 200
    assert _ask("/admin/login/", base=base).status_code == 200


@pytest.mark.parametrize("path", ["/", "/graphql", "/admin/"])
def test_another_name_is_turned_away(path: str) -> None:
    assert _ask(path, base="http://rebound.example.com").status_code == 400


def test_a_probe_may_come_by_number() -> None:
    assert _ask("/healthz", base="http://10.1.2.3:8000").status_code == 200


def test_no_page_of_another_origin_may_call_unless_it_is_named() -> None:
    answer = _ask("/graphql", method="OPTIONS", origin="https://app.example.com", access_control_request_method="POST")
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in _ask("/healthz", origin="https://app.example.com").headers
    assert "access-control-allow-origin" not in _ask("/", origin="https://app.example.com").headers


@override_settings(CORS_ALLOWED_ORIGINS=["https://app.example.com"])
def test_a_named_origin_may_call_without_cookies() -> None:
    assert (
        _ask("/", origin="https://app.example.com").headers["access-control-allow-origin"] == "https://app.example.com"
    )
    assert "access-control-allow-origin" not in _ask("/", origin="https://evil.example.com").headers
    answer = _ask(
        "/graphql",
        method="OPTIONS",
        origin="https://app.example.com",
        access_control_request_method="POST",
        access_control_request_headers="authorization,content-type",
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_socket_elsewhere_than_at_graphql_is_closed() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def knock() -> None:
        await asgi.application(scope, receive, send)

    scope = {"type": "websocket", "path": "/chat", "headers": [(b"host", b"localhost")], "subprotocols": []}
    asyncio.run(knock())
    assert sent == [{"type": "websocket.close", "code": 4404, "reason": "sockets are at /graphql"}]


@pytest.mark.parametrize("path", ["/", "/healthz", "/admin/login/", "/static/admin/css/base.css", "/nothing/here"])
def test_every_answer_says_once_that_it_is_not_to_be_guessed_at(path: str) -> None:
    headers = _ask(path).headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("referrer-policy") == ["same-origin"]
    assert "strict-transport-security" not in headers


def test_production_asks_to_be_called_over_tls_alone() -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=SafeHeaders(asgi.route, production=True))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return await client.get("/")

    assert asyncio.run(ask()).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "path", ["/", "/graphql", "/admin/login/", "/healthz", "/nothing", "/static/admin/css/base.css"]
)
def test_no_answer_may_be_framed_or_run_what_is_not_ours(path: str) -> None:
    headers = _ask(path).headers
    assert (headers["x-frame-options"], headers["cross-origin-opener-policy"]) == ("DENY", "same-origin")
    assert "geolocation=()" in headers["permissions-policy"]
    policy = dict(one.strip().split(" ", 1) for one in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert policy.get("script-src") == ("'self'" if path.startswith("/admin") else None)


def test_the_style_of_the_front_page_is_the_one_that_its_policy_lets_in() -> None:
    answer = _ask("/")
    style = answer.text.split("<style>")[1].split("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("page", ["/admin/", "/admin/clients/clientbuild/", "/admin/clients/trusteddocument/"])
def test_the_operators_pages_need_nothing_that_their_policy_shuts_out(admin_client: Client, page: str) -> None:
    answer = admin_client.get(page)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)(?![^>]*application/json)|\sstyle=|\son[a-z]+=", text)
