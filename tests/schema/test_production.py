"""What strangers learn of a server of real people: nothing of its schema, and of its mishaps an id."""

import json
import logging
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from graphql import get_introspection_query
from pytest_django import Settings

from backend.schema.api import schema
from backend.schema.context import Context
from tests.factories import world
from tests.here import on_this_connection

WRONG = [
    "{ acounts { nodes { id } } }",
    "{ accounts(frist: 3) { nodes { id } } }",
    "{ accounts { nodes { nam } } }",
    "query ($i: SignInInputt!) { __typename }",
    "mutation { signIn(input: {usernam: 1}) { session { deviceId } } }",
    "{ accounts }",
    "{ me { ... on Usr { id } } }",
]


@pytest.fixture
def production(settings: Settings) -> None:
    """The settings that a server of real people has when nobody sets them."""
    settings.INTROSPECTION = False
    settings.FREE_DOCUMENTS = frozenset({"admin", "scripts"})


def _said(document: str, caller: Any = None, **variables: Any) -> list[dict[str, Any]]:
    context = Context(run=on_this_connection, caller=caller)
    result = async_to_sync(schema.execute)(document, context_value=context, variable_values=variables)
    return [dict(one.formatted) for one in result.errors or []]


@pytest.mark.parametrize("document", WRONG)
def test_a_wrong_name_brings_no_right_one(field: world.World, document: str, settings: Settings) -> None:
    caller = world.acting(field.ana)
    assert _said(document, caller)
    settings.INTROSPECTION = False
    said = json.dumps(_said(document, caller))
    assert "GRAPHQL_INVALID" in said
    assert "Did you mean" not in said


def test_in_development_a_wrong_name_brings_the_right_one(field: world.World) -> None:
    assert "Did you mean" in json.dumps([_said(one, world.acting(field.ana)) for one in WRONG])


def test_a_wrong_value_brings_no_right_one(field: world.World, production: None) -> None:
    document = "query ($i: SignInInput!) { serverInfo { version } }"
    [error] = _said(document, world.acting(field.ana), i={"usernam": "ana"})
    assert error["extensions"]["code"] == "GRAPHQL_INVALID"
    assert "Did you mean" not in error["message"]


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("document", [get_introspection_query(), '{ __type(name: "Account") { fields { name } } }'])
def test_nothing_is_described(field: world.World, document: str) -> None:
    assert {one["extensions"]["code"] for one in _said(document, world.acting(field.ana))} == {"GRAPHQL_INVALID"}


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    "document", [*(one for one in WRONG if "signIn(" not in one), get_introspection_query(), "{ __typename }"]
)
def test_a_stranger_hears_the_same_whatever_is_guessed(db: None, document: str) -> None:
    [error] = _said(document)
    assert (error["extensions"]["code"], "locations" in error) == ("DOCUMENT_REQUIRED", False)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own description fails, and says what it must not."""

    def fails(source: object, info: object) -> None:
        raise RuntimeError("password=hunter2")

    query = schema._schema.query_type
    assert query is not None
    monkeypatch.setattr(query.fields["serverInfo"], "resolve", fails)


@pytest.mark.usefixtures("production", "broken")
def test_a_mishap_is_told_by_an_id_that_finds_its_line_in_the_log(
    field: world.World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        [error] = _said("{ serverInfo { version } }", world.acting(field.ana))
    assert (error["extensions"]["code"], error["extensions"]["retry"]) == ("UNEXPECTED", "RETRY")
    assert "hunter2" not in json.dumps(error)
    [line] = [one for one in caplog.records if error["extensions"]["errorId"] in str(one.msg)]
    assert "hunter2" in str(line.msg)
