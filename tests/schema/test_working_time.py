"""Shifts, breaks, places and holidays through GraphQL: who may set them, who may see them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from backend.field.models import CompanyDay, WorkingHours
from backend.identity.models import User
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

DAY = """mutation ($w: Int!, $s: [ShiftInput!]!, $u: UUID) { setWorkingDay(weekday: $w, shifts: $s, userId: $u) {
  hours { weekday start end breaks { start end minutes } startsFrom { lat lng } startPlace { name } endPlace { name } } } }"""
TIME = """query ($f: Date!, $l: Date!, $u: UUID) { workingTime(firstDay: $f, lastDay: $l, userId: $u) {
  day start end breaks { earliest latest minutes } startPlace { lat lng } endPlace { lat lng } } }"""
HOLIDAYS = "query ($f: Date!, $l: Date!, $u: UUID) { holidays(firstDay: $f, lastDay: $l, userId: $u) { day name } }"
REGION = """mutation ($c: String, $s: String! = "", $u: UUID) {
  setHolidayRegion(country: $c, subdivision: $s, userId: $u) { region { country subdivision } } }"""
ORG_REGION = "mutation ($c: String) { setOrgHolidayRegion(country: $c) { region { country } } }"
OWN_DAY = 'mutation ($d: Date!) { setCompanyDay(day: $d, name: "Summer party") { companyDay { day name works } } }'
PLACE = "mutation ($n: String!) { addWorkPlace(name: $n, lat: 41.6, lng: -93.6) { workPlace { id name } } }"
GONE = "mutation ($p: UUID!) { removeWorkPlace(placeId: $p) { workPlace { name } } }"
LUNCH = {"start": "11:30:00", "end": "13:30:00", "minutes": 30}
MONDAY = "2026-11-30"


def test_a_day_of_two_shifts_with_lunch_that_ends_at_the_depot(field: World, ask: Ask) -> None:
    ana = ask(field.ana)
    depot = ask(field.dee)(PLACE, n="Depot")["addWorkPlace"]["workPlace"]["id"]
    shifts = [
        {"start": "08:00", "end": "14:00", "breaks": [LUNCH], "startPlace": {"lat": 41.5, "lng": -93.5}},
        {"start": "15:00", "end": "18:00", "endPlace": {"placeId": depot}},
    ]
    first, second = ana(DAY, w=1, s=shifts)["setWorkingDay"]["hours"]
    assert first["breaks"] == [LUNCH]
    assert (first["startsFrom"], second["startsFrom"]) == ({"lat": 41.5, "lng": -93.5}, None)
    assert (first["endPlace"], second["endPlace"]) == (None, {"name": "Depot"})
    spans = ana(TIME, f=MONDAY, l=MONDAY)["workingTime"]
    assert [(one["start"], one["end"]) for one in spans] == [
        ("2026-11-30T14:00:00+00:00", "2026-11-30T20:00:00+00:00"),
        ("2026-11-30T21:00:00+00:00", "2026-12-01T00:00:00+00:00"),
    ]
    assert spans[0]["breaks"] == [
        {"earliest": "2026-11-30T17:30:00+00:00", "latest": "2026-11-30T19:00:00+00:00", "minutes": 30}
    ]
    assert (spans[1]["startPlace"], spans[1]["endPlace"]) == (None, {"lat": 41.6, "lng": -93.6})
    assert ask(field.dee).refused(GONE, p=depot)["code"] == "WORK_PLACE_IN_USE"
    ana(DAY, w=1, s=[])
    assert ask(field.dee)(GONE, p=depot)["removeWorkPlace"] == {"workPlace": {"name": "Depot"}}
    assert ana("{ workPlaces { name } }") == {"workPlaces": []}


def test_nobody_reads_or_sets_the_time_of_people_who_are_not_beneath_them(field: World, ask: Ask) -> None:
    who = str(field.ana.pk)
    ask(field.ben)(DAY, w=1, s=[{"start": "09:00", "end": "12:00"}], u=who)
    assert len(ask(field.ben)(TIME, f=MONDAY, l=MONDAY, u=who)["workingTime"]) == 1
    ask(field.ben)(REGION, c="US", s="IA", u=who)
    for stranger in (field.cy, field.bea, field.pat, field.zoe):
        client = ask(stranger)
        for refused in (
            client.refused(DAY, w=1, s=[], u=who),
            client.refused(TIME, f=MONDAY, l=MONDAY, u=who),
            client.refused(HOLIDAYS, f=MONDAY, l=MONDAY, u=who),
            client.refused(REGION, c="US", u=who),
        ):
            assert refused["code"] == "USER_NOT_FOUND"
    assert ask(None).refused(TIME, f=MONDAY, l=MONDAY)["code"] == "NOT_SIGNED_IN"


def test_what_holds_for_the_org_is_set_by_admins_and_holds_for_no_other_org(field: World, ask: Ask) -> None:
    for person in (field.ana, field.ben, field.pat):
        client = ask(person)
        assert client.refused(ORG_REGION, c="US")["code"] == "ADMIN_ONLY"
        assert client.refused(OWN_DAY, d=MONDAY)["code"] == "ADMIN_ONLY"
        assert client.refused(PLACE, n="Depot")["code"] == "ADMIN_ONLY"
    dee, ana, zoe = ask(field.dee), ask(field.ana), ask(field.zoe)
    dee(ORG_REGION, c="US")
    dee(OWN_DAY, d=MONDAY)
    depot = dee(PLACE, n="Depot")["addWorkPlace"]["workPlace"]["id"]
    year = {"f": "2026-11-20", "l": "2026-12-31"}
    assert [one["name"] for one in ana(HOLIDAYS, **year)["holidays"]] == [
        "Thanksgiving Day",
        "Summer party",
        "Christmas Day",
    ]
    assert zoe(HOLIDAYS, **year) == {"holidays": []}
    assert zoe("{ workPlaces { name } }") == {"workPlaces": []}
    assert zoe.refused(GONE, p=depot)["code"] == "WORK_PLACE_NOT_FOUND"
    at_depot = [{"start": "08:00", "end": "14:00", "startPlace": {"placeId": depot}}]
    assert zoe.refused(DAY, w=1, s=at_depot)["code"] == "WORK_PLACE_NOT_FOUND"


@pytest.mark.parametrize(
    ("document", "given", "code", "named"),
    [
        (REGION, {"c": "XX"}, "UNKNOWN_REGION", "country"),
        (REGION, {"c": "US", "s": "BY"}, "UNKNOWN_REGION", "subdivision"),
        (TIME, {"f": MONDAY, "l": "2027-02-01"}, "OUT_OF_RANGE", "lastDay"),
        (TIME, {"f": MONDAY, "l": "2026-11-01"}, "OUT_OF_RANGE", "lastDay"),
        (TIME, {"f": "1990-01-01", "l": "1990-01-02"}, "OUT_OF_RANGE", "firstDay"),
        (DAY, {"w": 1, "s": [{"start": "08:00", "end": "14:00", "startPlace": {"lat": 1.0}}]}, "REQUIRED", "placeId"),
        (DAY, {"w": 0, "s": []}, "OUT_OF_RANGE", "weekday"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    field: World, ask: Ask, document: str, given: dict[str, object], code: str, named: str
) -> None:
    refusal = ask(field.ana).refused(document, **given)
    assert (refusal["code"], list(refusal["fields"])) == (code, [named])


@pytest.mark.parametrize("count", [1, 3])
def test_days_and_shifts_take_as_many_queries_for_three_as_for_one(field: World, ask: Ask, count: int) -> None:
    depot = ask(field.dee)(PLACE, n="Depot")["addWorkPlace"]["workPlace"]["id"]
    WorkingHours.objects.filter(user=field.ana, weekday__gt=count).delete()
    WorkingHours.objects.filter(user=field.ana).update(start_place=depot)
    last = date(2026, 11, 30) + timedelta(count - 1)
    CompanyDay.objects.create(org=field.org, day=date(2026, 12, 24), name="Party")
    ana = ask(field.ana)
    assert len(ana(TIME, f=MONDAY, l=last.isoformat())["workingTime"]) == count
    assert ana.queries == 5
    assert len(ana(HOLIDAYS, f="2026-12-24", l="2026-12-24")["holidays"]) == 1
    assert ana.queries == 3
    assert len(ana("{ workingHours { start startPlace { name } } }")["workingHours"]) == count
    assert ana.queries == 1
