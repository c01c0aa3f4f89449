"""A question that was asked before goes the swift way: to the same answer, and to nobody who may not have it."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from backend.clients.actions import add_build
from backend.clients.manifest import digest
from backend.crm.models import Account
from backend.identity.models import Device, User
from backend.identity.tokens import ACCESS_LIFE, end_tokens, open_session
from backend.kit import clock
from backend.schema import rates, trusted
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.frames import encoded
from backend.schema.swift import swift
from backend.schema.trusted import take_name
from backend.schema.windows import Memory
from backend.territories.models import AccountTerritory
from tests.factories.world import World
from tests.here import on_this_connection

pytestmark = pytest.mark.django_db

ONE = "query One($id: UUID!) { account(id: $id) { name tier contacts { fullName } } }"
LIST = "query Many($n: Int!) { accounts(first: $n) { nodes { name } pageInfo { hasNextPage } } }"


@dataclass
class Phone:
    """A phone that asks, both ways."""

    device: Device

    def __post_init__(self) -> None:
        self.bearer = f"Bearer {open_session(self.device).access_token}"

    def swiftly(self, document: str, variables: dict[str, Any] | None = None, **more: Any) -> str | None:
        """Returns the JSON of the data, or None where the ordinary way is to answer."""
        context = Context(run=on_this_connection)
        given = {"query": document, "variables": variables, **more}
        take_name(given)
        data = async_to_sync(swift)(context, self.bearer, given)
        assert context.caller is None or context.caller.device_id == self.device.pk
        return None if data is None else encoded(data).decode()

    def plainly(self, document: str, variables: dict[str, Any] | None = None) -> str:
        """Returns the JSON of the data on the ordinary way, or the code of the error."""
        context = Context(run=on_this_connection)
        async_to_sync(context.identify)(self.bearer)
        result = async_to_sync(schema.execute)(document, variables, context_value=context)
        if result.errors:
            return str((result.errors[0].extensions or {})["code"])
        return encoded(result.data).decode()


@pytest.fixture
def phones(field: World) -> dict[str, Phone]:
    """Returns phones of Ana, Ben and Cy, after which somebody has asked each question once."""
    store = field.account("Hy-Vee", field.north)
    field.contact(store)
    found = {name: Phone(field.phone(getattr(field, name))) for name in ("ana", "ben", "cy")}
    found["ana"].plainly(ONE, {"id": str(store.pk)})
    found["ana"].plainly(LIST, {"n": 5})
    return found


def test_each_is_answered_what_the_ordinary_way_answers(field: World, phones: dict[str, Phone]) -> None:
    hers, his = Account.objects.get(name="Hy-Vee"), field.account("Fareway", field.south)
    questions: list[tuple[str, dict[str, Any]]] = [
        (ONE, {"id": str(hers.pk)}), (ONE, {"id": str(his.pk)}), (LIST, {"n": 1}), (LIST, {"n": 9}),
    ]  # fmt: skip
    for document, variables in questions:
        for phone in phones.values():
            said = phone.swiftly(document, variables)
            plain = phone.plainly(document, variables)
            assert said == plain if plain.startswith("{") else said is None
    assert phones["cy"].swiftly(ONE, {"id": str(hers.pk)}) is None
    assert "Fareway" not in str(phones["ana"].swiftly(LIST, {"n": 9}))
    assert "Hy-Vee" in str(phones["ana"].swiftly(LIST, {"n": 9}))


def test_it_asks_twice_and_never_waits(phones: dict[str, Phone], django_assert_num_queries: Any, field: World) -> None:
    """Who calls, and the row."""
    store = str(Account.objects.get(name="Hy-Vee").pk)
    phones["ana"].swiftly(ONE, {"id": store})
    with django_assert_num_queries(2):
        assert json.loads(str(phones["ana"].swiftly(ONE, {"id": store})))["account"]["name"] == "Hy-Vee"


def test_who_was_cut_off_is_not_answered(field: World, phones: dict[str, Phone]) -> None:
    store = {"id": str(Account.objects.get(name="Hy-Vee").pk)}
    assert phones["ana"].swiftly(ONE, store)
    with clock.moved_to(clock.now() + ACCESS_LIFE + timedelta(seconds=1)):
        assert phones["ana"].swiftly(ONE, store) is None
    end_tokens(phones["ana"].device)
    assert phones["ana"].swiftly(ONE, store) is None
    Device.objects.filter(pk=phones["ben"].device.pk).update(revoked_at=clock.now())
    assert phones["ben"].swiftly(ONE, store) is None
    User.objects.filter(pk=field.cy.pk).update(is_active=False)
    assert phones["cy"].swiftly(LIST, {"n": 1}) is None


def test_whose_account_was_moved_is_not_answered(field: World, phones: dict[str, Phone]) -> None:
    store = Account.objects.get(name="Hy-Vee")
    asked = {"id": str(store.pk)}
    assert (phones["ana"].swiftly(ONE, asked) is None, phones["cy"].swiftly(ONE, asked) is None) == (False, True)
    now = clock.now()
    AccountTerritory.objects.filter(account=store).update(valid_to=now)
    field.place(store, field.south, since=now)
    assert (phones["ana"].swiftly(ONE, asked) is None, phones["cy"].swiftly(ONE, asked) is None) == (True, False)


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query One($id: UUID!) { account(id: $id) { name } }", None),  # never asked before
        (ONE, {"id": "no id"}),
        (ONE, {}),
        (ONE, ["id"]),
        (f"{ONE} query Other {{ serverInfo {{ version }} }}", None),
        ("", None),
        (LIST, {"n": 0}),
        (LIST, {"n": 10_000}),
    ],
)
def test_what_is_wrong_is_left_to_the_ordinary_way(phones: dict[str, Phone], document: str, variables: Any) -> None:
    assert phones["ana"].swiftly(document, variables) is None


def test_what_is_no_single_read_is_left_to_the_ordinary_way(phones: dict[str, Phone]) -> None:
    for document in (
        "{ me { user { username } } }",
        "{ accounts { nodes { name } } serverInfo { version } }",
        "query ($yes: Boolean!) { accounts @include(if: $yes) { nodes { name } } }",
        "mutation { signOut { ok } }",
    ):
        phones["ana"].plainly(document, {"yes": True})
        assert phones["ana"].swiftly(document, {"yes": True}) is None


def test_a_script_and_a_stranger_go_the_ordinary_way(field: World, phones: dict[str, Phone]) -> None:
    for authorization in (None, "", "Bearer ", "Bearer nonsense", f"Basic {phones['ana'].bearer}"):
        context = Context(run=on_this_connection)
        assert async_to_sync(swift)(context, authorization, {"query": LIST, "variables": {"n": 1}}) is None
        assert context.caller is None


def test_where_documents_are_named_a_text_is_not_answered(
    field: World, phones: dict[str, Phone], settings: Settings
) -> None:
    trusted.forget()
    add_build(app="handheld", build="1", documents={digest(LIST): LIST})
    settings.FREE_DOCUMENTS = frozenset({"admin"})
    phone = phones["ana"]
    assert phone.swiftly(LIST, {"n": 1}) is None
    named = phone.swiftly("", {"n": 1}, documentId=digest(LIST))
    settings.FREE_DOCUMENTS = None
    assert named == phone.plainly(LIST, {"n": 1})


def test_it_is_paid_once_whichever_way_it_goes(
    phones: dict[str, Phone], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_POINTS = 1_000_000
    memory = Memory()
    monkeypatch.setattr(rates, "windows", lambda: memory)
    phone, context = phones["ana"], Context(run=on_this_connection)
    with clock.moved_to(clock.now().replace(second=1)):
        assert async_to_sync(swift)(context, phone.bearer, {"query": LIST, "variables": {"n": 0}}) is None
        assert context.paid
        before = context.standing
        async_to_sync(context.identify)(phone.bearer)
        async_to_sync(schema.execute)(LIST, {"n": 0}, context_value=context)
        assert (context.paid, context.standing) == (False, before)
        settings.RATE_POINTS = 10
        assert phone.swiftly(LIST, {"n": 5}) is None
