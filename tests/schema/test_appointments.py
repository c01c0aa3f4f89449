"""Appointments through GraphQL: Ana's own, Ben's view of them, and nothing for anybody else."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.identity.models import User
from backend.kit.ids import new_id
from tests.factories.replica import Phone
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

MAKE = """mutation ($i: AppointmentInput!, $u: UUID, $id: UUID) { createAppointment(input: $i, userId: $u, id: $id) {
  appointment { id title zone rrule until version } } }"""
EDIT = """mutation ($a: UUID!, $c: AppointmentChanges!, $r: AppointmentReach!, $at: DateTime, $v: Int) {
  editAppointment(appointmentId: $a, changes: $c, reach: $r, at: $at, baseVersion: $v) {
    appointment { id title startsAt endsAt seriesId recurrenceAt version } } }"""
CANCEL = """mutation ($a: UUID!, $r: AppointmentReach! = ALL, $at: DateTime) {
  cancelAppointment(appointmentId: $a, reach: $r, at: $at) { appointment { id } } }"""
LIST = """query ($f: Date! = "2026-11-30", $l: Date! = "2026-12-31", $u: UUID) {
  appointments(firstDay: $f, lastDay: $l, userId: $u) { start end at
    appointment { title notes place accountId private point { lat lng } } } }"""
MEETING = {
    "title": "Doctor",
    "notes": "Bring the card",
    "place": "Clinic",
    "lat": 41.6,
    "lng": -93.6,
    "startsAt": "2026-11-30T09:00:00-06:00",
    "endsAt": "2026-11-30T10:00:00-06:00",
}


def test_a_series_is_made_changed_and_called_off(field: World, ask: Ask) -> None:
    ana = ask(field.ana)
    given = {**MEETING, "rrule": "FREQ=WEEKLY;UNTIL=20261221"}
    row = ana(MAKE, i=given)["createAppointment"]["appointment"]
    assert (row["zone"], row["rrule"], row["until"]) == (
        "America/Chicago",
        "FREQ=WEEKLY",
        "2026-12-22T05:59:59+00:00",
    )
    second = "2026-12-07T15:00:00+00:00"
    moved = ana(EDIT, a=row["id"], c={"startsAt": "2026-12-08T16:00:00Z"}, r="THIS", at=second)
    shown = moved["editAppointment"]["appointment"]
    assert (shown["seriesId"], shown["recurrenceAt"]) == (row["id"], second)
    assert shown["endsAt"] == "2026-12-08T17:00:00+00:00"
    ana(CANCEL, a=row["id"], r="FOLLOWING", at="2026-12-21T15:00:00Z")
    assert [(one["start"], one["at"]) for one in ana(LIST)["appointments"]] == [
        ("2026-11-30T15:00:00+00:00", "2026-11-30T15:00:00+00:00"),
        ("2026-12-08T16:00:00+00:00", second),
        ("2026-12-14T15:00:00+00:00", "2026-12-14T15:00:00+00:00"),
    ]
    stale = ana.refused(EDIT, a=row["id"], c={"title": "Dentist"}, r="ALL", v=1)
    assert stale["code"] == "EDITED_MEANWHILE"
    assert ana.refused(EDIT, a=row["id"], c={"title": "x"}, r="THIS")["code"] == "REQUIRED"
    ana(CANCEL, a=row["id"])
    assert ana(LIST) == {"appointments": []}
    assert ana.refused(CANCEL, a=row["id"])["code"] == "APPOINTMENT_NOT_FOUND"


def test_what_is_private_is_busy_for_the_manager_and_nothing_for_strangers(field: World, ask: Ask) -> None:
    who = str(field.ana.pk)
    about = {"accountId": str(field.account("Clinic", field.north).pk)}
    row = ask(field.ana)(MAKE, i={**MEETING, **about, "private": True})["createAppointment"]["appointment"]
    for leader in (field.ben, field.dee):
        [seen] = ask(leader)(LIST, u=who)["appointments"]
        assert seen["start"] == "2026-11-30T15:00:00+00:00"
        told = {"title": "Busy", "notes": "", "place": "", "accountId": None, "private": True, "point": None}
        assert seen["appointment"] == told
        assert ask(leader).refused(CANCEL, a=row["id"])["code"] == "APPOINTMENT_PRIVATE"
    for stranger in (field.cy, field.bea, field.pat, field.zoe):
        client = ask(stranger)
        assert client.refused(LIST, u=who)["code"] == "USER_NOT_FOUND"
        assert client.refused(MAKE, i=MEETING, u=who)["code"] == "USER_NOT_FOUND"
        assert client.refused(CANCEL, a=row["id"])["code"] == "APPOINTMENT_NOT_FOUND"
        assert client.refused(EDIT, a=row["id"], c={"title": "x"}, r="ALL")["code"] == "APPOINTMENT_NOT_FOUND"
    assert ask(field.ana)(LIST)["appointments"][0]["appointment"]["title"] == "Doctor"


def test_a_manager_makes_an_open_appointment_for_a_rep_and_an_id_is_used_once(field: World, ask: Ask) -> None:
    who, key = str(field.ana.pk), str(new_id())
    ask(field.ben)(MAKE, i=MEETING, u=who, id=key)
    assert ask(field.ben).refused(MAKE, i=MEETING, u=who, id=key)["code"] == "ID_TAKEN"
    [seen] = ask(field.ben)(LIST, u=who)["appointments"]
    assert seen["appointment"]["point"] == {"lat": 41.6, "lng": -93.6}
    mine, other = field.account("Ames", field.north), field.account("Cy's", field.south)
    ask(field.ben)(EDIT, a=key, c={"accountId": str(mine.pk)}, r="ALL")
    assert ask(field.dee).refused(EDIT, a=key, c={"accountId": str(other.pk)}, r="ALL")["code"] == "ACCOUNT_NOT_FOUND"
    [seen] = ask(field.ben)(LIST, u=who)["appointments"]
    assert seen["appointment"]["accountId"] == str(mine.pk)


def phone_row(phone: Phone, user: User, row_id: str) -> dict[str, Any] | None:
    device = phone(user)
    device.pull()
    return device.of("appointment").get(row_id)


def test_phones_hold_appointments_and_the_managers_phone_only_that_somebody_is_busy(
    field: World, ask: Ask, phone: Phone
) -> None:
    ana = ask(field.ana)
    open_one = ana(MAKE, i=MEETING)["createAppointment"]["appointment"]["id"]
    secret = ana(MAKE, i={**MEETING, "private": True, "rrule": "FREQ=DAILY"})["createAppointment"]["appointment"]["id"]
    mine = phone_row(phone, field.ana, secret)
    assert mine is not None
    assert (mine["title"], mine["place"], mine["lat"], mine["rrule"]) == ("Doctor", "Clinic", 41.6, "FREQ=DAILY")
    for leader in (field.ben, field.dee):
        seen = phone_row(phone, leader, secret)
        assert seen is not None
        assert {name: seen[name] for name in ("title", "notes", "place", "lat", "lng", "private")} == {
            "title": "",
            "notes": "",
            "place": "",
            "lat": None,
            "lng": None,
            "private": True,
        }
        told = phone_row(phone, leader, open_one)
        assert told is not None
        assert told["title"] == "Doctor"
    for stranger in (field.cy, field.bea, field.pat, field.zoe):
        assert phone_row(phone, stranger, open_one) is None
        assert phone_row(phone, stranger, secret) is None


@pytest.mark.parametrize("count", [1, 3])
def test_appointments_take_as_many_queries_for_three_rows_as_for_one(field: World, ask: Ask, count: int) -> None:
    ana = ask(field.ana)
    for _ in range(count):
        ana(MAKE, i={**MEETING, "rrule": "FREQ=WEEKLY;COUNT=1"})
    assert len(ana(LIST)["appointments"]) == count
    assert ana.queries == 3
