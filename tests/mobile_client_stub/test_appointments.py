"""The phone reckons the times of a series itself."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from mobile_client_stub.appointments import on_day

CHICAGO = ZoneInfo("America/Chicago")


def row(**more: Any) -> dict[str, Any]:
    """Returns a weekly meeting on Mondays at nine, from 30 November 2026."""
    return {
        "id": "a",
        "title": "Team meeting",
        "startsAt": "2026-11-30T15:00:00+00:00",
        "endsAt": "2026-11-30T16:00:00+00:00",
        "zone": "America/Chicago",
        "rrule": "FREQ=WEEKLY",
        "until": None,
        "exdates": [],
        "seriesId": None,
        "recurrenceAt": None,
        **more,
    }


def hours(rows: list[dict[str, Any]], day: date) -> list[str]:
    return [f"{one.start.astimezone(CHICAGO):%H:%M} {one.title}" for one in on_day(rows, day, CHICAGO)]


def test_a_series_comes_every_week_at_nine_over_daylight_saving() -> None:
    assert hours([row()], date(2027, 3, 8)) == ["09:00 Team meeting"]
    assert hours([row()], date(2027, 3, 15)) == ["09:00 Team meeting"]
    assert hours([row()], date(2027, 3, 16)) == []
    assert hours([row()], date(2026, 11, 23)) == []


def test_what_was_called_off_is_not_there_and_what_was_moved_is_elsewhere() -> None:
    series = row(exdates=["2026-12-07T15:00:00+00:00"], until="2026-12-21T15:00:00+00:00")
    moved = row(
        id="b",
        title="",
        rrule="",
        startsAt="2026-12-15T20:00:00+00:00",
        endsAt="2026-12-15T20:30:00+00:00",
        seriesId="a",
        recurrenceAt="2026-12-14T15:00:00+00:00",
    )
    assert hours([series, moved], date(2026, 12, 7)) == []
    assert hours([series, moved], date(2026, 12, 14)) == []
    assert hours([series, moved], date(2026, 12, 15)) == ["14:00 busy"]
    assert hours([series, moved], date(2026, 12, 21)) == ["09:00 Team meeting"]
    assert hours([series, moved], date(2026, 12, 28)) == []


def test_one_that_goes_over_midnight_is_on_both_days() -> None:
    night = row(rrule="", startsAt="2026-12-01T05:30:00+00:00", endsAt="2026-12-01T06:30:00+00:00")
    assert hours([night], date(2026, 11, 30)) == ["23:30 Team meeting"]
    assert hours([night], date(2026, 12, 1)) == ["23:30 Team meeting"]
    assert hours([night], date(2026, 12, 2)) == []
