"""Balanced territories: k of near equal work, compact, each in one piece; from nothing, or with few changes from what is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.kit.errors import Invalid
from backend.territories.balance.borders import Aim, Cut, Field, anneal, bring_back, fill, leaves_whole
from backend.territories.balance.graph import Graph, neighbours, pieces
from backend.territories.balance.medians_state import Floats, Ints
from backend.territories.balance.power import cut as power_cut
from backend.territories.balance.power import spread_centres
from backend.territories.balance.random_bits import Stream, stream

TOLERANCE, TOLERANCE_OF_CHANGE = 0.03, 0.05
"""How far a load may lie from the mean: of a cut from nothing, and of a change to one that stands."""
ROUNDS = 160
TRIES = 4
FEW, MANY = 1000, 12_000_000
"""Moves tried for each account, and at most."""
RUNS = 4
"""A change is searched so many times from what stands; the one that moves fewest accounts is taken."""
HEAT = np.array([0.3, 0.01])
HEAT_OF_CHANGE = np.array([4.0, 0.1])
"""A moved account costs MOVED: hot enough in the beginning that one heavy account takes the place of several light ones, and
that a chain of neighbours is found where those at hand are full."""
MOVED = 2.0
STRICTER, STRICTER_OF_CHANGE = (0.95, 0.85, 0.7, 0.5), (0.98, 0.93, 0.85, 0.6)
"""How much of the tolerance is used, from try to try: a search in small prices ends a little beyond what it aims at."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """`territory`: of each account, 0..k-1; `loads`: the work of each territory; `deviation`: the largest share by which one
    lies off the mean; `whole`: how many hang together; `reach`: mean distance of an account to the middle of its territory,
    in the units of the coordinates; `moved`: accounts that lay elsewhere before (None when nothing lay anywhere)."""

    territory: Ints
    loads: Floats
    deviation: float
    whole: int
    reach: float
    moved: int | None


def balance(
    x: Floats,
    y: Floats,
    work: Floats,
    *,
    k: int,
    seed: int = 1,
    tolerance: float | None = None,
    pinned: Sequence[int] | Ints | None = None,
    current: Sequence[int] | Ints | None = None,
    graph: Graph | None = None,
) -> Balanced:
    """Cuts accounts of a plane into `k` territories; the same input and seed give the same cut.

    `work`: 0 or more; `pinned`, `current`: a territory 0..k-1 of each account, or -1. With `current`, an account moves only
    where balance asks for it, and a current territory that nobody names any more is founded anew. Raises Invalid
    TOO_MANY_TERRITORIES when there are fewer accounts than territories, NO_WORK when there is nothing to balance."""
    count = len(x)
    if not 1 <= k <= count:
        raise Invalid(
            "TOO_MANY_TERRITORIES", f"{count} accounts cannot make {k} territories.", fields={"k": "too large"}
        )
    if not float(work.sum()) > 0.0:
        raise Invalid("NO_WORK", "All accounts together have no work to balance.", fields={"by": "nothing"})
    pins = np.full(count, -1, np.int64) if pinned is None else np.asarray(pinned, np.int64)
    before = np.full(count, -1, np.int64) if current is None else np.asarray(current, np.int64)
    home = np.where(pins >= 0, pins, before)
    graph = neighbours(x, y) if graph is None else graph
    given = home if current is not None else pins
    chance = stream(seed)
    first = _begin(x, y, work, k, given, chance)
    field = _field(x, y, work, first, pins, home if current is not None else np.full(count, -1, np.int64))
    limit = tolerance if tolerance is not None else (TOLERANCE if current is None else TOLERANCE_OF_CHANGE)
    cut = Cut(first, np.zeros(k), np.zeros(k, np.int64), np.zeros(k), np.zeros(k))
    _join_pieces(graph, cut.territory, pins, set() if current is None else _broken(graph, home))
    _fill_empty(graph, cut.territory, work, pins, k)
    _settle(field, graph, cut, limit, chance, changing=current is not None)
    return measure(
        x, y, work, cut.territory, k=k, graph=graph, pinned=pins, current=None if current is None else before
    )


def measure(
    x: Floats,
    y: Floats,
    work: Floats,
    territory: Ints,
    *,
    k: int,
    graph: Graph,
    pinned: Ints | None = None,
    current: Ints | None = None,
) -> Balanced:
    """Returns the figures of a cut, whoever made it. A pinned account apart from its territory breaks no piece."""
    loads = np.bincount(territory, weights=work, minlength=k)
    sizes = np.maximum(np.bincount(territory, minlength=k), 1)
    middle_x = np.bincount(territory, weights=x, minlength=k) / sizes
    middle_y = np.bincount(territory, weights=y, minlength=k) / sizes
    piece = pieces(graph, territory)
    free = piece if pinned is None else piece[pinned < 0]
    owners = territory if pinned is None else territory[pinned < 0]
    _, first = np.unique(free, return_index=True)
    counts = np.bincount(owners[first], minlength=k) if len(first) else np.zeros(k, np.int64)
    return Balanced(
        territory=territory,
        loads=np.asarray(loads, np.float64),
        deviation=float(np.abs(loads / loads.mean() - 1.0).max()),
        whole=int((counts <= 1).sum()),
        reach=float(np.hypot(x - middle_x[territory], y - middle_y[territory]).mean()),
        moved=None if current is None else int(((current >= 0) & (current != territory)).sum()),
    )


def _begin(x: Floats, y: Floats, work: Floats, k: int, given: Ints, chance: Stream) -> Ints:
    """Returns a first cut: what is given stays, the rest goes to a power diagram around it."""
    centres, named = np.zeros((k, 2)), np.zeros(k, np.int64)
    for one in range(k):
        inside = given == one
        if inside.any():
            named[one] = 1
            centres[one] = x[inside].mean(), y[inside].mean()
    spread_centres(x, y, np.maximum(work, 1e-12), centres, named, chance)
    territory = given.copy()
    if (given < 0).any() or not named.all():
        keep = given
        if (given >= 0).all():
            # Every account lies somewhere and a territory is new: it takes what lies nearest to its first centre.
            keep = np.where(_nearest(x, y, centres) >= 0, given, -1)
            new = np.flatnonzero(named == 0)
            keep = np.where(np.isin(_nearest(x, y, centres), new), -1, keep)
        power_cut(x, y, work, keep, centres, np.zeros(k), territory, ROUNDS if (keep < 0).mean() > 0.5 else 1)
    return territory


def _nearest(x: Floats, y: Floats, centres: Floats) -> Ints:
    away = (x[:, None] - centres[:, 0]) ** 2 + (y[:, None] - centres[:, 1]) ** 2
    return np.asarray(away.argmin(axis=1), np.int64)


def _field(x: Floats, y: Floats, work: Floats, territory: Ints, pins: Ints, before: Ints) -> Field:
    sizes = np.maximum(np.bincount(territory), 1)
    middle_x = np.bincount(territory, weights=x) / sizes
    middle_y = np.bincount(territory, weights=y) / sizes
    unit = float(np.sqrt(((x - middle_x[territory]) ** 2 + (y - middle_y[territory]) ** 2).mean())) or 1.0
    return Field(
        x=np.ascontiguousarray(x / unit),
        y=np.ascontiguousarray(y / unit),
        work=np.ascontiguousarray(work, dtype=float),
        fixed=(pins >= 0).astype(np.int64),
        before=before,
    )


def _join_pieces(graph: Graph, territory: Ints, pins: Ints, left: set[int]) -> None:
    """Gives each piece that lies apart from the largest of its territory to a neighbour; what is pinned stays, and so do the
    territories of `left`."""
    stays = (pins >= 0) | np.isin(territory, list(left))
    for _ in range(len(territory)):
        piece = pieces(graph, territory)
        sizes = np.bincount(piece)
        owner = np.zeros(len(sizes), np.int64)
        owner[piece] = territory
        main = np.zeros(territory.max() + 1, np.int64) - 1
        for one in np.argsort(sizes, kind="stable"):
            main[owner[one]] = one
        loose = np.flatnonzero((main[territory] != piece) & ~stays)
        moved = False
        for point in loose.tolist():
            around = graph.ends[graph.starts[point] : graph.starts[point + 1]]
            firm = around[main[territory[around]] == piece[around]]
            if len(firm):
                territory[point], piece[point] = territory[firm[0]], piece[firm[0]]
                moved = True
        if not moved:
            return


def _broken(graph: Graph, before: Ints) -> set[int]:
    """Returns the territories that lay in more than one piece."""
    _, first = np.unique(pieces(graph, before), return_index=True)
    owners = before[first]
    return {
        int(one) for one, count in zip(*np.unique(owners, return_counts=True), strict=True) if one >= 0 and count > 1
    }


def _fill_empty(graph: Graph, territory: Ints, work: Floats, pins: Ints, k: int) -> None:
    """Gives each territory that nobody chose one account of another, where that breaks nothing: the largest first."""
    seen, queue = np.zeros(len(territory) + 1, np.int64), np.zeros(len(territory), np.int64)
    sizes = np.bincount(territory, minlength=k)
    for one in np.flatnonzero(sizes == 0).tolist():
        for careful in (True, False):
            order = np.lexsort((-work, -sizes[territory]))
            for point in order.tolist():
                if pins[point] >= 0 or sizes[territory[point]] < 2:
                    continue
                if careful and not leaves_whole(graph, territory, point, seen, queue):
                    continue
                sizes[territory[point]] -= 1
                sizes[one] += 1
                territory[point] = one
                break
            if sizes[one]:
                break


def _settle(field: Field, graph: Graph, cut: Cut, limit: float, chance: Stream, *, changing: bool) -> None:
    """Evens out the loads of a cut, in place."""
    mean = float(field.work.sum()) / len(cut.load)
    fill(field, cut)
    if changing and _deviation(cut, mean) <= limit:
        return
    begun, best, best_key = cut.territory.copy(), cut.territory.copy(), (np.inf, np.inf)
    for _ in range(RUNS if changing else 1):
        cut.territory[:] = begun
        fill(field, cut)
        key = _search(field, graph, cut, limit, mean, chance, changing=changing)
        if key < best_key:
            best, best_key = cut.territory.copy(), key
    cut.territory[:] = best
    fill(field, cut)


def _deviation(cut: Cut, mean: float) -> float:
    return float(np.abs(cut.load / mean - 1.0).max())


def _search(
    field: Field, graph: Graph, cut: Cut, limit: float, mean: float, chance: Stream, *, changing: bool
) -> tuple[float, float]:
    """Anneals until loads are within `limit`, more strictly from try to try; returns (how far off beyond it, accounts moved)."""
    count = len(field.x)
    seen, queue = np.zeros(count + 1, np.int64), np.zeros(count, np.int64)
    steps = min(FEW * count, MANY)
    price = 40.0 * count / len(cut.load) / 100.0
    best, best_key = cut.territory.copy(), (np.inf, np.inf)
    for turn in range(TRIES):
        aim = Aim(
            mean=mean,
            free=limit * (STRICTER_OF_CHANGE if changing else STRICTER)[turn],
            uneven=price * (50.0 * 4.0**turn),
            way=0.1 if changing else 1.0,
            moved=MOVED if changing else 0.0,
        )
        anneal(field, graph, cut, aim, chance, seen, queue, steps, HEAT_OF_CHANGE if changing else HEAT)
        if changing:
            # Shorter ways alone move nobody.
            strict = aim._replace(way=0.05)
            while bring_back(field, graph, cut, strict, seen, queue):
                pass
        fill(field, cut)
        moved = float(((field.before >= 0) & (field.before != cut.territory)).sum())
        key = (max(_deviation(cut, mean), limit), moved)
        if key < best_key:
            best, best_key = cut.territory.copy(), key
        if key[0] <= limit:
            break
        steps = max(steps // 2, 1000)
    cut.territory[:] = best
    fill(field, cut)
    return best_key
