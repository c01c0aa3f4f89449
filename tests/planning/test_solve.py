"""What every plan must be: possible, complete in its reasons, and the same again tomorrow."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit.errors import Invalid
from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift, TimeWindow
from backend.planning.solver.solve import Drop, Engine, Reason, Result, solve
from backend.planning.solver.stop import Stop
from tests.planning import checker
from tests.planning.strategies import busy_days, problems, ruled_days

SHORT = Stop(iterations=30)
ENGINES = st.sampled_from(list(Engine))
slow_machines_are_welcome = settings(deadline=None, max_examples=150)


def routes_of(problem: Problem, result: Result) -> dict[str, list[Client]]:
    return {
        route.shift_id: [problem.client_by_id[stop.client_id] for stop in route.stops]
        for route in result.solution.routes
    }


@slow_machines_are_welcome
@given(st.one_of(problems(), busy_days(), ruled_days()), st.integers(0, 5), ENGINES)
def test_every_plan_can_be_driven_and_leaves_nobody_unexplained(problem: Problem, seed: int, engine: Engine) -> None:
    result = solve(problem, seed=seed, stop=SHORT, engine=engine)
    assert checker.faults(problem, result.solution) == []
    routes = routes_of(problem, result)
    for shift in problem.shifts:
        assert not routes[shift.id] or checker.possible(problem, shift, routes[shift.id])
    served = [client.id for visits in routes.values() for client in visits]
    dropped = [drop.client_id for drop in result.dropped]
    assert sorted(served + dropped) == sorted(client.id for client in problem.clients)
    assert result.solution.prize == sum(problem.client_by_id[client_id].prize for client_id in served)


@slow_machines_are_welcome
@given(st.one_of(problems(), busy_days()), ENGINES)
def test_the_timetable_is_what_the_road_and_the_doors_allow(problem: Problem, engine: Engine) -> None:
    for route in solve(problem, seed=1, stop=SHORT, engine=engine).solution.routes:
        shift = problem.shift_by_id[route.shift_id]
        where, now, travel = shift.start, route.leave, 0
        assert now >= shift.window.start
        for stop in route.stops:
            client = problem.client_by_id[stop.client_id]
            road = int(problem.matrix[where, client.location])
            assert stop.arrival == now + road
            assert stop.start >= stop.arrival
            assert client.windows is None or any(w.start <= stop.start <= w.end for w in client.windows)
            assert stop.leave == stop.start + client.service
            where, now, travel = client.location, stop.leave, travel + road
        if route.stops:
            assert route.stops[0].wait == 0, "the wait before the first visit is spent at home"
            travel += int(problem.matrix[where, shift.end])
            assert (route.back, route.travel) == (now + int(problem.matrix[where, shift.end]), travel)
            assert route.back <= shift.window.end


@slow_machines_are_welcome
@given(st.one_of(problems(), busy_days(), ruled_days()), ENGINES)
def test_every_reason_is_true(problem: Problem, engine: Engine) -> None:
    result = solve(problem, seed=1, stop=SHORT, engine=engine)
    routes = routes_of(problem, result)
    for drop in result.dropped:
        client = problem.client_by_id[drop.client_id]
        alone = any(checker.possible(problem, shift, [client]) for shift in problem.shifts)
        assert alone == (drop.reason in (Reason.DAY_FULL, Reason.GROUP_SERVED, Reason.TOO_SOON))
        match drop.reason:
            case Reason.DAY_FULL | Reason.TOO_SOON:
                assert_full(problem, routes, client, drop)
            case Reason.GROUP_SERVED:
                (other,) = drop.displaced_by
                assert problem.client_by_id[other].group == client.group
                assert any(other == visit.id for visits in routes.values() for visit in visits)
            case Reason.NOT_REACHABLE | Reason.NO_SKILL | Reason.OUTSIDE_DATES | Reason.NO_WINDOW_FITS:
                assert_stands_in_the_way(problem, client, drop.reason)
            case other_reason:
                pytest.fail(f"the solver cannot know {other_reason}")


def without(problem: Problem, client: Client, reason: Reason) -> tuple[Problem, Client]:
    """The same problem with that one obstacle gone."""
    match reason:
        case Reason.NO_SKILL:
            return problem, replace(client, skills=frozenset())
        case Reason.OUTSIDE_DATES:
            return problem, replace(client, shifts=None)
        case Reason.NOT_REACHABLE:
            return replace(problem, matrix=np.where(problem.matrix >= UNREACHABLE, 0, problem.matrix)), client
        case _:
            longer = tuple(replace(s, window=TimeWindow(s.window.start, 10_000), breaks=()) for s in problem.shifts)
            return replace(problem, shifts=longer), replace(client, windows=None)


def assert_stands_in_the_way(problem: Problem, client: Client, reason: Reason) -> None:
    """With the obstacle gone an empty shift serves the client, or at least no other single obstacle is to blame."""
    free = {}
    for one in (Reason.NO_WINDOW_FITS, Reason.OUTSIDE_DATES, Reason.NO_SKILL, Reason.NOT_REACHABLE):
        easier, freed = without(problem, client, one)
        free[one] = any(checker.possible(easier, replace(shift, locked=()), [freed]) for shift in easier.shifts)
    assert free[reason] or not any(free.values())


def assert_full(problem: Problem, routes: dict[str, list[Client]], client: Client, drop: Drop) -> None:
    """Nothing fits beside the plan; giving up the named stops makes room; no cheaper choice does; and none pays."""

    def elsewhere(shift: Shift, without: tuple[str, ...] = ()) -> list[tuple[Shift, Client]]:
        return [
            (other, visit)
            for other in problem.shifts
            for visit in routes[other.id]
            if other is not shift and visit.id not in without
        ]

    for shift in problem.shifts:
        assert not checker.fits_somewhere(problem, shift, routes[shift.id], client, elsewhere(shift))
    there = problem.shift_by_id[drop.shift_id]
    stays = [visit for visit in routes[there.id] if visit.id not in drop.displaced_by]
    assert drop.displaced_by
    assert checker.fits_somewhere(problem, there, stays, client, elsewhere(there, drop.displaced_by))
    gone = [problem.client_by_id[name] for name in drop.displaced_by]
    own = [visit for visit in gone if visit.account is not None and visit.account == client.account]
    assert (drop.reason is Reason.TOO_SOON) == (own == gone and all(max(client.gap, one.gap) > 0 for one in own))
    named = (
        sum(visit.required or visit.id in problem.locked_on for visit in gone),
        sum(visit.prize for visit in gone),
    )
    losses = [checker.cheapest_loss(problem, shift, routes, client) for shift in problem.shifts]
    assert named == min(loss for loss in losses if loss is not None)
    assert drop.cost == named[1]
    if named[0] == 0:
        assert not client.required
        assert named[1] >= client.prize


@slow_machines_are_welcome
@given(
    st.one_of(problems(), busy_days(), ruled_days()),
    st.integers(0, 2**31 - 1),
    st.randoms(use_true_random=False),
    ENGINES,
)
def test_the_same_seed_gives_the_same_plan_however_the_input_is_listed(
    problem: Problem, seed: int, shuffler: random.Random, engine: Engine
) -> None:
    first = solve(problem, seed=seed, stop=SHORT, engine=engine)
    assert solve(problem, seed=seed, stop=SHORT, engine=engine) == first
    again = solve(shuffled(problem, shuffler), seed=seed, stop=SHORT, engine=engine)
    assert again.solution.order() == first.solution.order()
    assert again.dropped == first.dropped


def shuffled(problem: Problem, shuffler: random.Random) -> Problem:
    """The same problem with clients, shifts and places in another order."""
    rows = list(range(len(problem.matrix)))
    shuffler.shuffle(rows)
    now_at = {old: new for new, old in enumerate(rows)}
    clients = [replace(client, location=now_at[client.location]) for client in problem.clients]
    shifts = [replace(shift, start=now_at[shift.start], end=now_at[shift.end]) for shift in problem.shifts]
    shuffler.shuffle(clients)
    shuffler.shuffle(shifts)
    return Problem(tuple(clients), tuple(shifts), problem.matrix[np.ix_(rows, rows)])


def test_small_days_are_planned_as_well_as_trying_everything_would() -> None:
    draw = random.Random(7)
    perfect = 0
    for _ in range(30):
        problem = town(draw, clients=7)
        found = solve(problem, seed=1, stop=Stop(iterations=200)).solution.score
        best = checker.best_value(problem)
        assert (found.required, found.prize) <= best
        perfect += (found.required, found.prize) == best
    assert perfect == 30


def town(draw: random.Random, clients: int) -> Problem:
    """A day in a small town: real distances, shops with one or two windows, now and then an appointment."""
    points = [(draw.randint(0, 30), draw.randint(0, 30)) for _ in range(clients + 1)]
    matrix = np.array([[abs(a - c) + abs(b - d) for c, d in points] for a, b in points], dtype=np.int64)
    shops = []
    for number in range(1, clients + 1):
        opens = draw.randint(0, 60)
        spans = [TimeWindow(opens, opens + 20), TimeWindow(opens + 40, opens + 60)][: draw.randint(1, 2)]
        shops.append(
            Client(f"c{number}", number, draw.randint(1, 30), number == 1 and draw.random() < 0.5, 10, tuple(spans))
        )
    return Problem(tuple(shops), (Shift("day", 0, 0, TimeWindow(0, 120)),), matrix)


@pytest.fixture
def two_shops() -> Problem:
    """Home, and two shops ten minutes off on either side; a shift in which only one of them can be seen."""
    matrix = np.array([[0, 10, 10], [10, 0, 20], [10, 20, 0]], dtype=np.int64)
    shops = (Client("rich", 1, 9, service=5), Client("poor", 2, 3, service=5))
    return Problem(shops, (Shift("mon", 0, 0, TimeWindow(0, 30)),), matrix)


def test_what_is_left_out_says_what_it_would_displace(two_shops: Problem) -> None:
    result = solve(two_shops, seed=1)
    assert result.solution.order() == {"mon": ["rich"]}
    (drop,) = result.dropped
    assert (drop.client_id, drop.reason, drop.displaced_by, drop.shift_id, drop.cost) == (
        "poor",
        Reason.DAY_FULL,
        ("rich",),
        "mon",
        9,
    )


def test_an_appointment_comes_before_any_prize(two_shops: Problem) -> None:
    rich, poor = two_shops.clients
    result = solve(replace_clients(two_shops, rich, replace(poor, required=True, prize=0)), seed=1)
    assert result.solution.order() == {"mon": ["poor"]}


def test_of_two_appointments_that_cannot_both_be_kept_one_is_kept_and_the_other_explained(two_shops: Problem) -> None:
    both = replace_clients(two_shops, *(replace(shop, required=True) for shop in two_shops.clients))
    result = solve(both, seed=1)
    assert result.solution.order() == {"mon": ["rich"]}
    assert [(drop.client_id, drop.reason, drop.displaced_by) for drop in result.dropped] == [
        ("poor", Reason.DAY_FULL, ("rich",))
    ]


def test_a_closed_shop_and_a_shop_on_an_island_are_told_apart(two_shops: Problem) -> None:
    matrix = np.array(two_shops.matrix)
    matrix[0, 2] = UNREACHABLE
    closed = replace(two_shops.clients[0], windows=())
    result = solve(Problem((closed, two_shops.clients[1]), two_shops.shifts, matrix), seed=1)
    assert [(drop.client_id, drop.reason) for drop in result.dropped] == [
        ("poor", Reason.NOT_REACHABLE),
        ("rich", Reason.NO_WINDOW_FITS),
    ]


def test_a_shop_that_opens_twice_is_seen_in_the_window_that_fits_the_round(two_shops: Problem) -> None:
    rich, poor = two_shops.clients
    long_day = (Shift("mon", 0, 0, TimeWindow(0, 100)),)
    shops = (replace(rich, windows=(TimeWindow(0, 5), TimeWindow(60, 70))), replace(poor, windows=(TimeWindow(0, 20),)))
    (route,) = solve(Problem(shops, long_day, two_shops.matrix), seed=1).solution.routes
    assert [(stop.client_id, stop.arrival, stop.start) for stop in route.stops] == [("poor", 10, 10), ("rich", 35, 60)]


def replace_clients(problem: Problem, *clients: Client) -> Problem:
    return Problem(tuple(clients), problem.shifts, problem.matrix)


def test_a_stop_that_shortens_the_way_is_welcome() -> None:
    matrix = np.array([[0, 0, 0], [19, 0, 0], [3, 0, 0]], dtype=np.int64)
    shops = (Client("c0", 1, 1, required=True), Client("c1", 2, 0, required=True, service=15))
    result = solve(Problem(shops, (Shift("mon", 0, 0, TimeWindow(0, 20)),), matrix), seed=0)
    assert result.solution.order() == {"mon": ["c0", "c1"]}


def test_a_day_with_nobody_to_see_is_an_empty_plan(two_shops: Problem) -> None:
    result = solve(replace_clients(two_shops), seed=1)
    assert result.solution.order() == {"mon": []}
    assert result.dropped == ()
    assert result.solution.travel == 0, "nobody drives from home to home for nothing"


def test_one_client_is_visited(two_shops: Problem) -> None:
    assert solve(replace_clients(two_shops, two_shops.clients[0]), seed=1).solution.order() == {"mon": ["rich"]}


@pytest.mark.parametrize(
    "stop", [Stop(iterations=0), Stop(seconds=0.0), Stop(cpu_seconds=0.0), Stop(signal=lambda: True)]
)
def test_a_search_stopped_at_once_still_gives_a_plan(two_shops: Problem, stop: Stop) -> None:
    result = solve(two_shops, seed=1, stop=stop)
    assert (result.iterations, result.solution.order()) == (0, {"mon": ["rich"]})


def test_a_signal_ends_the_search(two_shops: Problem) -> None:
    asked = []

    def enough() -> bool:
        asked.append(True)
        return len(asked) > 5

    assert solve(two_shops, seed=1, stop=Stop(signal=enough), engine=Engine.LIBRARY).iterations == 5


@pytest.mark.parametrize("seed", [-1, 2**31, True, 1.5])
def test_a_seed_that_is_no_seed_is_refused(two_shops: Problem, seed: int) -> None:
    with pytest.raises(Invalid) as refusal:
        solve(two_shops, seed=seed)
    assert refusal.value.code == "SEED_INVALID"


@pytest.mark.parametrize("limit", [{"iterations": -1}, {"seconds": -0.1}, {"cpu_seconds": float("nan")}])
def test_a_limit_that_is_no_limit_is_refused(limit: dict[str, float]) -> None:
    with pytest.raises(Invalid) as refusal:
        Stop(**limit)  # type: ignore[arg-type]
    assert (refusal.value.code, list(refusal.value.fields)) == ("STOP_INVALID", list(limit))
