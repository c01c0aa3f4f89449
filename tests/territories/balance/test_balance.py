"""Even territories: balanced, in one piece, true to pins; and few accounts move when one that stands has grown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit.errors import Invalid
from backend.territories.balance.balance import balance
from tests.territories.balance import checker
from tests.territories.balance.fields import Floats, towns


def places(x: Floats, y: Floats) -> list[tuple[float, float]]:
    """Returns the points one by one."""
    return list(zip(x.tolist(), y.tolist(), strict=True))


@pytest.mark.parametrize(("accounts", "k", "seed"), [(300, 5, 1), (2000, 20, 2), (3000, 30, 3)])
def test_work_is_even_and_every_territory_is_in_one_piece(accounts: int, k: int, seed: int) -> None:
    x, y, work = towns(accounts, 8, seed)
    found = balance(x, y, work, k=k, seed=7)
    territory = found.territory.tolist()
    assert checker.deviation(work.tolist(), territory, k) == pytest.approx(found.deviation)
    assert found.deviation <= 0.03
    assert checker.in_pieces(checker.neighbours_of(places(x, y)), territory) == set()
    assert found.whole == k


def test_one_grows_by_a_third_and_few_accounts_move() -> None:
    x, y, work = towns(3000, 12, 4)
    before = balance(x, y, work, k=30, seed=7).territory
    grown = np.where(before == 3, work * 1.3, work)
    after = balance(x, y, grown, k=30, seed=7, current=before)
    moved = int((after.territory != before).sum())
    assert moved == after.moved
    assert moved <= 30
    assert checker.deviation(grown.tolist(), after.territory.tolist(), 30) <= 0.05
    assert checker.in_pieces(checker.neighbours_of(places(x, y)), after.territory.tolist()) == set()


def test_nothing_moves_where_all_is_even_already() -> None:
    x, y, work = towns(400, 5, 5)
    before = balance(x, y, work, k=6, seed=7).territory
    assert balance(x, y, work, k=6, seed=7, current=before).territory.tolist() == before.tolist()


def test_a_pin_stays_where_it_is_even_far_off() -> None:
    x, y, work = towns(400, 5, 6)
    first = balance(x, y, work, k=4, seed=7).territory
    pins = np.full(400, -1)
    far = int(np.argmax(np.hypot(x - x[first == 0].mean(), y - y[first == 0].mean())))
    pins[[far, *np.flatnonzero(first == 1)[:5]]] = [0, 1, 1, 1, 1, 1]
    for found in (
        balance(x, y, work, k=4, seed=7, pinned=pins),
        balance(x, y, work, k=4, seed=7, pinned=pins, current=first),
    ):
        assert found.territory[pins >= 0].tolist() == pins[pins >= 0].tolist()
        near = checker.neighbours_of(places(x, y))
        loose = frozenset(np.flatnonzero(pins >= 0).tolist())
        assert checker.in_pieces(near, found.territory.tolist(), loose) == set()
        assert found.deviation <= 0.05


def test_somebody_leaves_and_somebody_comes() -> None:
    x, y, work = towns(1000, 8, 7)
    before = balance(x, y, work, k=10, seed=7).territory
    without = np.where(before == 9, -1, before)
    nine = balance(x, y, work, k=9, seed=7, current=without)
    assert nine.deviation <= 0.05
    assert nine.moved is not None
    assert nine.moved < 400
    eleven = balance(x, y, work, k=11, seed=7, current=before)
    assert eleven.deviation <= 0.05
    assert eleven.whole == 11
    assert (eleven.territory == 10).any()


def test_the_same_seed_gives_the_same_territories() -> None:
    x, y, work = towns(500, 6, 8)
    first = balance(x, y, work, k=7, seed=3)
    assert balance(x, y, work, k=7, seed=3).territory.tolist() == first.territory.tolist()
    assert balance(x, y, work, k=7, seed=4).territory.tolist() != first.territory.tolist()


def test_accounts_at_one_place_are_shared_out() -> None:
    found = balance(np.zeros(12), np.zeros(12), np.ones(12), k=3, seed=1)
    assert sorted(found.loads.tolist()) == [4, 4, 4]


def test_accounts_on_one_line_are_cut_like_a_loaf() -> None:
    found = balance(np.arange(30.0), np.zeros(30), np.ones(30), k=3, seed=1)
    assert sorted(found.loads.tolist()) == [10, 10, 10]
    assert (np.diff(found.territory) != 0).sum() == 2


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9)), min_size=2, max_size=60),
    st.integers(1, 12),
    st.data(),
)
def test_every_account_lies_once_no_territory_is_empty_and_pins_hold(
    points: list[tuple[int, int, int]], k: int, data: st.DataObject
) -> None:
    k = min(k, len(points))
    x, y, work = (np.array(column, float) for column in zip(*points, strict=True))
    work[0] += 1.0
    pins = np.array(
        [data.draw(st.sampled_from([-1, -1, -1, *range(k)])) if n % 7 == 0 else -1 for n in range(len(points))]
    )
    found = balance(x, y, work, k=k, seed=1, pinned=pins)
    assert len(found.territory) == len(points)
    assert found.territory[pins >= 0].tolist() == pins[pins >= 0].tolist()
    assert found.loads.tolist() == pytest.approx(np.bincount(found.territory, weights=work, minlength=k).tolist())
    free = (pins < 0).sum() + len(set(pins[pins >= 0].tolist()))
    if free >= k and not (pins >= 0).any():
        assert set(found.territory.tolist()) == set(range(k))


@pytest.mark.parametrize(
    ("k", "work", "code"), [(4, [1.0, 1.0, 1.0], "TOO_MANY_TERRITORIES"), (2, [0.0, 0.0, 0.0], "NO_WORK")]
)
def test_what_cannot_be_cut_is_refused(k: int, work: list[float], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        balance(np.arange(3.0), np.zeros(3), np.array(work), k=k)
    assert refused.value.code == code
