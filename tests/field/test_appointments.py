"""Ana's appointments: once or again and again, at the same local time, one moved, one called off, the rest changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from backend.field import appointments
from backend.field.agenda import agenda, appointment_for
from backend.field.appointments import Reach
from backend.field.models import Appointment
from backend.field.recurrence import Series, checked_rule
from backend.field.shifts import free_days, working_time
from backend.kit.errors import Conflict, DomainError, Invalid
from backend.kit.geo import LatLng
from tests.factories.world import World, acting

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2026, 11, 30)
YEAR = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), CHICAGO)


def made(field: World, **more: Any) -> Appointment:
    """Makes Ana's meeting of an hour, on Monday at nine unless said otherwise."""
    fields = {"title": "Team meeting", "starts_at": at(MONDAY, 9), "ends_at": at(MONDAY, 10), **more}
    return appointments.make(actor=acting(field.ana), user=field.ana, fields=fields)


def times(field: World, after: datetime = YEAR[0], before: datetime = YEAR[1]) -> list[str]:
    """Returns when Ana is where, as her clock shows it."""
    found = agenda(field.ana, after, before)
    return [f"{one.start.astimezone(CHICAGO):%m-%d %H:%M} {one.appointment.title}" for one in found]


def change(field: World, row: Appointment, reach: Reach, when: datetime | None = None, **changes: Any) -> Appointment:
    return appointments.change(actor=acting(field.ana), appointment=row, changes=changes, reach=reach, at=when)


def call_off(field: World, row: Appointment, reach: Reach, when: datetime | None = None) -> Appointment:
    return appointments.call_off(actor=acting(field.ana), appointment=row, reach=reach, at=when)


def week(number: int, hour: int = 9) -> datetime:
    return at(MONDAY + timedelta(weeks=number), hour)


def test_a_weekly_meeting_stays_at_nine_over_daylight_saving(field: World) -> None:
    made(field, rrule="FREQ=WEEKLY;BYDAY=MO")
    found = agenda(field.ana, at(date(2027, 3, 8), 0), at(date(2027, 3, 16), 0))
    assert [one.start for one in found] == [
        datetime(2027, 3, 8, 15, tzinfo=UTC),
        datetime(2027, 3, 15, 14, tzinfo=UTC),
    ]
    assert {one.end - one.start for one in found} == {timedelta(hours=1)}


def test_a_time_that_the_clock_passes_over_is_an_hour_later_and_comes_once(field: World) -> None:
    made(field, starts_at=at(MONDAY, 2, 30), ends_at=at(MONDAY, 3), rrule="FREQ=DAILY")
    spring = times(field, at(date(2027, 3, 13), 12), at(date(2027, 3, 15), 12))
    assert spring == ["03-14 03:30 Team meeting", "03-15 02:30 Team meeting"]
    made(field, title="Call", starts_at=at(MONDAY, 1, 30), ends_at=at(MONDAY, 1, 45), rrule="FREQ=DAILY")
    autumn = agenda(field.ana, at(date(2027, 11, 7), 0), at(date(2027, 11, 7), 2))
    assert [one.start for one in autumn] == [datetime(2027, 11, 7, 6, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["11-30", "12-07", "12-14"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261228", ["11-30", "12-14", "12-28"]),
        ("freq=weekly;until=20261214T145959Z", ["11-30", "12-07"]),
        ("FREQ=WEEKLY;UNTIL=20261214T150000Z", ["11-30", "12-07", "12-14"]),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=6", ["11-30", "12-01", "12-02", "12-03", "12-04", "12-07"]),
        ("FREQ=MONTHLY;BYDAY=-1MO;COUNT=2", ["11-30", "12-28"]),
        ("FREQ=MONTHLY;BYMONTHDAY=30;COUNT=3", ["11-30", "12-30", "01-30"]),
    ],
)
def test_a_rule_gives_its_times_and_ends(field: World, rule: str, expected: list[str]) -> None:
    row = made(field, rrule=rule)
    assert [one[:5] for one in times(field)] == expected
    assert agenda(field.ana, *YEAR)[-1].end <= row.over_at


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "FREQ=WEEKLY;BYDAY=TU",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;COUNT=2;UNTIL=20270101",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=5000",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;UNTIL=20200101",
        "FREQ=WEEKLY;UNTIL=tomorrow",
        "FREQ=WEEKLY;BYHOUR=9,10",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;FREQ=DAILY",
        "EXDATE:20261130",
        "FREQ=MONTHLY;BYMONTHDAY=99",
        "FREQ=WEEKLY;" + "BYDAY=" + ",".join(["MO"] * 100),
    ],
)
def test_a_rule_that_cannot_be_is_refused(field: World, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(field, rrule=rule)
    assert (refused.value.code, list(refused.value.fields)) == ("BAD_RRULE", ["rrule"])
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    ("given_", "code", "named"),
    [
        ({"title": " "}, "REQUIRED", "title"),
        ({"title": "x" * 201}, "BAD_VALUE", "title"),
        ({"ends_at": at(MONDAY, 9)}, "APPOINTMENT_SPAN", "endsAt"),
        ({"ends_at": at(MONDAY + timedelta(8), 9)}, "APPOINTMENT_SPAN", "endsAt"),
        ({"starts_at": datetime(1990, 1, 1, tzinfo=UTC)}, "OUT_OF_RANGE", "startsAt"),
        ({"lat": 41.6}, "REQUIRED", "lng"),
        ({"ends_at": None}, "REQUIRED", "endsAt"),
        ({"lat": 91.0, "lng": 0.0}, "IMPOSSIBLE_COORDINATE", "lat"),
        ({"zone": "Mars/Olympus"}, "UNKNOWN_ZONE", "zone"),
        ({"zone": "../etc"}, "UNKNOWN_ZONE", "zone"),
    ],
)
def test_what_cannot_be_an_appointment_is_refused_by_name(
    field: World, given_: dict[str, Any], code: str, named: str
) -> None:
    with pytest.raises(DomainError) as refused:
        made(field, **given_)
    assert refused.value.code == code
    assert named in refused.value.fields


def test_one_time_is_moved_and_another_called_off(field: World) -> None:
    row = made(field, rrule="FREQ=WEEKLY;COUNT=4")
    moved = change(field, row, Reach.THIS, week(1), starts_at=week(1, 14), title="Short meeting")
    call_off(field, row, Reach.THIS, week(2))
    assert times(field) == [
        "11-30 09:00 Team meeting",
        "12-07 14:00 Short meeting",
        "12-21 09:00 Team meeting",
    ]
    # Asked for the hour from which it was moved away, nothing is there.
    assert times(field, week(1), week(1, 10)) == []
    for reach, when in (
        (Reach.THIS, week(1)),
        (Reach.THIS, week(2)),
        (Reach.FOLLOWING, week(2)),
        (Reach.THIS, week(9)),
    ):
        with pytest.raises(DomainError) as refused:
            change(field, row, reach, when, title="Again")
        assert refused.value.code == "OCCURRENCE_NOT_FOUND"
    change(field, moved, Reach.THIS, title="Shorter")
    assert times(field)[1] == "12-07 14:00 Shorter"
    call_off(field, moved, Reach.THIS)
    assert times(field) == ["11-30 09:00 Team meeting", "12-21 09:00 Team meeting"]


def test_this_and_the_following_become_a_series_of_their_own(field: World) -> None:
    row = made(field, rrule="FREQ=WEEKLY;COUNT=5")
    change(field, row, Reach.THIS, week(3), title="With guests")
    call_off(field, row, Reach.THIS, week(1))
    call_off(field, row, Reach.THIS, week(4))
    after = change(field, row, Reach.FOLLOWING, week(2), starts_at=week(2, 11), place="Room 4")
    assert after.pk != row.pk
    assert times(field) == [
        "11-30 09:00 Team meeting",
        "12-14 11:00 Team meeting",
        "12-21 09:00 With guests",
    ]
    call_off(field, after, Reach.FOLLOWING, week(3, 11))
    assert times(field) == ["11-30 09:00 Team meeting", "12-14 11:00 Team meeting"]
    call_off(field, row, Reach.ALL)
    assert times(field) == ["12-14 11:00 Team meeting"]


def test_all_are_changed_and_those_moved_or_called_off_go_along(field: World) -> None:
    row = made(field, rrule="FREQ=WEEKLY;COUNT=4")
    change(field, row, Reach.THIS, week(1), title="With guests")
    call_off(field, row, Reach.THIS, week(2))
    change(field, row, Reach.ALL, starts_at=week(0, 10))
    assert times(field) == [
        "11-30 10:00 Team meeting",
        "12-07 09:00 With guests",
        "12-21 10:00 Team meeting",
    ]
    change(field, row, Reach.ALL, rrule="FREQ=WEEKLY;COUNT=1")
    assert times(field) == ["11-30 10:00 Team meeting"]
    change(field, row, Reach.ALL, rrule="", private=True)
    assert times(field) == ["11-30 10:00 Team meeting"]


def test_a_series_that_becomes_private_takes_those_moved_along(field: World) -> None:
    row = made(field, rrule="FREQ=WEEKLY;COUNT=4")
    moved = change(field, row, Reach.THIS, week(1), title="With guests")
    change(field, row, Reach.ALL, private=True)
    moved.refresh_from_db()
    assert moved.private


def test_only_the_person_changes_what_is_private_and_strangers_find_nothing(field: World) -> None:
    row = made(field, private=True)
    ben = acting(field.ben)
    secret = {"title": "x", "private": True, "starts_at": week(0), "ends_at": week(0, 10)}
    attempts: list[Callable[[], Appointment]] = [
        lambda: appointments.call_off(actor=ben, appointment=row, reach=Reach.ALL),
        lambda: appointments.change(actor=ben, appointment=row, changes={"title": "x"}, reach=Reach.ALL),
        lambda: appointments.make(actor=ben, user=field.ana, fields=secret),
    ]
    for act in attempts:
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "APPOINTMENT_PRIVATE"
    assert appointment_for(ben, row.pk).pk == row.pk
    for stranger in (field.cy, field.bea, field.pat, field.zoe):
        with pytest.raises(DomainError) as unknown:
            appointment_for(acting(stranger), row.pk)
        assert unknown.value.code == "APPOINTMENT_NOT_FOUND"


def test_a_change_upon_what_somebody_edited_meanwhile_is_refused(field: World) -> None:
    row = made(field)
    change(field, row, Reach.ALL, title="Earlier")
    with pytest.raises(Conflict) as refused:
        appointments.change(
            actor=acting(field.ana), appointment=row, changes={"title": "Later"}, reach=Reach.ALL, base_version=1
        )
    assert refused.value.code == "EDITED_MEANWHILE"


def test_the_day_is_free_around_appointments(field: World) -> None:
    dentist = LatLng(41.6, -93.6)
    made(field, lat=dentist.lat, lng=dentist.lng)
    made(field, title="Call", starts_at=at(MONDAY, 14), ends_at=at(MONDAY, 15))
    assert len(working_time(field.ana, MONDAY)) == 1
    before, after = free_days(field.ana, [MONDAY])[MONDAY]
    assert (before.end, before.end_place) == (at(MONDAY, 9), dentist)
    assert (after.start, after.start_place) == (at(MONDAY, 10), dentist)
    [call] = after.breaks
    assert (call.first, call.last, call.length) == (at(MONDAY, 14), at(MONDAY, 14), timedelta(hours=1))


@pytest.mark.parametrize("count", [1, 3])
def test_an_agenda_takes_as_many_queries_for_three_series_as_for_one(field: World, count: int) -> None:
    for number in range(count):
        row = made(field, title=f"Meeting {number}", rrule="FREQ=WEEKLY;COUNT=4")
        change(field, row, Reach.THIS, week(1), title="Moved")
    with CaptureQueriesContext(connection) as captured:
        found = agenda(field.ana, *YEAR)
    assert (len(found), len(captured)) == (4 * count, 2)


@given(
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    hour=st.integers(0, 23),
    rule=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=3", "FREQ=DAILY;COUNT=40", "FREQ=DAILY;UNTIL=20271231"]),
    ahead=st.integers(0, 400),
)
def test_what_is_asked_in_pieces_is_what_is_asked_at_once(day: date, hour: int, rule: str, ahead: int) -> None:
    first = Series(at(day, hour).astimezone(UTC), timedelta(hours=1), CHICAGO)
    first = Series(first.first.replace(tzinfo=CHICAGO).astimezone(UTC), first.length, CHICAGO)
    try:
        kept, until = checked_rule(rule, first)
    except Invalid:
        assert "UNTIL" in rule
        return
    series = Series(first.starts_at, first.length, CHICAGO, kept, until)
    begin = first.starts_at + timedelta(days=ahead)
    middle, end = begin + timedelta(days=9, hours=5), begin + timedelta(days=20)
    whole = set(series.starts(begin, end))
    assert whole == set(series.starts(begin, middle)) | set(series.starts(middle, end))
    assert all(one.astimezone(CHICAGO).hour in (first.first.hour, first.first.hour + 1) for one in whole)
    assert all(one + series.length <= series.last_end() for one in whole)
