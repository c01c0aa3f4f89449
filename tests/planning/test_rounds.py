"""How often an account comes round: every interval, a little early, never twice at once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.planning.rounds import DAY, Round, gap, rounds, taken_out


def test_a_weekly_account_comes_round_four_times_in_four_weeks() -> None:
    assert rounds(0, 7, 0, 27) == [Round(0, 0, 4), Round(7, 5, 11), Round(14, 12, 18), Round(21, 19, 27)]


def test_who_is_overdue_is_seen_from_the_first_day_and_the_next_time_an_interval_later() -> None:
    assert rounds(-30, 14, 0, 27) == [Round(-30, 0, 9), Round(14, 10, 27)]


def test_nobody_is_seen_before_the_day_or_when_not_due_at_all() -> None:
    assert rounds(20, 28, 0, 27) == [Round(20, 20, 27)]
    assert rounds(28, 28, 0, 27) == []


def test_a_visit_in_the_calendar_counts_for_the_round_it_is_near() -> None:
    assert rounds(0, 7, 0, 27, kept=[2]) == [Round(9, 7, 13), Round(16, 14, 20), Round(23, 21, 27)]
    assert rounds(0, 14, 0, 27, kept=[10]) == [Round(0, 0, 19), Round(24, 20, 27)]


def test_a_visit_that_was_taken_out_is_the_one_of_its_day_or_the_nearest_within_reach() -> None:
    weekly = rounds(0, 7, 0, 27)
    assert taken_out(weekly, [6], 3) == {1: 6}
    assert taken_out(weekly, [13, 6], 3) == {1: 6, 2: 13}
    assert taken_out(weekly, [6, 7], 3) == {1: 6, 0: 7}, "two days take two visits"
    assert taken_out(weekly[2:], [10, 6], 3) == {0: 10}
    assert taken_out([], [6], 3) == {}


@given(st.integers(-60, 40), st.integers(1, 60), st.lists(st.integers(0, 27), max_size=4))
def test_rounds_follow_each_other_and_stay_within_the_days(due: int, interval: int, kept: list[int]) -> None:
    found = rounds(due, interval, 0, 27, kept)
    assert all(0 <= one.begins <= one.ends <= 27 for one in found)
    assert all(earlier.ends < later.begins for earlier, later in pairwise(found))
    assert len(found) <= 27 // interval + 1


@pytest.mark.parametrize(("interval", "days"), [(1, 1), (7, 4), (14, 7), (28, 14), (0, 0)])
def test_half_the_interval_lies_between_two_visits_whatever_the_hour(interval: int, days: int) -> None:
    assert gap(interval) == max(0, days * DAY - DAY // 2)
