"""`make bench ARGS=chicago`: the city's real log of food inspections, and what call cycles would have made of the same work.

Only places of high risk (tier A) and the work that the city really spent on them. Four weeks by four weeks each team's cycle is
planned from what was visited before: at the start the real log, then our own plans. There are as many person-days as the real
visits of the four weeks take at VISITS_A_DAY, of eight hours from City Hall, spread over the weekdays, and shared out among the
teams by their businesses. A business is a team's that came most often. In time means within GRACE days of the day it falls due.

The city's rule of thumb is twice a year; the log has two thirds of a visit a year and place. At `--interval 182` no plan can keep
up; the default asks for what that work comes near to, once a year.
"""

import argparse
import csv
import gzip
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from backend.kit.geo import LatLng
from backend.planning.priority import Facts, priority
from backend.planning.rounds import DAY, rounds
from backend.planning.solver import engine
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.solver.solve import solve
from backend.planning.solver.stop import Stop
from backend.planning.travel import GreatCircle
from tests.planning import checker

DATA = Path(__file__).parents[2] / "demo" / "chicago"
CITY_HALL = LatLng(41.8837, -87.6319)
HIGH_RISK = "Risk 1 (High)"
DAYS = 28
GRACE = 28
OPENS, HOURS = 9 * 3600, 8 * 3600
SERVICE = 85 * 60
VISITS_A_DAY = 5
LOOKED_AT = 3
"""Businesses looked at for each visit there is time for, those worth most."""


@dataclass(frozen=True, slots=True)
class Business:
    """One of the city's, from its first licence to the last."""

    license: str
    point: LatLng
    since: int
    until: int
    team: str


Log = dict[str, list[int]]
"""Licence -> days of visits, in order."""


@dataclass(frozen=True, eq=False)
class City:
    """What there is, how often it is to be seen, and what really happened: (day, licence, team) of each visit."""

    businesses: dict[str, Business]
    visits: list[tuple[int, str, str]]
    interval: int

    @property
    def known(self) -> int:
        """The first day of the log: who was never seen is due since then, or since there is a licence."""
        return self.visits[0][0]

    def due(self, business: Business, log: Mapping[str, Sequence[int]]) -> int:
        """Returns the day it falls due: an interval after the last visit, or the day it was first known."""
        seen = log.get(business.license)
        return seen[-1] + self.interval if seen else max(business.since, self.known)

    def shared_out(self, person_days: int, day: int) -> dict[str, int]:
        """Returns so many person-days shared out among the teams by their open businesses: many visits name no team."""
        of_team = Counter(one.team for one in self.businesses.values() if one.since <= day <= one.until)
        total, given, found, before = sum(of_team.values()), 0, {}, 0
        for team, count in sorted(of_team.items()):
            before += count
            found[team] = round(person_days * before / total) - given
            given += found[team]
        return found

    def log(self, before: int) -> Log:
        """Returns the real visits before a day."""
        found: Log = {}
        for day, name, _ in self.visits:
            if day < before:
                found.setdefault(name, []).append(day)
        return found


def load(interval: int) -> City:
    """Reads the demo's files."""
    visits: list[tuple[int, str, str]] = []
    teams: dict[str, Counter[str]] = {}
    for row in rows("visits"):
        team = row["inspector_team"] or "unknown"
        visits.append((date.fromisoformat(row["visit_date"]).toordinal(), row["license"], team))
        teams.setdefault(row["license"], Counter())[team] += 1
    businesses = {
        row["license"]: Business(
            license=row["license"],
            point=LatLng(float(row["lat"]), float(row["lon"])),
            since=date.fromisoformat(row["first_license_date"]).toordinal(),
            until=date.fromisoformat(row["last_license_date"]).toordinal(),
            team=min(teams[row["license"]].items(), key=lambda pair: (-pair[1], pair[0]))[0],
        )
        for row in rows("businesses")
        if row["lat"] and row["risk"] == HIGH_RISK and row["license"] in teams and row["first_license_date"]
    }
    return City(businesses, sorted(one for one in visits if one[1] in businesses), interval)


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yields the rows of one file."""
    with gzip.open(DATA / f"{name}.csv.gz", "rt", newline="") as text:
        yield from csv.DictReader(text)


def planned(
    city: City, team: str, log: Mapping[str, Sequence[int]], first: int, person_days: int, seconds: float
) -> list[tuple[int, str]]:
    """Returns the visits, (day, licence), that a team's cycle makes in four weeks."""
    last = first + DAYS - 1
    weekdays = [day for day in range(first, last + 1) if date.fromordinal(day).weekday() < 5]
    people = Counter(weekdays[number % len(weekdays)] for number in range(person_days))
    shifts = tuple(
        Shift(f"{day}/{number}", 0, 0, TimeWindow(begins, begins + HOURS))
        for day in weekdays
        for number in range(people[day])
        for begins in [(day - first) * DAY + OPENS]
    )
    waiting = []
    for business in city.businesses.values():
        if business.team != team or not business.since <= first <= business.until:
            continue
        for one in rounds(city.due(business, log), city.interval, first, last):
            facts = Facts(tier="A", due_in_days=min(0, one.due - first))
            waiting.append((priority(facts).prize, business, one))
    waiting.sort(key=lambda found: (-found[0], found[2].due, found[1].license))
    waiting = waiting[: LOOKED_AT * VISITS_A_DAY * person_days]
    if not waiting or not shifts:
        return []
    matrix = GreatCircle().matrix([CITY_HALL, *(business.point for _, business, _ in waiting)]).seconds
    clients = tuple(
        Client(
            business.license,
            number,
            prize,
            service=SERVICE,
            windows=(TimeWindow((one.begins - first) * DAY, (one.ends - first + 1) * DAY),),
        )
        for number, (prize, business, one) in enumerate(waiting, start=1)
    )
    problem = Problem(clients, shifts, matrix)
    plan = solve(problem, seed=1, stop=Stop(cpu_seconds=seconds)).solution
    faults = checker.faults(problem, plan)
    if faults:
        raise AssertionError(f"a plan that is none: {faults[:3]}")
    return [(first + stop.start // DAY, stop.client_id) for route in plan.routes for stop in route.stops]


def overdue(city: City, log: Mapping[str, Sequence[int]], day: int) -> tuple[int, int]:
    """Returns how many businesses are more than GRACE days overdue, and how many there are."""
    open_then = [one for one in city.businesses.values() if one.since <= day <= one.until]
    return sum(city.due(one, log) + GRACE < day for one in open_then), len(open_then)


def late_visits(city: City, first: int, last: int) -> list[tuple[str, int, int, int]]:
    """Returns the real visits from `first` to `last` that came more than GRACE days after they fell due, and fell due from
    `first` on: licence, day of the visit before, day due, day of the visit."""
    return [
        (name, before, before + city.interval, day)
        for name, days in city.log(last + 1).items()
        for before, day in pairwise(days)
        if before + city.interval >= first and day > before + city.interval + GRACE
    ]


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints, period by period, how many are overdue in the real log and in ours, and what became of the late visits."""
    options = argparse.ArgumentParser(prog="chicago")
    options.add_argument("--seconds", type=float, default=0.5, help="CPU seconds for each team and period")
    options.add_argument("--periods", type=int, default=13)
    options.add_argument("--first", type=date.fromisoformat, default=date(2013, 9, 2), help="a Monday")
    options.add_argument("--interval", type=int, default=365, help="days between two visits")
    chosen = options.parse_args(arguments)
    engine.warm()
    began = time.process_time()
    city = load(chosen.interval)
    start = chosen.first.toordinal()
    ours = city.log(start)
    table = Table(title=f"chicago: high risk, every {chosen.interval} days", title_justify="left", box=None)
    for column in ("four weeks from", "person-days", "visits, real", "ours", "overdue, real", "ours", "of"):
        table.add_column(column, justify="right")
    for number in range(chosen.periods):
        first = start + number * DAYS
        real = sum(first <= day < first + DAYS for day, *_ in city.visits)
        person_days = city.shared_out(round(real / VISITS_A_DAY), first)
        made: list[tuple[int, str]] = []
        with console.status(f"{date.fromordinal(first)}"):
            for team, days in sorted(person_days.items()):
                made += planned(city, team, ours, first, days, chosen.seconds)
        for day, name in sorted(made):
            ours.setdefault(name, []).append(day)
        end = first + DAYS
        late, of = overdue(city, city.log(end), end)
        table.add_row(
            f"{date.fromordinal(first)}",
            *map(str, (sum(person_days.values()), real, len(made), late)),
            *map(str, (overdue(city, ours, end)[0], of)),
        )
    console.print(table)
    _tell_late(late_visits(city, start, start + chosen.periods * DAYS - 1), ours, console)
    console.print(f"{time.process_time() - began:.0f} CPU s")


def _tell_late(late: Sequence[tuple[str, int, int, int]], ours: Log, console: Console) -> None:
    in_time = within = sooner = 0
    for name, before, fell, came in late:
        first = min((day for day in ours.get(name, ()) if day > before), default=came)
        in_time, within, sooner = in_time + (first <= fell), within + (first <= fell + GRACE), sooner + (first < came)
    share = [f"{number} ({100 * number / max(1, len(late)):.0f} %)" for number in (in_time, within, sooner)]
    console.print(
        f"{len(late)} real visits fell due in these days and came more than {GRACE} days late. Ours are there by the day due for "
        f"{share[0]}, within {GRACE} days of it for {share[1]}, sooner than the city for {share[2]}."
    )
