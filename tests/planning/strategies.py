"""Small odd problems: several windows, unreachable places, lopsided roads, appointments, several shifts."""

from dataclasses import replace

from hypothesis import strategies as st

from backend.planning.solver.problem import UNREACHABLE, Break, Client, Locked, Problem, Shift, TimeWindow
from tests.planning import checker

HOURS = 100


@st.composite
def windows(draw: st.DrawFn) -> TimeWindow:
    start = draw(st.integers(0, HOURS))
    return TimeWindow(start, draw(st.integers(start, HOURS)))


@st.composite
def problems(draw: st.DrawFn, most_clients: int = 6, most_shifts: int = 2) -> Problem:
    places = draw(st.integers(1, 5))
    road = st.one_of(st.integers(0, 40), st.integers(0, 10), st.just(UNREACHABLE))
    matrix = [[0 if i == j else draw(road) for j in range(places)] for i in range(places)]
    place = st.integers(0, places - 1)
    clients = [
        Client(
            id=f"c{number}",
            location=draw(place),
            prize=draw(st.integers(0, 9)),
            required=draw(st.integers(0, 5)) == 0,
            service=draw(st.integers(0, 30)),
            windows=draw(st.one_of(st.none(), st.lists(windows(), max_size=3).map(tuple))),
        )
        for number in range(draw(st.integers(0, most_clients)))
    ]
    shifts = [
        Shift(f"s{number}", draw(place), draw(place), draw(windows()))
        for number in range(draw(st.integers(1, most_shifts)))
    ]
    return Problem(tuple(clients), tuple(shifts), matrix)  # type: ignore[arg-type]


@st.composite
def busy_days(draw: st.DrawFn) -> Problem:
    """Shops of one town, more than the shifts can see: here being left out is the rule."""
    spot = st.tuples(st.integers(0, 12), st.integers(0, 12))
    points = draw(st.lists(spot, min_size=5, max_size=9))
    matrix = [[abs(a - c) + abs(b - d) for c, d in points] for a, b in points]
    clients = [
        Client(
            id=f"c{number}",
            location=number,
            prize=draw(st.integers(1, 9)),
            service=draw(st.integers(1, 40)),
            windows=draw(st.one_of(st.none(), st.lists(windows(), min_size=1, max_size=2).map(tuple))),
        )
        for number in range(1, len(points))
    ]
    shifts = [
        Shift(f"s{number}", 0, 0, TimeWindow(0, draw(st.integers(40, 80)))) for number in range(draw(st.integers(1, 2)))
    ]
    return Problem(tuple(clients), tuple(shifts), matrix)  # type: ignore[arg-type]


@st.composite
def ruled_days(draw: st.DrawFn, most_clients: int = 7) -> Problem:
    """Days with breaks, skills, shifts of choice, alternatives, visits of one account, and stops that are locked or under way."""
    points = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=5))
    matrix = [[abs(a - c) + abs(b - d) for c, d in points] for a, b in points]
    place = st.integers(0, len(points) - 1)
    skills = st.frozensets(st.sampled_from(["cold", "tall"]), max_size=1)
    clients = [
        Client(
            id=f"c{number}",
            location=draw(place),
            prize=draw(st.integers(0, 9)),
            required=draw(st.integers(0, 7)) == 0,
            service=draw(st.integers(0, 20)),
            windows=draw(st.one_of(st.none(), st.lists(windows(), max_size=2).map(tuple))),
            skills=draw(skills),
            shifts=draw(st.one_of(st.none(), st.frozensets(st.sampled_from(["s0", "s1", "s9"])))),
            group=draw(st.sampled_from([None, None, None, "g", "h"])),
            account=(account := draw(st.sampled_from([None, None, "shop", "bar"]))),
            gap=0 if account is None else draw(st.sampled_from([0, 5, 20, 40, 70])),
        )
        for number in range(draw(st.integers(1, most_clients)))
    ]
    shifts = []
    free = [client for client in clients if client.group is None]
    for number in range(draw(st.integers(1, 2))):
        first, last = draw(st.integers(0, 20)), draw(st.integers(50, 100))
        noon = draw(st.integers(0, 80))
        breaks = [Break(TimeWindow(noon, noon + draw(st.integers(0, 15))), draw(st.integers(1, 15)))]
        breaks.append(Break(TimeWindow(noon + 20, noon + 30), draw(st.integers(1, 5))))
        shift = Shift(
            f"s{number}",
            draw(place),
            draw(place),
            TimeWindow(first, last),
            breaks=tuple(breaks[: draw(st.integers(0, 2))]),
            skills=draw(st.frozensets(st.sampled_from(["cold", "tall"]), max_size=2)),
        )
        shift = with_locks(draw, Problem(tuple(clients), (shift,), matrix), shift, free)  # type: ignore[arg-type]
        shifts.append(shift)
    return Problem(tuple(clients), tuple(shifts), matrix)  # type: ignore[arg-type]


def with_locks(draw: st.DrawFn, problem: Problem, shift: Shift, free: list[Client]) -> Shift:
    """The shift with up to two locked clients of `free`, the first perhaps under way, if it can be driven so."""
    chosen = free[: draw(st.integers(0, 2))]
    locks = tuple(Locked(client.id) for client in chosen)
    under_way = draw(st.booleans())
    if chosen and under_way:
        road = int(problem.matrix[shift.start][chosen[0].location])
        begun = shift.window.start + road + draw(st.integers(0, 5))
        locks = (Locked(chosen[0].id, begun), *locks[1:])
    locked = replace(shift, locked=locks)
    if checker.finish(problem, locked, chosen) is None:
        return shift
    del free[: len(chosen)]
    return locked
