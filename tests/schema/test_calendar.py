"""Hours, absences and who works where: set by the person or from above, and felt by the next plan."""

from collections.abc import Callable
from datetime import date

import pytest

from backend.field.models import Absence, WorkingHours
from backend.field.shifts import working_time
from backend.identity.models import User
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

HOURS = """mutation ($w: Int!, $s: Time, $e: Time, $u: UUID) {
  setWorkingHours(weekday: $w, start: $s, end: $e, userId: $u) { hours { weekday start end } } }"""
AWAY = """mutation ($f: Date!, $l: Date!, $u: UUID) {
  addAbsence(firstDay: $f, lastDay: $l, userId: $u) { absence { id firstDay } } }"""
BACK = "mutation ($a: UUID!) { removeAbsence(absenceId: $a) { absence { id } } }"
SATURDAY = date(2026, 11, 28)


def test_a_rep_sets_and_unsets_a_shift(field: World, ask: Ask) -> None:
    ana = ask(field.ana)
    assert working_time(field.ana, SATURDAY) == []
    given = ana(HOURS, w=6, s="09:00:00", e="12:00:00")["setWorkingHours"]["hours"]
    assert given == {"weekday": 6, "start": "09:00:00", "end": "12:00:00"}
    ana(HOURS, w=6, s="10:00:00", e="12:00:00")
    [span] = working_time(field.ana, SATURDAY)
    assert [moment.hour for moment in (span.start, span.end)] == [16, 18]
    assert len(ana("{ workingHours { weekday } }")["workingHours"]) == 6
    assert ana(HOURS, w=6)["setWorkingHours"] == {"hours": None}
    assert working_time(field.ana, SATURDAY) == []


def test_an_absence_is_written_down_and_taken_back(field: World, ask: Ask) -> None:
    ana, monday = ask(field.ana), date(2026, 11, 30)
    absence = ana(AWAY, f=monday.isoformat(), l=monday.isoformat())["addAbsence"]["absence"]["id"]
    assert working_time(field.ana, monday) == []
    assert len(ana("{ absences { firstDay } }")["absences"]) == 1
    assert ask(field.cy).refused(BACK, a=absence)["code"] == "ABSENCE_NOT_FOUND"
    ana(BACK, a=absence)
    assert len(working_time(field.ana, monday)) == 1
    assert ana.refused(BACK, a=absence)["code"] == "ABSENCE_NOT_FOUND"


def test_a_manager_sets_it_for_a_rep_of_theirs_and_nobody_for_anothers(field: World, ask: Ask) -> None:
    who = str(field.ana.pk)
    ask(field.ben)(HOURS, w=6, s="09:00:00", e="12:00:00", u=who)
    for stranger in (field.cy, field.bea, field.zoe):
        assert ask(stranger).refused(HOURS, w=6, u=who)["code"] == "USER_NOT_FOUND"
        assert ask(stranger).refused(AWAY, f="2026-11-30", l="2026-11-30", u=who)["code"] == "USER_NOT_FOUND"
        assert ask(stranger).refused(f'{{ absences(userId: "{who}") {{ id }} }}')["code"] == "USER_NOT_FOUND"


@pytest.mark.parametrize(
    ("given", "code", "named"),
    [
        ({"w": 8, "s": "09:00:00", "e": "12:00:00"}, "OUT_OF_RANGE", "weekday"),
        ({"w": 1, "s": "12:00:00", "e": "09:00:00"}, "HOURS_SPAN", "end"),
        ({"w": 1, "s": "09:00:00+01:00", "e": "12:00:00"}, "LOCAL_TIME", "start"),
    ],
)
def test_impossible_hours_are_refused(field: World, ask: Ask, given: dict[str, object], code: str, named: str) -> None:
    refusal = ask(field.ana).refused(HOURS, **given)
    assert (refusal["code"], list(refusal["fields"])) == (code, [named])
    refusal = ask(field.ana).refused(AWAY, f="2026-12-02", l="2026-12-01")
    assert (refusal["code"], list(refusal["fields"])) == ("ABSENCE_SPAN", ["lastDay"])


def test_giving_a_rep_a_territory_and_taking_it_back(field: World, ask: Ask) -> None:
    field.account("Valley", field.south)
    give = "mutation ($u: UUID!, $t: UUID!) { assignUser(userId: $u, territoryId: $t) { territory { name } } }"
    take = "mutation ($u: UUID!, $t: UUID!) { releaseUser(userId: $u, territoryId: $t) { user { username } } }"
    where = {"u": str(field.ana.pk), "t": str(field.south.pk)}
    names = "{ accounts { nodes { name } } }"
    assert ask(field.ben).refused(give, **where)["code"] == "TERRITORY_NOT_FOUND"
    assert ask(field.bea).refused(give, **where)["code"] == "USER_NOT_FOUND"
    assert ask(field.ana).refused(give, u=where["u"], t=str(field.north.pk))["code"] == "MANAGER_ONLY"
    ask(field.dee)(give, **where)
    assert ask(field.ana)(names)["accounts"]["nodes"] == [{"name": "Valley"}]
    assert ask(field.dee).refused(give, **where)["code"] == "ASSIGNMENT_OVERLAP"
    ask(field.dee)(take, **where)
    assert ask(field.ana)(names)["accounts"]["nodes"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_calendars_take_as_many_queries_for_three_rows_as_for_one(field: World, ask: Ask, count: int) -> None:
    WorkingHours.objects.filter(user=field.ana, weekday__gt=count).delete()
    for number in range(count):
        day = date(2026, 12, 1 + number)
        Absence.objects.create(org=field.org, user=field.ana, first_day=day, last_day=day)
    ana = ask(field.ana)
    assert len(ana("{ workingHours { weekday start end } }")["workingHours"]) == count
    assert ana.queries == 1
    assert len(ana("{ absences { firstDay lastDay reason } }")["absences"]) == count
    assert ana.queries == 1
