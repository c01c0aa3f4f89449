"""A made-up truth is found again among lunches, traffic and slips, and too little data moves little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.planning.travel import Profile
from backend.planning.travel.fit import EXPONENTS, Floats, could_be_drives, fit, unseen_errors

Truth = tuple[float, float]
TOWN, COUNTRY, HILLS = (0.9, 0.8), (0.35, 0.85), (1.6, 0.72)
FAR = np.array([1_000.0, 4_000.0, 12_000.0])


def drives(
    truth: Truth, count: int, *, lunches: float = 0.0, slips: float = 0.0, seed: int = 1
) -> tuple[Floats, Floats]:
    """Returns gaps of one truth, with traffic of 30 % either way; a lunch is a quarter to a whole hour."""
    chance = np.random.default_rng(seed)
    metres = chance.lognormal(np.log(4_000), 0.9, count)
    seconds = truth[0] * metres ** truth[1] * np.exp(chance.normal(0, 0.3, count))
    seconds += (chance.random(count) < lunches) * chance.uniform(15 * 60, 60 * 60, count)
    wrong = chance.random(count) < slips
    seconds[wrong] = chance.uniform(60, 7_200, int(wrong.sum()))
    good = could_be_drives(metres, seconds, 25_000)
    return metres[good], seconds[good]


def off(truth: Truth, profile: Profile) -> float:
    """Returns the worst relative error at one, four and twelve kilometres."""
    return float(np.abs(profile.seconds(FAR) / (truth[0] * FAR ** truth[1]) - 1).max())


@pytest.mark.parametrize("truth", [TOWN, COUNTRY, HILLS])
@pytest.mark.parametrize("lunches", [0.0, 0.2, 0.35])
def test_the_truth_is_found_however_many_stop_for_lunch(truth: Truth, lunches: float) -> None:
    found = fit(*drives(truth, 3_000, lunches=lunches, slips=0.03), Profile())
    assert off(truth, found.profile("")) < 0.06
    assert found.pauses == pytest.approx(lunches, abs=0.08)
    assert found.spread == pytest.approx(0.3, abs=0.05)


def test_a_plain_mean_would_take_lunch_for_traffic() -> None:
    """So that the test above is about something: least squares on the same gaps is off by half and more."""
    metres, seconds = drives(TOWN, 3_000, lunches=0.35)
    slope, level = np.polyfit(np.log(metres), np.log(seconds), 1)
    assert off(TOWN, Profile("mean", float(np.exp(level)), float(slope))) > 0.5


def test_two_hundred_drives_are_enough_to_be_near() -> None:
    errors = [
        off(HILLS, fit(*drives(HILLS, 200, lunches=0.2, slips=0.03, seed=seed), Profile()).profile(""))
        for seed in range(8)
    ]
    assert np.median(errors) < 0.12
    assert max(errors) < 0.25


def test_without_drives_all_stays_as_it_was_and_a_few_move_it_a_little() -> None:
    nothing = fit(np.array([]), np.array([]), Profile())
    assert nothing.scale == pytest.approx(Profile().scale)
    assert nothing.exponent == pytest.approx(0.82)
    few = fit(*drives(TOWN, 5), Profile()).profile("")
    assert (
        off((Profile().scale, 0.82), few)
        < 0.15
        < off((Profile().scale, 0.82), fit(*drives(TOWN, 500), Profile()).profile(""))
    )


def test_the_order_of_the_drives_changes_nothing() -> None:
    metres, seconds = drives(COUNTRY, 300, lunches=0.2)
    there, back = fit(metres, seconds, Profile()), fit(metres[::-1], seconds[::-1], Profile())
    assert there.scale == pytest.approx(back.scale, rel=1e-6)
    assert there.exponent == pytest.approx(back.exponent, rel=1e-6)


@given(st.lists(st.tuples(st.floats(300, 25_000), st.floats(45, 14_400)), max_size=40))
@settings(max_examples=150, deadline=None)
def test_whatever_is_noted_the_profile_stays_one_that_a_car_can_drive(gaps: list[tuple[float, float]]) -> None:
    metres, seconds = (np.array([gap[side] for gap in gaps], dtype=np.float64) for side in (0, 1))
    found = fit(metres, seconds, Profile())
    assert EXPONENTS[0] <= found.exponent <= EXPONENTS[1]
    speed = 3_000 / found.profile("").seconds(np.array([3_000.0]))[0] * 3.6
    assert 3.9 < speed < 91


def test_errors_are_those_of_drives_that_the_fit_has_not_seen() -> None:
    better = unseen_errors(*drives(TOWN, 400, lunches=0.3, slips=0.03), Profile("too quick", *COUNTRY))
    assert better.after < 0.85 * better.before
    assert 15 < better.after < 27, "a traffic of 30 % leaves a median of 20 %"
    known = unseen_errors(*drives(TOWN, 400, lunches=0.3, slips=0.03), Profile("true", *TOWN))
    assert known.after > known.before - 1, "where nothing is left to learn the fit does not flatter itself"


def test_what_cannot_be_a_drive_is_left_out() -> None:
    gaps = [(100, 300), (30_000, 2_000), (5_000, 10), (5_000, 20_000), (20_000, 300), (5_000, 600)]
    metres, seconds = (np.array([gap[side] for gap in gaps], dtype=np.float64) for side in (0, 1))
    assert could_be_drives(metres, seconds, 25_000).tolist() == [False] * 5 + [True]
