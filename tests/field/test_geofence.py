"""Fixes become a verdict: who stayed is there, who drove past is not, and what cannot be is not believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.field.geofence import DWELL, RADIUS_M, Fence, Fix, Presence, Verdict, fold, judge, step
from backend.kit.geo import LatLng

STORE = LatLng(42.03, -93.62)
NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)
METRE = 1 / 111_080
FENCE = Fence(STORE)


def north(metres: float) -> LatLng:
    return LatLng(STORE.lat + metres * METRE, STORE.lng)


def fix(metres: float, seconds: float, accuracy: float = 10.0, *, mocked: bool = False) -> Fix:
    """Returns a fix so far north of the store, so long after noon."""
    return Fix(north(metres), accuracy, NOON + timedelta(seconds=seconds), mocked)


def test_who_stays_enters_and_who_drives_past_does_not() -> None:
    assert fold(FENCE, [fix(20, 0), fix(30, 30)]).inside is False
    stayed = fold(FENCE, [fix(20, 0), fix(30, 30), fix(25, 60)])
    assert (stayed.inside, stayed.entered, stayed.dwell) == (True, NOON, timedelta(minutes=1))
    past = fold(FENCE, [fix(-900, 0), fix(-300, 30), fix(0, 50), fix(300, 70), fix(900, 100)])
    assert (past.inside, past.since) == (False, None)


def test_the_edge_is_not_left_until_one_is_well_beyond_it() -> None:
    there = [fix(20, 0), fix(20, 60)]
    assert fold(FENCE, [*there, fix(170, 90)]).inside
    assert fold(FENCE, [*there, fix(220, 90, accuracy=60)]).inside
    gone = fold(FENCE, [*there, fix(220, 90)])
    assert (gone.inside, gone.left) == (False, NOON + timedelta(seconds=90))
    back = fold(FENCE, [*there, fix(220, 90), fix(20, 120), fix(20, 200)])
    assert (back.inside, back.left) == (True, None)


def test_a_fix_that_is_not_sure_neither_enters_nor_leaves() -> None:
    assert not fold(FENCE, [fix(20, second, accuracy=140) for second in range(0, 300, 30)]).inside
    assert fold(FENCE, [fix(20, 0), fix(20, 60), fix(900, 90, accuracy=900)]).inside


def test_what_a_program_made_up_or_what_cannot_be_is_not_believed() -> None:
    there = [fix(20, 0), fix(20, 60)]
    assert fold(FENCE, [*there, fix(90_000, 90)]).inside
    assert fold(FENCE, [*there, fix(90_000, 90), fix(25, 120)]).inside
    assert not fold(FENCE, [fix(20, 0, mocked=True), fix(20, 60, mocked=True)]).inside
    # Two that agree are believed: then it was the first that was wrong.
    moved = fold(FENCE, [*there, fix(90_000, 90), fix(90_010, 120)])
    assert (moved.inside, moved.left) == (False, NOON + timedelta(seconds=90))
    wrong_first = fold(FENCE, [fix(90_000, 0), fix(20, 30), fix(20, 60), fix(20, 130)])
    assert wrong_first.inside


def test_fixes_in_any_order_and_said_twice_say_the_same() -> None:
    trail = [fix(400, 0), fix(100, 30), fix(20, 60), fix(20, 120), fix(160, 150)]
    assert fold(FENCE, trail) == fold(FENCE, [*reversed(trail), *trail])
    presence = fold(FENCE, trail)
    assert step(FENCE, presence, fix(5_000, 90)) == presence
    assert step(FENCE, presence, replace(fix(5_000, 900), at=None)) == presence


def test_a_long_silence_is_no_staying() -> None:
    assert not fold(FENCE, [fix(20, 0), fix(20, 3_600)]).inside
    assert fold(FENCE, [fix(20, 0), fix(20, 3_600), fix(20, 3_660)]).inside


@given(
    st.lists(
        st.tuples(st.floats(-400, 400), st.integers(0, 3_600), st.floats(1, 600), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_inside_is_only_who_was_seen_there_for_long_enough(trail: list[tuple[float, int, float, bool]]) -> None:
    fixes = [fix(metres, second, accuracy, mocked=mocked) for metres, second, accuracy, mocked in trail]
    presence = fold(FENCE, fixes)
    near = [one for one in fixes if not one.mocked and abs(one.point.lat - STORE.lat) / METRE < RADIUS_M]
    times = [one.at for one in near if one.at is not None]
    if presence.inside:
        assert max(times) - min(times) >= DWELL


@pytest.mark.parametrize(
    ("fixes", "last", "verdict"),
    [
        ([], fix(20, 60), Verdict.INSIDE),
        ([fix(20, 0)], fix(20, 60), Verdict.INSIDE),
        ([fix(20, 0)], fix(20, 30), Verdict.UNSURE),
        ([fix(20, 0), fix(20, 60)], fix(20, 90, accuracy=200), Verdict.INSIDE),
        ([fix(20, 0), fix(20, 60)], fix(170, 90), Verdict.INSIDE),
        ([fix(20, 0), fix(20, 60)], fix(900, 190), Verdict.OUTSIDE),
        ([fix(900, 0)], fix(900, 60), Verdict.OUTSIDE),
        ([fix(20, -7_200), fix(20, -7_100)], fix(20, 0), Verdict.UNSURE),
        ([fix(20, 0)], fix(20, 60, mocked=True), Verdict.UNSURE),
    ],
)
def test_a_check_in_is_judged_by_what_came_before_it(fixes: list[Fix], last: Fix, verdict: Verdict) -> None:
    assert judge(STORE, last, trail=fixes).verdict is verdict


def test_without_a_trail_nothing_is_said_of_staying() -> None:
    alone = judge(STORE, Fix(north(20), 10.0))
    assert (alone.verdict, alone.dwell) == (Verdict.INSIDE, None)
    stayed = judge(STORE, fix(20, 60), trail=[fix(20, 0)])
    assert stayed.dwell == timedelta(minutes=1)
    assert judge(None, fix(20, 0)).verdict is judge(STORE, None).verdict is Verdict.NO_LOCATION


def test_another_account_within_the_accuracy_asks_unless_it_shares_the_building() -> None:
    here = Fix(north(20), 60.0)
    assert judge(STORE, here, others=[("far", north(300))]).candidates == ()
    across = judge(STORE, here, others=[("across the street", north(60)), ("far", north(300))])
    assert (across.verdict, across.candidates) == (Verdict.UNSURE, ("across the street",))
    upstairs = judge(STORE, here, others=[("upstairs", north(5))])
    assert (upstairs.verdict, upstairs.candidates) == (Verdict.INSIDE, ("upstairs",))
    assert Presence().dwell == timedelta(0)
