"""When Ana works: shifts, breaks, absences and holidays become instants, also where the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from backend.field import calendar, org_calendar
from backend.field.calendar_rules import BreakHours, ShiftHours
from backend.field.models import Absence, CompanyDay, HolidayRegion, WorkingHours
from backend.field.shifts import working_days, working_time
from backend.field.spans import Busy, Pause, Span, without
from backend.field.walltime import day_instants, instant_of
from backend.kit.errors import DomainError
from backend.kit.geo import LatLng
from tests.factories.world import World, acting

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2026, 11, 30)
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
LUNCH = BreakHours(time(11, 30), time(13, 30), 30)


def clock_of(spans: list[Span]) -> list[tuple[str, str]]:
    """Returns stretches as Ana's clock shows them."""
    return [(f"{one.start.astimezone(CHICAGO):%H:%M}", f"{one.end.astimezone(CHICAGO):%H:%M}") for one in spans]


def test_hours_are_where_the_person_lives_and_an_absence_ends_them(field: World) -> None:
    [span] = working_time(field.ana, MONDAY)
    assert (span.start, span.end) == (datetime(2026, 11, 30, 14, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert working_time(field.ana, MONDAY + timedelta(5)) == []
    Absence.objects.create(org=field.org, user=field.ana, first_day=MONDAY, last_day=MONDAY)
    assert working_time(field.ana, MONDAY) == []
    assert len(working_time(field.ana, MONDAY + timedelta(1))) == 1


def test_a_day_has_several_shifts_with_breaks_and_places(field: World) -> None:
    depot = org_calendar.add_work_place(actor=acting(field.dee), name="Depot", point=LatLng(41.6, -93.6))
    shifts = [
        ShiftHours(time(17), time(19), end_place=depot),
        ShiftHours(time(8), time(14), breaks=(LUNCH,), start_place=LatLng(41.5, -93.5)),
    ]
    rows = calendar.set_day(actor=acting(field.ana), user=field.ana, weekday=1, shifts=shifts)
    assert [row.start for row in rows] == [time(8), time(17)]
    morning, evening = working_time(field.ana, MONDAY)
    assert clock_of([morning, evening]) == [("08:00", "14:00"), ("17:00", "19:00")]
    assert (morning.start_place, morning.end_place) == (LatLng(41.5, -93.5), None)
    assert (evening.start_place, evening.end_place) == (None, LatLng(41.6, -93.6))
    [lunch] = morning.breaks
    # It lies between 11:30 and 13:30, and so begins by 13:00.
    assert [f"{one.astimezone(CHICAGO):%H:%M}" for one in (lunch.first, lunch.last)] == ["11:30", "13:00"]
    assert lunch.length == timedelta(minutes=30)


def test_setting_a_day_again_keeps_the_rows_that_stay(field: World) -> None:
    ana = acting(field.ana)

    def ids(*hours: tuple[int, int]) -> dict[time, object]:
        shifts = [ShiftHours(time(start), time(end)) for start, end in hours]
        return {row.start: row.pk for row in calendar.set_day(actor=ana, user=field.ana, weekday=1, shifts=shifts)}

    first = ids((8, 12), (13, 17))
    second = ids((9, 12), (13, 18))
    assert second[time(13)] == first[time(13)]
    assert second[time(9)] == first[time(8)]
    assert ids((7, 9), (9, 13))[time(9)] == first[time(8)]
    assert ids() == {}
    assert WorkingHours.objects.filter(user=field.ana, weekday=1, deleted_at=None).count() == 0


@pytest.mark.parametrize(
    ("shifts", "code"),
    [
        ([ShiftHours(time(8), time(12)), ShiftHours(time(11), time(14))], "SHIFTS_OVERLAP"),
        ([ShiftHours(time(12), time(8))], "HOURS_SPAN"),
        ([ShiftHours(time(8), time(12), breaks=(LUNCH,))], "BREAK_SPAN"),
        ([ShiftHours(time(8), time(17), breaks=(LUNCH, LUNCH))], "BREAK_SPAN"),
        ([ShiftHours(time(8), time(17), breaks=(BreakHours(time(11), time(12), 61),))], "BREAK_LENGTH"),
        ([ShiftHours(time(8), time(17), breaks=(BreakHours(time(11), time(12), 0),))], "BREAK_LENGTH"),
        ([ShiftHours(time(hour), time(hour + 1)) for hour in range(8, 15)], "TOO_MANY"),
        ([ShiftHours(time(8, tzinfo=UTC), time(9, tzinfo=UTC))], "LOCAL_TIME"),
    ],
)
def test_impossible_days_are_refused(field: World, shifts: list[ShiftHours], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        calendar.set_day(actor=acting(field.ana), user=field.ana, weekday=1, shifts=shifts)
    assert refused.value.code == code
    assert clock_of(working_time(field.ana, MONDAY)) == [("08:00", "17:00")]


def test_an_absence_of_some_hours_cuts_the_day_and_lunch_moves_out_of_its_way(field: World) -> None:
    shift = ShiftHours(time(8), time(17), breaks=(LUNCH,), start_place=LatLng(41.5, -93.5))
    calendar.set_day(actor=acting(field.ana), user=field.ana, weekday=1, shifts=[shift])
    calendar.add_absence(
        actor=acting(field.ana),
        user=field.ana,
        first_day=MONDAY,
        last_day=MONDAY,
        starts=time(9, 30),
        ends=time(12, 30),
    )
    before, after = working_time(field.ana, MONDAY)
    assert clock_of([before, after]) == [("08:00", "09:30"), ("12:30", "17:00")]
    assert before.start_place == LatLng(41.5, -93.5)
    assert (before.end_place, after.start_place) == (None, None)
    assert (before.breaks, after.breaks[0].first) == ((), after.start)


@pytest.mark.parametrize(
    ("day", "hours"), [(SPRING, 5), (AUTUMN, 7), (SPRING + timedelta(7), 6)], ids=["spring", "autumn", "ordinary"]
)
def test_a_shift_through_the_night_of_the_change_is_as_long_as_it_really_is(
    field: World, day: date, hours: int
) -> None:
    calendar.set_hours(actor=acting(field.ana), user=field.ana, weekday=7, shift=(time(0), time(6)))
    [span] = working_time(field.ana, day)
    assert span.end - span.start == timedelta(hours=hours)


def test_a_shift_within_the_hour_that_there_is_not_is_none(field: World) -> None:
    shifts = [ShiftHours(time(2, 10), time(2, 50)), ShiftHours(time(2, 50), time(4))]
    calendar.set_day(actor=acting(field.ana), user=field.ana, weekday=7, shifts=shifts)
    [span] = working_time(field.ana, SPRING)
    assert (span.start, span.end) == (
        datetime(2027, 3, 14, 8, tzinfo=UTC),
        datetime(2027, 3, 14, 9, tzinfo=UTC),
    )
    assert [end - start for start, end in (day_instants(SPRING, CHICAGO), day_instants(AUTUMN, CHICAGO))] == [
        timedelta(hours=23),
        timedelta(hours=25),
    ]


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    zone=st.sampled_from(["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata"]),
    times=st.lists(st.times().map(lambda one: one.replace(second=0, microsecond=0)), min_size=2, max_size=2),
)
def test_a_later_time_of_a_day_is_never_an_earlier_instant(day: date, zone: str, times: list[time]) -> None:
    early, late = sorted(times)
    where = ZoneInfo(zone)
    assert instant_of(day, early, where) <= instant_of(day, late, where)
    dawn, night = day_instants(day, where)
    assert dawn <= instant_of(day, early, where) <= night
    shown = instant_of(day, early, where).astimezone(where)
    assert (shown.date(), shown.time()) == (day, early) or shown.replace(tzinfo=None) > datetime.combine(day, early)


def test_public_holidays_are_those_of_the_org_or_of_the_person(field: World) -> None:
    thanksgiving, liberation = date(2026, 11, 26), date(2027, 5, 5)
    assert len(working_time(field.ana, thanksgiving)) == 1
    org_calendar.set_holiday_region(actor=acting(field.dee), user=None, country="US", subdivision="IA")
    assert working_time(field.ana, thanksgiving) == []
    org_calendar.set_holiday_region(actor=acting(field.ben), user=field.ana, country="NL")
    assert len(working_time(field.ana, thanksgiving)) == 1
    assert working_time(field.ana, date(2027, 3, 29)) == []  # Easter Monday
    org_calendar.set_holiday_region(actor=acting(field.ana), user=field.ana, country="")
    assert len(working_time(field.ana, date(2027, 3, 29))) == 1
    org_calendar.set_holiday_region(actor=acting(field.ana), user=field.ana, country=None)
    assert working_time(field.ana, thanksgiving) == []
    org_calendar.set_holiday_region(actor=acting(field.dee), user=None, country=None)
    assert len(working_time(field.ana, thanksgiving)) == 1
    assert HolidayRegion.objects.filter(deleted_at=None).count() == 0
    assert len(working_time(field.ana, liberation)) == 1


def test_the_orgs_own_days_go_before_public_ones(field: World) -> None:
    dee, thanksgiving = acting(field.dee), date(2026, 11, 26)
    org_calendar.set_holiday_region(actor=dee, user=None, country="US")
    org_calendar.set_company_day(actor=dee, day=thanksgiving, name="Stocktaking", works=True)
    org_calendar.set_company_day(actor=dee, day=MONDAY, name="Summer party")
    assert len(working_time(field.ana, thanksgiving)) == 1
    assert working_time(field.ana, MONDAY) == []
    org_calendar.set_company_day(actor=dee, day=MONDAY, name="Summer party", works=True)
    assert len(working_time(field.ana, MONDAY)) == 1
    org_calendar.remove_company_day(actor=dee, day=thanksgiving)
    assert working_time(field.ana, thanksgiving) == []
    assert CompanyDay.objects.filter(deleted_at=None).count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_many_days_take_as_many_queries_as_one(field: World, count: int) -> None:
    for number in range(count):
        day = MONDAY + timedelta(number)
        Absence.objects.create(
            org=field.org, user=field.ana, first_day=day, last_day=day, starts=time(9), ends=time(10)
        )
    with CaptureQueriesContext(connection) as captured:
        found = working_days(field.ana, [MONDAY + timedelta(number) for number in range(count)])
    assert (sum(len(spans) for spans in found.values()), len(captured)) == (2 * count, 4)


NINE = datetime(2026, 11, 30, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Span(MONDAY, NINE, NINE + 8 * HOUR, breaks=(Pause(NINE + 2 * HOUR, NINE + 4 * HOUR, HOUR / 2),))


def test_busy_time_at_a_place_makes_the_day_end_and_begin_there() -> None:
    dentist = LatLng(41.6, -93.6)
    before, after = without([DAY], [Busy(NINE + HOUR, NINE + 2 * HOUR, place=dentist)])
    assert (before.end, before.end_place) == (NINE + HOUR, dentist)
    assert (after.start, after.start_place) == (NINE + 2 * HOUR, dentist)
    assert (before.breaks, after.breaks) == ((), DAY.breaks)


def test_busy_time_wherever_one_is_becomes_a_break_at_its_time() -> None:
    [day] = without([DAY], [Busy(NINE + 5 * HOUR, NINE + 6 * HOUR, stays=True)])
    assert [(one.first, one.fixed) for one in day.breaks] == [(NINE + 2 * HOUR, False), (NINE + 5 * HOUR, True)]
    [late] = without([DAY], [Busy(NINE - HOUR, NINE + HOUR, stays=True)])
    assert late.start == NINE + HOUR
    [early] = without([DAY], [Busy(NINE + 7 * HOUR, NINE + 9 * HOUR, stays=True)])
    assert early.end == NINE + 7 * HOUR
    assert without([DAY], [Busy(NINE - HOUR, NINE + 9 * HOUR, stays=True)]) == []
    calls = [Busy(NINE + 5 * HOUR, NINE + 6 * HOUR, stays=True), Busy(NINE + 5.5 * HOUR, NINE + 7 * HOUR, stays=True)]
    [day] = without([DAY], calls)
    assert [(one.first, one.length) for one in day.breaks if one.fixed] == [(NINE + 5 * HOUR, 2 * HOUR)]


MINUTES = st.integers(0, 10 * 60)


@given(busy=st.lists(st.tuples(MINUTES, MINUTES, st.sampled_from(["place", "stays", "away"])), max_size=5))
def test_nothing_is_worked_in_busy_time_and_breaks_keep_out_of_each_others_way(
    busy: list[tuple[int, int, str]],
) -> None:
    taken = [
        Busy(
            NINE - HOUR + timedelta(minutes=min(a, b)),
            NINE - HOUR + timedelta(minutes=max(a, b) + 1),
            place=LatLng(1.0, 2.0) if kind == "place" else None,
            stays=kind == "stays",
        )
        for a, b, kind in busy
    ]
    spans = without([DAY], taken)
    for span in spans:
        assert DAY.start <= span.start < span.end <= DAY.end
        free = span.start
        for pause in span.breaks:
            assert free <= pause.first <= pause.last
            free = pause.last + pause.length
        assert free <= span.end
    for one in taken:
        minute = one.start
        while minute < one.end:
            at_work = [span for span in spans if span.start <= minute < span.end]
            resting = [
                pause
                for span in at_work
                for pause in span.breaks
                if pause.fixed and pause.first <= minute < pause.first + pause.length
            ]
            assert not at_work or (one.stays and resting)
            minute += timedelta(minutes=7)


def test_what_is_left_of_a_stretch_that_has_begun_keeps_the_break_that_is_still_possible() -> None:
    left = DAY.begun(NINE + 3 * HOUR)
    assert left is not None
    assert [(one.first, one.last) for one in left.breaks] == [(NINE + 3 * HOUR, NINE + 4 * HOUR)]
    late = DAY.begun(NINE + 5 * HOUR)
    assert late is not None
    assert late.breaks == ()
    assert DAY.begun(NINE + 8 * HOUR) is None
