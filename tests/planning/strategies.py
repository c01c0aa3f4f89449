"""Small odd problems: several windows, unreachable places, lopsided roads, appointments, several shifts."""

from hypothesis import strategies as st

from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift, TimeWindow

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
