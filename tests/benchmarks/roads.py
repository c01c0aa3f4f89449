"""Days planned without a road matrix and then driven on the real roads of two countries: what is kept, and what is late.

Each day: 80 candidates at real places, a third of them with opening hours, one rep for nine hours from home. The plan is
made with estimated times by the same solver in the same CPU time as one made with the true ones. Then it is driven: the
rep leaves when the plan says, keeps its order, waits where it is too early, finds a shut door where it is too late, and
passes over whatever would bring the day past its end. Shut doors and passed-over stops are `late`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from backend.kit.geo import LatLng
from backend.planning.solver import engine
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Route
from backend.planning.solver.solve import solve
from backend.planning.solver.stop import Stop
from backend.planning.travel import GreatCircle, Profile, straight_m
from backend.planning.travel.fit import could_be_drives, fit
from tests.planning.travel.places import country

COUNTRIES = ("liechtenstein", "andorra")
DAYS, CANDIDATES, HOURS = 12, 80, 9 * 3600
CPU_SECONDS = 1.0
DRIVES, LUNCHES = 600, 0.2
Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Driven:
    """What became of a plan on the road."""

    prize: float
    late: int
    stops: int


@dataclass(frozen=True, eq=False)
class Day:
    """Places, the true seconds between them, and what there is to do; place 0 is home."""

    points: list[LatLng]
    roads: Seconds
    clients: tuple[Client, ...]

    def problem(self, seconds: Seconds) -> Problem:
        return Problem(self.clients, (Shift("day", 0, 0, TimeWindow(0, HOURS)),), seconds)

    def planned(self, seconds: Seconds) -> Route:
        (route,) = solve(self.problem(seconds), seed=1, stop=Stop(cpu_seconds=CPU_SECONDS)).solution.routes
        return route

    def driven(self, route: Route) -> Driven:
        """Returns what the rep brings home."""
        clients = {client.id: client for client in self.clients}
        now, here, prize, late = route.leave, 0, 0.0, 0
        for stop in route.stops:
            client = clients[stop.client_id]
            arrival = now + int(self.roads[here, client.location])
            window = client.windows[0] if client.windows else TimeWindow(0, HOURS)
            start = max(arrival, window.start)
            if start + client.service + int(self.roads[client.location, 0]) > HOURS:
                late += 1  # seen before setting out: the rep passes it over
                continue
            now, here = start, client.location
            if start > window.end:
                late += 1
                continue
            now, prize = start + client.service, prize + client.prize
        return Driven(prize, late, len(route.stops))


def days(name: str, seed: int, count: int) -> Iterator[Day]:
    """Yields days at places of odd number; the others are where drives were seen."""
    points, roads = country(name)
    chance = np.random.default_rng(seed)
    places = np.arange(1, len(points), 2)
    for _ in range(count):
        chosen = chance.choice(places, CANDIDATES + 1, replace=False)
        clients = []
        for number in range(1, CANDIDATES + 1):
            service = int(chance.integers(15, 46)) * 60
            opens = int(chance.integers(0, 6)) * 3600
            windows = (TimeWindow(opens, opens + 2 * 3600),) if chance.random() < 1 / 3 else None
            clients.append(Client(f"c{number:02}", number, float(chance.integers(1, 101)), False, service, windows))
        yield Day([points[one] for one in chosen], roads[np.ix_(chosen, chosen)], tuple(clients))


def drives(name: str, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns metres and seconds of gaps between visits, as check-ins show them: traffic, lunches, slips.

    Each day goes from one place to what looks nearest, as people and plans do, so the ways that only look short are in it.
    """
    points, roads = country(name)
    chance = np.random.default_rng(seed)
    straight = straight_m(points)
    legs: list[tuple[int, int]] = []
    while len(legs) < DRIVES:
        left = list(chance.choice(np.arange(0, len(points), 2), 40, replace=False))
        here = left.pop()
        for _ in range(15):
            nearest = left.pop(int(np.argmin(straight[here, left])))
            legs.append((here, nearest))
            here = nearest
    start, end = np.array(legs).T
    count = len(legs)
    seconds = roads[start, end] * np.exp(chance.normal(0, 0.15, count))
    seconds += (chance.random(count) < LUNCHES) * chance.uniform(10 * 60, 70 * 60, count)
    slips = chance.random(count) < 0.02
    seconds[slips] = chance.uniform(60, 7200, int(slips.sum()))
    return straight[start, end], seconds


def refitted(name: str, prior: Profile) -> Profile:
    """Returns the profile that a country's drives give."""
    metres, seconds = drives(name, 5)
    good = could_be_drives(metres, seconds, prior.reach_m)
    return fit(metres[good], seconds[good], prior).profile(f"refitted in {name}")


def blank(name: str) -> Profile:
    """Returns a profile fitted to one country's own roads alone, so that the other has not been seen."""
    points, roads = country(name)
    straight = straight_m(points)
    good = could_be_drives(straight, roads.astype(np.float64), 25_000)
    slope, level = np.polyfit(np.log(straight[good]), np.log(roads[good]), 1)
    return Profile(f"fitted to {name}", float(np.exp(level)), float(slope))


def measure(arguments: Sequence[str], console: Console) -> None:
    """Measures and prints; the first argument is how many days, if not DAYS."""
    count = int(arguments[0]) if arguments else DAYS
    engine.warm()
    for name, other in (COUNTRIES, COUNTRIES[::-1]):
        naive = Profile("50 km/h as the crow flies", 3.6 / 50, 1.0)
        seen_other = refitted(other, blank(other))
        ways = {
            "50 km/h as the crow flies": GreatCircle(naive, 1.0),
            "the default": GreatCircle(),
            f"fitted to {other} alone": GreatCircle(blank(other)),
            f"refitted from drives in {other}": GreatCircle(seen_other),
            "refitted from drives here": GreatCircle(refitted(name, seen_other)),
        }
        table = Table(title=f"roads: {name}, {count} days", title_justify="left", box=None)
        for column in ("times planned with", "prize kept", "late a day", "stops a day"):
            table.add_column(column, justify="left" if column == "times planned with" else "right")
        every = list(days(name, 11, count))
        best = [day.driven(day.planned(day.roads)) for day in every]
        table.add_row("the roads themselves", "100.0 %", f"{mean_late(best):.2f}", f"{mean_stops(best):.1f}")
        for told, provider in ways.items():
            found = [day.driven(day.planned(provider.matrix(day.points).seconds)) for day in every]
            kept = 100 * sum(one.prize for one in found) / sum(one.prize for one in best)
            table.add_row(told, f"{kept:.1f} %", f"{mean_late(found):.2f}", f"{mean_stops(found):.1f}")
        console.print(table)


def mean_late(found: list[Driven]) -> float:
    return sum(one.late for one in found) / len(found)


def mean_stops(found: list[Driven]) -> float:
    return sum(one.stops for one in found) / len(found)
