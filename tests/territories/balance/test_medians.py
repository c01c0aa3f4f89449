"""Medians within capacities: near the best known, the same for the same seed, and never above a capacity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.territories.balance.medians import Grouping, find_medians
from tests.territories.balance import checker, cpmp


def solved(instance: cpmp.Instance, *, seed: int = 7, steps: float = 1.5e7) -> Grouping:
    """Returns the grouping of an instance."""
    return find_medians(
        instance.x,
        instance.y,
        instance.demand,
        k=instance.k,
        capacity=instance.capacity,
        seed=seed,
        whole=True,
        spent=lambda work: work / steps,
    )


@pytest.mark.parametrize("name", ["cpmp01", "cpmp06", "cpmp11", "cpmp17", "cpmp20"])
def test_the_best_known_is_near(name: str) -> None:
    instance = cpmp.read(name)
    found = solved(instance)
    cost = checker.cost_of_medians(
        list(zip(instance.x.tolist(), instance.y.tolist(), strict=True)),
        instance.demand.tolist(),
        found.group.tolist(),
        found.median.tolist(),
        capacity=instance.capacity,
        whole=True,
    )
    assert cost == found.cost
    assert instance.best <= cost <= instance.best * 1.01


def test_the_same_seed_gives_the_same_groups_and_another_may_not() -> None:
    instance = cpmp.read("cpmp15")
    first, again = solved(instance, steps=2e6), solved(instance, steps=2e6)
    assert first.group.tolist() == again.group.tolist()
    assert first.median.tolist() == again.median.tolist()
    assert solved(instance, seed=8, steps=2e6).group.tolist() != first.group.tolist()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=40),
    st.integers(1, 40),
    st.floats(1.0, 2.0),
    st.booleans(),
)
def test_every_point_lies_in_one_group_and_no_capacity_is_passed(
    points: list[tuple[int, int, int]], k: int, slack: float, whole: bool
) -> None:
    k = min(k, len(points))
    x, y, demand = (np.array(column, float) for column in zip(*points, strict=True))
    capacity = max(demand.max(), slack * demand.sum() / k, 1.0)
    found = find_medians(x, y, demand, k=k, capacity=capacity, whole=whole, spent=lambda work: work / 3e4)
    assert sorted(set(found.group.tolist())) == list(range(k))
    loads = np.bincount(found.group, weights=demand, minlength=k)
    assert found.over == pytest.approx(np.maximum(loads - capacity, 0).sum(), abs=1e-6)
    if found.over == 0.0:
        places = [(float(px), float(py)) for px, py, _ in points]
        cost = checker.cost_of_medians(
            places, demand.tolist(), found.group.tolist(), found.median.tolist(), capacity=capacity, whole=whole
        )
        assert cost == pytest.approx(found.cost, abs=1e-6)
    if slack > 1.8:
        assert found.over == 0.0
