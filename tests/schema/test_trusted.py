"""Documents that phones name instead of sending them: known ones are answered, and in production nothing else is."""

import json
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from backend.clients import manifest, queries
from backend.clients.actions import add_build, retire_build
from backend.clients.manifest import digest
from backend.identity.actor import Actor
from backend.identity.models import Device, User
from backend.identity.tokens import ACCESS_LIFE, access_token_for, authenticate, open_session
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid
from backend.kit.ids import new_id
from backend.schema import trusted
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.trusted import LOOKED_FOR, DocumentId, take_name, trouble
from tests.factories import world
from tests.here import on_this_connection

ME = "query Me { me { user { username } } }"
ALSO_ME = "query AlsoMe { me { user { id } } }"
STRICT = frozenset({"admin", "scripts"})

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Each test is a process that has just started."""
    trusted.forget()


def _build(build: str, *texts: str) -> bool:
    return add_build(app="handheld", build=build, documents={digest(text): text for text in texts})


def _asked(actor: Actor | None, **said: Any) -> dict[str, Any]:
    """Asks as a door does with what a client said."""
    take_name(said)

    context = Context(run=on_this_connection, caller=actor)
    result = async_to_sync(schema.execute)(
        said.get("query"), context_value=context, variable_values=said.get("variables")
    )
    if result.errors:
        return dict(result.errors[0].extensions or {})
    assert result.data is not None
    return dict(json.loads(json.dumps(result.data, default=str)))


def _on(platform: str, user: User) -> Actor:
    """Returns somebody on a device of a platform."""
    assert user.org_id is not None
    device = Device.objects.create(org_id=user.org_id, user=user, install_key=new_id().hex, platform=platform)
    caller = authenticate(open_session(device).access_token)
    assert caller.platform == platform
    return caller


def _script(user: User) -> Actor:
    return world.acting(user)


@pytest.mark.parametrize("name", [digest(ME), f"sha256:{digest(ME)}", digest(ME).upper()])
def test_a_document_is_answered_by_its_name(field: world.World, name: str) -> None:
    assert _build("1.0", ME)
    assert _asked(_on("ios", field.ana), documentId=name) == {"me": {"user": {"username": "ana"}}}


def test_apollo_names_it_in_an_extension(field: world.World) -> None:
    _build("1.0", ME)
    said = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(ME)}}}
    assert _asked(_on("ios", field.ana), **said)["me"]["user"]["username"] == "ana"


@pytest.mark.parametrize("name", ["", "x", digest("no such"), "sha256:", "\x00" * 64, "é" * 64])
def test_a_name_of_nothing_is_told_so(field: world.World, name: str) -> None:
    told = _asked(_on("ios", field.ana), documentId=name, query="" if name else "{")
    assert told["code"] == ("DOCUMENT_UNKNOWN" if name else "GRAPHQL_INVALID")


def test_an_old_build_is_good_until_it_is_retired_and_then_asks_for_a_new_one(field: world.World) -> None:
    _build("1.0", ME, ALSO_ME)
    _build("1.1", ME)
    assert "me" in _asked(_on("ios", field.ana), documentId=digest(ALSO_ME))
    assert retire_build(app="handheld", build="1.0")
    assert not retire_build(app="handheld", build="1.0")
    with clock.moved_to(clock.now() + LOOKED_FOR):
        told = _asked(_on("ios", field.ana), documentId=digest(ALSO_ME))
        assert (told["code"], told["retry"]) == ("DOCUMENT_RETIRED", "UPGRADE")
        assert "me" in _asked(_on("ios", field.ana), documentId=digest(ME))


def test_what_a_process_read_is_not_read_again_for_a_while(
    field: world.World, django_assert_num_queries: Callable[[int], Any]
) -> None:
    _build("1.0", "{ serverInfo { version } }")
    name = digest("{ serverInfo { version } }")
    with django_assert_num_queries(1):
        for _ in range(3):
            assert "serverInfo" in _asked(None, documentId=name)


def test_a_build_never_changes(db: None) -> None:
    assert _build("1.0", ME)
    assert not _build("1.0", ME)
    with pytest.raises(Conflict):
        _build("1.0", ME, ALSO_ME)
    retire_build(app="handheld", build="1.0")
    with pytest.raises(Conflict):
        _build("1.0", ME)
    [only] = queries.builds()
    assert (only.app, only.build, only.documents, only.retired_at is None) == ("handheld", "1.0", 1, False)


@pytest.mark.parametrize(
    ("who", "platform", "free"),
    [
        ("ana", "ios", False),
        ("ana", "web", False),
        ("dee", "android", False),
        ("dee", "", False),
        ("dee", "web", True),
        ("dee", "Desktop", True),
        ("ben", "web", False),
    ],
)
def test_in_production_phones_name_and_only_some_may_send(
    field: world.World, settings: Settings, who: str, platform: str, free: bool
) -> None:
    settings.FREE_DOCUMENTS = STRICT
    _build("1.0", ME)
    caller = _on(platform, getattr(field, who))
    assert ("me" in _asked(caller, query=ME)) == free
    assert free or _asked(caller, query=ME)["code"] == "DOCUMENT_REQUIRED"
    assert "me" in _asked(caller, documentId=digest(ME))


def test_scripts_may_send_where_the_settings_say_so(field: world.World, settings: Settings) -> None:
    settings.FREE_DOCUMENTS = STRICT
    assert "me" in _asked(_script(field.ana), query=ME)
    settings.FREE_DOCUMENTS = frozenset({"admin"})
    assert _asked(_script(field.ana), query=ME)["code"] == "DOCUMENT_REQUIRED"


@pytest.mark.parametrize(
    "document",
    [
        "{ serverInfo { version } }",
        "{ __typename }",
        "{ __schema { types { name } } }",
        "mutation { ...F } fragment F on Mutation { signOut { done } }",
        'mutation { refreshSession(refreshToken: "x") { session { deviceId } } signOut { done } }',
    ],
)
def test_strangers_may_sign_in_and_nothing_else(field: world.World, settings: Settings, document: str) -> None:
    settings.FREE_DOCUMENTS = STRICT
    assert _asked(None, query=document)["code"] == "DOCUMENT_REQUIRED"
    alone = 'mutation { refreshSession(refreshToken: "x") { session { deviceId } } }'
    assert _asked(None, query=alone)["code"] == "TOKEN_INVALID"


def test_whose_session_is_over_is_told_that_and_not_to_name_a_document(field: world.World, settings: Settings) -> None:
    """Else a script would look for documents, where it has to sign in again."""
    settings.FREE_DOCUMENTS = STRICT
    bearer = f"Bearer {access_token_for('dee')}"

    def told() -> Any:
        context = Context(run=on_this_connection)
        async_to_sync(context.identify)(bearer)
        result = async_to_sync(schema.execute)(ME, context_value=context)
        return None if not result.errors else (result.errors[0].extensions or {})["code"]

    assert told() is None
    with clock.moved_to(clock.now() + ACCESS_LIFE + timedelta(seconds=1)):
        assert told() == "TOKEN_EXPIRED"
    bearer = "Bearer spoiled"
    assert told() == "TOKEN_INVALID"


def test_a_subscription_is_named_too(field: world.World) -> None:
    beat = "subscription Beat { heartbeat(everyMs: 20) { n } }"
    _build("1.0", beat)

    @async_to_sync
    async def first(name: str) -> Any:
        context = Context(run=on_this_connection, caller=None)
        results = await schema.stream(DocumentId(name), context_value=context)
        async with aclosing(results):
            return await anext(results)

    assert first("0" * 64).errors[0].extensions["code"] == "DOCUMENT_UNKNOWN"
    assert first(digest(beat)).data == {"heartbeat": {"n": 1}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not JSON"),
        ("[]", "object"),
        ("{}", "no document"),
        (json.dumps({"a" * 40: ME}), "hashAlgorithm"),
        (json.dumps({"a" * 32: ME}), "persistConfig"),
        (json.dumps({"a" * 64: ME}), "not the SHA-256"),
        (json.dumps({digest(ME): 7}), "no text"),
        (json.dumps({"format": "other", "version": 1, "operations": []}), "format"),
        (json.dumps({"format": manifest.APOLLO, "version": 1, "operations": [7]}), "objects"),
        (json.dumps({"format": manifest.APOLLO, "version": 1, "operations": [{"id": digest(ME)}]}), "no text"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_with_what_is_wrong(content: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        manifest.read(content)
    assert (refused.value.code, told in refused.value.message) == ("MANIFEST_INVALID", True)


def test_the_files_of_codegen_relay_and_apollo_are_read() -> None:
    operation = {"id": digest(ME), "name": "Me", "type": "query", "body": ME}
    apollo = {"format": manifest.APOLLO, "version": 1, "operations": [operation]}
    assert manifest.read(json.dumps(apollo)) == manifest.read(json.dumps({digest(ME): ME})) == {digest(ME): ME}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("query {\n  nothing }", "line 2 column 3"),
        ("query {", "line 1 column 8"),
        (
            "{ accounts(first: 100) { nodes { visits(first: 100) { account { visits(first: 100) { id } } } } } }",
            "values",
        ),
    ],
)
def test_what_would_never_be_answered_is_found_when_it_is_added(text: str, told: str) -> None:
    assert told in " ".join(trouble(schema._schema, text))
    assert trouble(schema._schema, ME) == []
