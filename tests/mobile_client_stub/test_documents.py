"""The phone names its documents where the server wants that, and waits as long as it is told."""

import ast
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.clients import manifest as read
from backend.schema.api import schema
from backend.schema.trusted import trouble
from mobile_client_stub import manifest, wire
from mobile_client_stub.api import Api
from mobile_client_stub.device import Device
from mobile_client_stub.errors import Refused
from mobile_client_stub.patience import Patience
from tests.mobile_client_stub.conftest import IMPATIENT, SERVER, noon
from tests.mobile_client_stub.scripted import Scripted, error
from tests.mobile_client_stub.world import STORE

STUB = Path(wire.__file__).parent


class Strict:
    """A server that takes only what is named, or only what is not."""

    def __init__(self, named: bool) -> None:
        self.named = named
        self.heard: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = dict(json.loads(request.content))
        self.heard.append(body)
        if ("documentId" in body) != self.named:
            return httpx.Response(200, json=error("DOCUMENT_REQUIRED" if self.named else "DOCUMENT_UNKNOWN", "NEVER"))
        return httpx.Response(200, json={"data": {}})


def _api(ana: Device, server: Strict) -> Api:
    return Api(SERVER, ana.store, patience=IMPATIENT, transport=httpx.MockTransport(server))


def test_the_manifest_names_what_the_program_sends() -> None:
    assert manifest.FILE.read_text() == manifest.rendered(), "run python -m mobile_client_stub.manifest"
    assert read.read(manifest.FILE.read_text()) == {one.id: one.text for one in manifest.documents()}


def test_no_document_is_made_where_the_manifest_does_not_look() -> None:
    for path in STUB.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        made = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "Document"]
        assert path.name == "wire.py" or not made, path
        if path.name == "wire.py":
            assert len(made) == len(manifest.documents())


@pytest.mark.parametrize("document", manifest.documents(), ids=lambda one: one.name)
def test_each_of_them_is_answered_by_the_server_of_this_version(document: wire.Document) -> None:
    assert trouble(schema._schema, document.text) == []


def test_a_phone_that_is_asked_for_names_gives_them_from_then_on(ana: Device) -> None:
    server = Strict(named=True)
    api = _api(ana, server)
    for _ in range(2):
        api.call(wire.ACKNOWLEDGE, {"input": {}})
    assert ["query" in one for one in server.heard] == [True, False, False]
    assert server.heard[-1]["documentId"] == f"sha256:{wire.ACKNOWLEDGE.id}"
    assert _api(ana, Strict(named=True)).named


def test_a_server_that_does_not_know_the_names_is_sent_the_documents(ana: Device) -> None:
    ana.store.remember(named_documents=True)
    server = Strict(named=False)
    _api(ana, server).call(wire.ACKNOWLEDGE, {"input": {}})
    assert ["documentId" in one for one in server.heard] == [True, False]


def test_a_document_that_is_refused_in_both_ways_is_refused(ana: Device) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        named = b"documentId" in request.content
        return httpx.Response(200, json=error("DOCUMENT_UNKNOWN" if named else "DOCUMENT_REQUIRED", "NEVER"))

    api = Api(SERVER, ana.store, patience=IMPATIENT, transport=httpx.MockTransport(never))
    with pytest.raises(Refused, match="DOCUMENT_UNKNOWN"):
        api.call(wire.ACKNOWLEDGE, {"input": {}})


def test_who_asked_too_much_waits_as_long_as_the_server_says_and_loses_nothing(
    server: Scripted, ana: Device, tmp_path: Path
) -> None:
    ana.add_note(STORE, "hello")
    limited = error("RATE_LIMITED", "RETRY")
    limited["errors"][0]["extensions"]["retryAfter"] = 17
    server.answers["SyncPush"] = [limited]
    slept: list[float] = []
    patience = Patience(tries=3, base=0.5, sleep=slept.append, chance=lambda: 0.5)
    with Device(SERVER, tmp_path / "ana.sqlite3", network=server.network(), patience=patience, clock=noon) as again:
        report = again.sync()
    assert (report.count("APPLIED"), report.retries, slept) == (1, 1, [17.25])


def test_a_wait_that_was_told_is_the_least_and_never_in_step() -> None:
    patience = Patience(base=0.5, chance=lambda: 0.5)
    assert (patience.seconds(0, 17), patience.seconds(9, 17), patience.seconds(0)) == (17.25, 45.0, 0.375)
