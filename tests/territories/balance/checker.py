"""Judges a cut by itself: it shares no code with what made the cut. Neighbours are asked of a triangulation by SciPy."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial import Delaunay

Place = tuple[float, float]


def cost_of_medians(
    places: Sequence[Place],
    demand: Sequence[float],
    group: Sequence[int],
    median: Sequence[int],
    *,
    capacity: float,
    whole: bool,
) -> float:
    """Returns the sum of distances; fails when a capacity is passed, or a median lies in another group."""
    loads: dict[int, float] = defaultdict(float)
    cost = 0.0
    for point, one in enumerate(group):
        loads[one] += demand[point]
        away = math.dist(places[point], places[median[one]])
        cost += math.floor(away + 1e-9) if whole else away
    assert max(loads.values()) <= capacity + 1e-6
    assert sorted(loads) == list(range(len(median)))
    assert [group[point] for point in median] == list(range(len(median)))
    return cost


def neighbours_of(places: Sequence[Place]) -> dict[int, set[int]]:
    """Returns who is whose neighbour in a Delaunay triangulation; accounts at one place are neighbours of one another."""
    at = np.array(places, float)
    distinct, which = np.unique(at, axis=0, return_inverse=True)
    around: dict[int, set[int]] = {number: {number} for number in range(len(distinct))}
    for triangle in Delaunay(distinct).simplices.tolist():
        for one in triangle:
            around[one] |= set(triangle)
    here: dict[int, set[int]] = defaultdict(set)
    for point, place in enumerate(which.ravel().tolist()):
        here[place].add(point)
    return {
        point: set().union(*(here[near] for near in around[place])) - {point}
        for place, points in here.items()
        for point in points
    }


def in_pieces(near: Mapping[int, set[int]], territory: Sequence[int], loose: frozenset[int] = frozenset()) -> set[int]:
    """Returns the territories that lie in more than one piece; pieces of `loose` accounts alone do not count."""
    left = set(range(len(territory)))
    pieces: dict[int, int] = defaultdict(int)
    while left:
        piece, waiting = set(), [left.pop()]
        while waiting:
            at = waiting.pop()
            piece.add(at)
            more = {other for other in near[at] & left if territory[other] == territory[at]}
            left -= more
            waiting += more
        if not piece <= loose:
            pieces[territory[next(iter(piece))]] += 1
    return {one for one, count in pieces.items() if count > 1}


def deviation(work: Sequence[float], territory: Sequence[int], k: int) -> float:
    """Returns the largest share by which a territory's work lies off the mean."""
    loads = [0.0] * k
    for point, one in enumerate(territory):
        loads[one] += work[point]
    mean = sum(work) / k
    return max(abs(load / mean - 1) for load in loads)
