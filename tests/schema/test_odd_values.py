"""Values that no column keeps and no calendar knows: each is the asker's fault, by a code, and none spoils a row for others."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from backend.crm.models import Account
from backend.identity.models import User
from backend.kit.ids import new_id
from tests.factories import world
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

SCHEDULE = "mutation ($i: ScheduleVisitInput!) { scheduleVisit(input: $i) { visit { id } } }"
CHECK_IN = "mutation ($v: UUID!, $i: CheckInInput!) { checkIn(visitId: $v, input: $i) { checkIn { id at claimedAt } } }"
EDIT = "mutation ($a: UUID!, $c: AccountChanges!) { editAccount(id: $a, changes: $c) { account { id } } }"
SHARE = "mutation ($a: UUID!, $u: UUID!, $t: DateTime) { shareAccount(accountId: $a, userId: $u, until: $t) { account { id } } }"
NO_TEXT = ["a\x00", "a\ud800"]


@pytest.fixture
def store(field: world.World) -> Account:
    """An account of Ana's."""
    return field.account("Hy-Vee", field.north)


def _span(store: Account, start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"accountId": str(store.pk), "plannedStart": start, "plannedEnd": end, **more}


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-11-24T10:00:00", "2026-11-24T11:00:00", "BAD_VALUE"),
        ("2026-11-24T10:00:00Z", "2026-11-24T11:00:00", "BAD_VALUE"),
        ("2026-11-24T10:00:00", "2026-11-24T11:00:00Z", "BAD_VALUE"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T01:00:00+14:00", "OUT_OF_RANGE"),
        ("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z", "OUT_OF_RANGE"),
        ("9999-12-31T23:00:00-12:00", "9999-12-31T23:30:00-12:00", "OUT_OF_RANGE"),
    ],
)
def test_a_visit_is_planned_at_instants_that_everybody_can_read(
    field: world.World, ask: Ask, store: Account, start: str, end: str, code: str
) -> None:
    assert ask(field.ana).refused(SCHEDULE, i=_span(store, start, end))["code"] == code


@pytest.mark.parametrize("claimed", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_phone_whose_clock_is_far_off_checks_in_now(
    field: world.World, ask: Ask, store: Account, claimed: str
) -> None:
    visit = field.visit(store)
    ask(field.ana)(CHECK_IN, v=str(visit.pk), i={"at": claimed})
    shown = ask(field.ana)(
        "query ($v: UUID!) { visit(id: $v) { startedAt checkIns { at claimedAt } } }", v=str(visit.pk)
    )
    assert shown["visit"]["startedAt"] > "2026"
    assert shown["visit"]["checkIns"][0]["claimedAt"] is None
    assert ask(field.ana)('{ dueAccounts(day: "2026-11-23") { name } }') is not None


def test_an_id_is_used_once(field: world.World, ask: Ask, store: Account) -> None:
    mine = _span(store, "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", id=str(new_id()))
    ask(field.ana)(SCHEDULE, i=mine)
    assert ask(field.ana).refused(SCHEDULE, i=mine)["code"] == "ID_TAKEN"
    first, second = field.visit(store), field.visit(store, field.ben)
    given = {"id": str(new_id())}
    ask(field.ana)(CHECK_IN, v=str(first.pk), i=given)
    assert ask(field.ben).refused(CHECK_IN, v=str(second.pk), i=given)["code"] == "ID_TAKEN"


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31"])
@pytest.mark.parametrize("field_of_query", ["visitsOfDay(day: $d) { id }", "dueAccounts(day: $d) { name }"])
def test_a_day_is_one_that_somebody_may_work(field: world.World, ask: Ask, day: str, field_of_query: str) -> None:
    refused = ask(field.ana).refused(f"query ($d: Date!) {{ {field_of_query} }}", d=day)
    assert (refused["code"], refused["retry"]) == ("OUT_OF_RANGE", "NEVER")


def test_a_share_ends_at_an_instant_with_its_zone(field: world.World, ask: Ask, store: Account) -> None:
    given = {"a": str(store.pk), "u": str(field.cy.pk)}
    assert ask(field.ana).refused(SHARE, **given, t="2027-01-01T00:00:00")["code"] == "BAD_VALUE"
    assert ask(field.ana).refused(SHARE, **given, t="9999-12-31T23:59:59-12:00")["code"] == "OUT_OF_RANGE"


@pytest.mark.parametrize("text", NO_TEXT)
def test_what_is_no_text_is_refused_for_good(field: world.World, ask: Ask, store: Account, text: str) -> None:
    start, end = "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z"
    refusals = [
        ask(field.ana).refused(SCHEDULE, i=_span(store, start, end, purpose=text)),
        ask(field.ana).refused(
            "query ($s: String) { accounts(filter: {search: $s}) { pageInfo { hasNextPage } } }", s=text
        ),
        ask(field.ana).refused(
            "query ($s: String) { accounts(filter: {tier: {eq: $s}}) { pageInfo { hasNextPage } } }", s=text
        ),
        ask(field.ana).refused(EDIT, a=str(store.pk), c={"consent": {text: True}}),
        ask(field.ana).refused(
            "query ($s: String) { accounts(after: $s) { pageInfo { hasNextPage } } }", s=_cursor([text, str(store.pk)])
        ),
        ask(field.ana).refused(
            "mutation ($s: String!) { refreshSession(refreshToken: $s) { session { deviceId } } }", s=text
        ),
    ]
    assert {one["retry"] for one in refusals} <= {"NEVER", "AUTH"}
    assert "UNEXPECTED" not in {one["code"] for one in refusals}


def _cursor(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def test_a_row_that_nobody_can_read_is_our_fault(field: world.World, ask: Ask, store: Account) -> None:
    visit = field.visit(store)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE field_visit SET planned_start = '0002-01-01 00:00 BC' WHERE id = %s", [visit.pk])
    ana, day = ask(field.ana), "query ($v: UUID!) { visit(id: $v) { id plannedStart } }"
    assert ana.refused(day, v=str(visit.pk))["code"] == "UNEXPECTED"
    # What is asked for is all that is read.
    assert ana("query ($v: UUID!) { visit(id: $v) { state } }", v=str(visit.pk)) == {"visit": {"state": "planned"}}


def test_a_cursor_of_brackets_is_no_cursor(field: world.World, ask: Ask) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 3000).decode()
    assert (
        ask(field.ana).refused("query ($s: String) { accounts(after: $s) { pageInfo { hasNextPage } } }", s=deep)[
            "code"
        ]
        == "BAD_CURSOR"
    )


@pytest.mark.parametrize(
    "windows",
    [[{"weekday": 1, "from": "09:00", "to": "10:00+01:00"}], [{"weekday": 1, "from": "09:00", "to": "10:00"}] * 51],
)
def test_windows_are_local_times_and_a_few(
    field: world.World, ask: Ask, store: Account, windows: list[dict[str, Any]]
) -> None:
    refused = ask(field.ana).refused(EDIT, a=str(store.pk), c={"visitWindows": windows})
    assert refused["code"] in ("WINDOWS_SHAPE", "TOO_LONG")
