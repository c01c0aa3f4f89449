"""What is due, when, and for whom."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.field.cadence import days_overdue, due_on
from backend.field.models import Visit
from backend.field.queries import due_accounts
from backend.kit import clock
from tests.factories.world import World

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 18, tzinfo=ZoneInfo("UTC"))


def visited(field: World, name: str, days_ago: int) -> Visit:
    """Makes a store whose last completed visit lies so many days back."""
    account = field.account(name, field.north)
    visit = field.visit(account, start=NOON - timedelta(days=days_ago))
    Visit.objects.filter(pk=visit.pk).update(state="completed", ended_at=NOON - timedelta(days=days_ago))
    return visit


@pytest.mark.parametrize(
    ("last", "interval", "expected"),
    [
        (date(2026, 1, 1), 14, date(2026, 1, 15)),
        (None, 14, date(2025, 12, 1)),
        (date(2026, 1, 1), None, None),
        (None, None, None),
    ],
)
def test_due_is_last_plus_interval(last: date | None, interval: int | None, expected: date | None) -> None:
    assert due_on(last, interval, known_since=date(2025, 12, 1)) == expected


def test_overdue_counts_days_after_the_due_day_only() -> None:
    assert [days_overdue(day, MONDAY) for day in (MONDAY, MONDAY - timedelta(3), MONDAY + timedelta(3), None)] == [
        0,
        3,
        0,
        0,
    ]


def test_due_are_those_whose_cycle_has_run_out_in_ones_own_coverage(field: World) -> None:
    with clock.moved_to(NOON):
        visited(field, "Yesterday", 1)
        visited(field, "Just due", 14)
        visited(field, "Late", 20)
        field.account("Valley", field.south)
        due = {one.name: (one.due, one.days_overdue) for one in due_accounts(field.ana, MONDAY)}
        assert due == {"Just due": (MONDAY, 0), "Late": (MONDAY - timedelta(6), 6)}


def test_what_is_planned_already_or_closed_or_untiered_is_not_due(field: World) -> None:
    with clock.moved_to(NOON):
        planned = visited(field, "Planned", 30).account
        field.visit(planned, start=NOON + timedelta(days=2))
        closed = visited(field, "Closed", 30).account
        closed.lifecycle = "closed"
        closed.save()
        untiered = visited(field, "Untiered", 30).account
        untiered.tier = ""
        untiered.save()
        assert due_accounts(field.ana, MONDAY) == []


def test_a_tier_change_moves_the_due_day(field: World) -> None:
    with clock.moved_to(NOON):
        account = visited(field, "Twenty days", 20).account
        assert len(due_accounts(field.ana, MONDAY)) == 1
        account.tier = "B"
        account.save()
        assert due_accounts(field.ana, MONDAY) == []


def test_due_carries_what_a_planner_weighs(field: World) -> None:
    with clock.moved_to(NOON):
        account = visited(field, "Late", 20).account
        account.visit_windows = [
            {"weekday": 1, "from": "09:00", "to": "11:30"},
            {"weekday": 2, "from": "08:00", "to": "10:00"},
        ]
        account.save()
        field.deal(account)
        won = field.deal(account)
        won.stage = field.stages["won"]
        won.save()
        [due] = due_accounts(field.ana, MONDAY)
        assert [(a.hour, b.hour, b.minute) for a, b in due.windows] == [(9, 11, 30)]
        assert (due.open_all_week, str(due.open_value), due.best_stage_probability) == (False, "1200.00", 10)
        assert due.point is not None
