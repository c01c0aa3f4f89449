"""The problem in the routing library's words, and the library's routes in ours."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyvrp import Client as LibraryClient
from pyvrp import ClientGroup, Depot, IteratedLocalSearchParams, Location, ProblemData, SolveParams, VehicleType
from pyvrp import Route as LibraryRoute
from pyvrp import Solution as LibrarySolution
from pyvrp import solve as search
from pyvrp.exceptions import PenaltyBoundWarning

from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.solver.solution import Solution, judge
from backend.planning.solver.stop import Clock

HISTORY = 100
"""Length of the library's late-acceptance history; a third of its default left a smaller gap at our sizes."""

MAX_PENALTY = 100_000
"""The most that one unit of lateness may cost the library (its own default)."""

LATENESS = 5
"""So many units of lateness at that price equal the largest prize.

The library allows lateness at a price while it searches. A prize that outweighs it buys plans that cannot be driven;
a small prize is outweighed by travel. On 28 instances of team orienteering one prize point worth 1e4 units of travel,
which is what this comes to there, gave the smallest gap; ten times more gave no possible plan at all.
"""

FINE = 10_000
"""Shifts of fewer units than this are stretched, so that five units of lateness stay a trifle."""


@dataclass(frozen=True)
class Model:
    """The library's data with, behind each of its clients, our client and window, and behind each vehicle our shift."""

    data: ProblemData
    copies: tuple[tuple[Client, TimeWindow], ...]
    shifts: tuple[Shift, ...]

    def order(self, found: LibrarySolution) -> dict[str, list[str]]:
        """Returns the library's routes as shift id -> client ids."""
        return {
            self.shifts[route.vehicle_type()].id: [
                self.copies[activity.idx][0].id for activity in route.schedule() if activity.is_client()
            ]
            for route in found.routes()
        }

    def start_from(self, plan: Solution) -> LibrarySolution:
        """Returns a plan of ours as a place for the library to start its search."""
        number_of: dict[str, list[int]] = {}
        for number, (client, _) in enumerate(self.copies):
            number_of.setdefault(client.id, []).append(number)
        routes = []
        for vehicle, route in enumerate(plan.routes):
            visits = [
                next(n for n in number_of[stop.client_id] if covers(self.copies[n][1], stop.start))
                for stop in route.stops
            ]
            if visits:
                routes.append(LibraryRoute(self.data, visits, vehicle))
        return LibrarySolution(self.data, routes)


def can_say(problem: Problem) -> bool:
    """Says whether the library can express all that the problem asks."""
    return (
        not problem.kin
        and not any(shift.breaks or shift.locked for shift in problem.shifts)
        and not any(
            client.skills or client.group is not None or client.shifts is not None for client in problem.clients
        )
    )


def searched(
    problem: Problem, clients: Sequence[Client], start: Solution, seed: int, clock: Clock
) -> dict[str, list[str]] | None:
    """Returns the library's plan after a search that begins at `start`; None when the referee refuses it."""
    served = {stop.client_id for route in start.routes for stop in route.stops}
    must = {client.id: client.required and client.id in served for client in clients}
    model = build(problem, clients, must)
    params = SolveParams(ils=IteratedLocalSearchParams(history_length=HISTORY))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        found = search(
            model.data, clock, seed=seed, collect_stats=False, params=params, initial_solution=model.start_from(start)
        ).best
    order = model.order(found)
    return order if isinstance(judge(problem, order), Solution) else None


def build(problem: Problem, clients: Sequence[Client], must: Mapping[str, bool]) -> Model:
    """Returns the model of these clients on all shifts; `must` says of each client id whether it has to be served.

    Distance stays in the objective as travel time: it guides the search even where only the prize counts. A client
    with several windows becomes a group of copies of which at most one is served.
    """
    ends = list(dict.fromkeys(place for shift in problem.shifts for place in (shift.start, shift.end)))
    places = list(dict.fromkeys([*ends, *(client.location for client in clients)]))
    row_of = {place: row for row, place in enumerate(places)}
    longest = max(shift.window.end - shift.window.start for shift in problem.shifts)
    stretch = max(1, FINE // max(1, longest))
    largest = max((client.prize for client in clients), default=0.0) or 1.0
    copies: list[tuple[Client, TimeWindow]] = []
    library_clients: list[LibraryClient] = []
    groups: list[ClientGroup] = []
    for client in clients:
        windows = useful_windows(problem, client)
        group = len(groups) if len(windows) > 1 else None
        if group is not None:
            numbers = list(range(len(copies), len(copies) + len(windows)))
            groups.append(ClientGroup(numbers, required=must[client.id]))
        for window in windows:
            copies.append((client, window))
            library_clients.append(
                LibraryClient(
                    location=row_of[client.location],
                    service_duration=client.service * stretch,
                    tw_early=window.start * stretch,
                    tw_late=window.end * stretch,
                    prize=round(client.prize / largest * MAX_PENALTY * LATENESS),
                    required=must[client.id] and group is None,
                    group=group,
                )
            )
    # The library's stubs type the shape wrongly, hence Any.
    matrix: Any = np.ascontiguousarray(problem.matrix[np.ix_(places, places)] * stretch)
    data = ProblemData(
        locations=[Location(0, 0) for _ in places],
        clients=library_clients,
        depots=[Depot(row_of[place]) for place in ends],
        vehicle_types=[
            VehicleType(
                start_depot=ends.index(shift.start),
                end_depot=ends.index(shift.end),
                tw_early=shift.window.start * stretch,
                tw_late=shift.window.end * stretch,
            )
            for shift in problem.shifts
        ],
        distance_matrices=[matrix],
        duration_matrices=[matrix],
        groups=groups,
    )
    return Model(data, tuple(copies), problem.shifts)


def useful_windows(problem: Problem, client: Client) -> list[TimeWindow]:
    """Returns the client's windows cut to the time that the shifts cover, overlapping ones joined; never none."""
    first = min(shift.window.start for shift in problem.shifts)
    last = max(shift.window.end for shift in problem.shifts)
    if client.windows is None:
        return [TimeWindow(first, last)]
    joined: list[TimeWindow] = []
    for window in sorted(client.windows, key=lambda one: (one.start, one.end)):
        start, end = max(first, window.start), min(last, window.end)
        if start > end:
            continue
        if joined and start <= joined[-1].end:
            joined[-1] = TimeWindow(joined[-1].start, max(joined[-1].end, end))
        else:
            joined.append(TimeWindow(start, end))
    return joined


def covers(window: TimeWindow, time: int) -> bool:
    """Says whether service may start at `time`."""
    return window.start <= time <= window.end
