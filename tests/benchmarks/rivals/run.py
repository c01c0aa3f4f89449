"""Runs one rival over problems from standard input, within its own environment; prints routes and CPU seconds as JSON.

It imports nothing of ours, for ours is not installed there.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

Routes = list[list[int]]
MOST = 100
"""The largest priority that VROOM knows."""

LEG_OF_A_PRIZE = 10_000
"""Units of travel that OR-Tools is told the mean prize is worth."""


def vroom(asked: dict[str, Any], seconds: float, level: int = 5) -> Routes:
    """VROOM, at its most thorough unless told otherwise; it ends by itself."""
    import numpy as np
    import vroom

    problem = vroom.Input()
    matrix = np.minimum(np.array(asked["matrix"], dtype=np.int64), 2**31 - 1).astype(np.uint32)
    problem.set_durations_matrix(profile="car", matrix_input=matrix)
    for number, (start, end, first, last) in enumerate(asked["shifts"]):
        problem.add_vehicle(vroom.Vehicle(number, start=start, end=end, time_window=[first, last]))
    largest = max([client[1] for client in asked["clients"]], default=0) or 1
    for number, (place, prize, required, service, windows) in enumerate(asked["clients"]):
        extra = {"time_windows": [list(window) for window in windows]} if windows else {}
        priority = MOST if required else round(prize / largest * (MOST - 1))
        problem.add_job(vroom.Job(number, location=place, default_service=service, priority=priority, **extra))
    rows = problem.solve(exploration_level=level, nb_threads=1).routes
    routes: Routes = [[] for _ in asked["shifts"]]
    for row in rows.itertuples():
        if row.type == "job":
            routes[int(row.vehicle_id)].append(int(row.id))
    return routes


def ortools(asked: dict[str, Any], seconds: float) -> Routes:
    """OR-Tools' routing with a penalty for every client left out, guided local search, until its CPU time is over."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    clients, shifts = asked["clients"], asked["shifts"]
    n, vehicles = len(clients), len(shifts)
    places = [client[0] for client in clients] + [shift[0] for shift in shifts] + [shift[1] for shift in shifts]
    index = pywrapcp.RoutingIndexManager(
        n + 2 * vehicles, vehicles, [n + k for k in range(vehicles)], [n + vehicles + k for k in range(vehicles)]
    )
    routing = pywrapcp.RoutingModel(index)
    matrix = asked["matrix"]
    table = [[matrix[a][b] for b in places] for a in places]
    times = [[(clients[a][3] if a < n else 0) + step for step in row] for a, row in enumerate(table)]
    cost = routing.RegisterTransitMatrix(table)
    routing.SetArcCostEvaluatorOfAllVehicles(cost)
    end = max(shift[3] for shift in shifts)
    routing.AddDimension(routing.RegisterTransitMatrix(times), end, end, False, "time")
    dimension = routing.GetDimensionOrDie("time")
    mean = sum(client[1] for client in clients) / max(1, n) or 1
    for number, (_, prize, required, _, windows) in enumerate(clients):
        node = index.NodeToIndex(number)
        penalty = LEG_OF_A_PRIZE * 10**4 if required else round(prize / mean * LEG_OF_A_PRIZE)
        routing.AddDisjunction([node], penalty)
        if windows:
            allowed = sorted(windows)
            dimension.CumulVar(node).SetRange(allowed[0][0], allowed[-1][1])
            for (_, close), (opens, _) in pairwise(allowed):
                dimension.CumulVar(node).RemoveInterval(close + 1, opens - 1)
    for vehicle, (_, _, first, last) in enumerate(shifts):
        dimension.CumulVar(routing.Start(vehicle)).SetRange(first, last)
        dimension.CumulVar(routing.End(vehicle)).SetRange(first, last)
    began = time.process_time()
    solver = routing.solver()
    routing.AddSearchMonitor(solver.CustomLimit(lambda: time.process_time() - began > seconds))
    options = pywrapcp.DefaultRoutingSearchParameters()
    options.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    options.time_limit.FromMilliseconds(int(seconds * 20_000))
    found = routing.SolveWithParameters(options)
    routes: Routes = []
    for vehicle in range(vehicles):
        route: list[int] = []
        at = routing.Start(vehicle)
        while found is not None and not routing.IsEnd(at):
            node = index.IndexToNode(at)
            route += [node] if node < n else []
            at = found.Value(routing.NextVar(at))
        routes.append(route)
    return routes


RIVALS: dict[str, Callable[[dict[str, Any], float], Routes]] = {
    "vroom": vroom,
    **{f"vroom{level}": partial(vroom, level=level) for level in range(1, 6)},
    "ortools": ortools,
}


def main(rival: str, seconds: float) -> None:
    """Solves what is asked."""
    found = []
    for asked in json.load(sys.stdin):
        began = time.process_time()
        routes = RIVALS[rival](asked, seconds)
        found.append((routes, time.process_time() - began))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
