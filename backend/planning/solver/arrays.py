"""From a problem to the arrays of the kernels, and from their routes back to ids."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.planning.solver.clockwork import breaks_of
from backend.planning.solver.kernel.data import NEVER, POWERS, STOPS, Data, Plan
from backend.planning.solver.problem import UNREACHABLE, Client, Problem, TimeWindow
from backend.planning.solver.spacing import could_begin

ALL_NEAR = 400
"""Up to so many clients everybody is everybody's neighbour, beyond it only the NEAREST are."""

NEAREST = 60

ALL_WAITING = 400
"""Up to so many clients a gap is offered to all that wait, beyond it for each one taken out to the OFFERED nearest."""

OFFERED = 12
BLOCK = 512


def arrays(problem: Problem, clients: Sequence[Client]) -> Data:
    """Returns the arrays for these clients of the problem, in their order; at least one."""
    places = [client.location for client in clients]
    places += [shift.start for shift in problem.shifts] + [shift.end for shift in problem.shifts]
    to = np.ascontiguousarray(problem.matrix[np.ix_(places, places)].astype(np.int32))
    locked = problem.locked_on
    groups: dict[str, int] = {}
    for client in clients:
        if client.group is not None:
            groups.setdefault(client.group, len(groups))
    rows = [
        (client.service, client.required, client.id in locked, -1 if client.group is None else groups[client.group])
        for client in clients
    ]
    prizes = np.array([client.prize for client in clients], dtype=np.float64)
    prizes /= prizes[prizes > 0].mean() if (prizes > 0).any() else 1.0
    near, unit = neighbours(to[: len(clients), : len(clients)])
    door, window = windows(problem, clients, to)
    kin, begin = kinship(problem, clients)
    pauses = [breaks_of(shift) for shift in problem.shifts]
    pause = np.zeros((len(pauses), max(map(len, pauses)), 3), dtype=np.int64)
    for number, breaks in enumerate(pauses):
        for place, one in enumerate(breaks):
            pause[number, place] = one.window.start, one.window.end, one.duration
    return Data(
        n=len(clients),
        routes=len(problem.shifts),
        offered=0 if len(clients) <= ALL_WAITING else OFFERED,
        unit=unit,
        to=to,
        back=np.ascontiguousarray(to.T),
        client=np.array(rows, dtype=np.int64),
        prize=np.stack([prizes**power for power in POWERS]),
        window=window,
        door=door,
        shift=np.array(
            [
                (shift.window.start, shift.window.end, len(breaks), shift.settled)
                for shift, breaks in zip(problem.shifts, pauses, strict=True)
            ],
            dtype=np.int64,
        ),
        pause=pause,
        near=near,
        kin=kin,
        begin=begin,
    )


def windows(
    problem: Problem, clients: Sequence[Client], to: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns all windows one below the other, and for every shift and client which of them can be used."""
    spans = [joined(problem.windows_of(client)) for client in clients]
    most = max(map(len, spans))
    opens = np.full((len(clients), max(1, most)), 4 * NEVER, dtype=np.int64)
    closes = opens.copy()
    for row, span in enumerate(spans):
        for column, one in enumerate(span):
            opens[row, column], closes[row, column] = one.start, one.end
    count = np.array([len(span) for span in spans], dtype=np.int64)
    first = np.cumsum(count) - count
    table = [(one.start, one.end) for span in spans for one in span] or [(0, -1)]
    n, shifts = len(clients), len(problem.shifts)
    service = np.array([client.service for client in clients], dtype=np.int64)
    use = np.zeros((shifts, n, 2), dtype=np.int64)
    picky = {
        number
        for number, one in enumerate(clients)
        if one.skills or one.shifts is not None or one.id in problem.locked_on
    }
    for number, shift in enumerate(problem.shifts):
        out, home = to[n + number, :n].astype(np.int64), to[:n, n + shifts + number].astype(np.int64)
        low = (closes < (shift.window.start + out)[:, None]).sum(axis=1)
        high = (opens <= (shift.window.end - home - service)[:, None]).sum(axis=1)
        allowed = (low < high) & (out < UNREACHABLE) & (home < UNREACHABLE)
        for row in picky:
            allowed[row] &= problem.may_serve(shift, clients[row])
        use[number, :, 0] = np.where(allowed, first + low, 0)
        use[number, :, 1] = np.where(allowed, first + high, 0)
    return np.array(table, dtype=np.int64), use


def kinship(problem: Problem, clients: Sequence[Client]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the other clients of each one's account with the gap between the two, and when each could begin on each shift."""
    number_of = {client.id: number for number, client in enumerate(clients)}
    of = [
        sorted((number_of[name], gap) for name, gap in problem.kin.get(client.id, {}).items() if name in number_of)
        for client in clients
    ]
    kin = np.full((len(clients), max(map(len, of)), 2), -1, dtype=np.int64)
    if not kin.size:
        return kin, np.zeros((1, 1, 2), dtype=np.int64)
    begin = np.zeros((len(problem.shifts), len(clients), 2), dtype=np.int64)
    for row, others in enumerate(of):
        for column, one in enumerate(others):
            kin[row, column] = one
        if others:
            for number, shift in enumerate(problem.shifts):
                begin[number, row] = could_begin(problem, shift, clients[row])
    return kin, begin


def joined(spans: tuple[TimeWindow, ...] | None) -> list[TimeWindow]:
    """Returns the windows in order, overlapping ones made one."""
    if spans is None:
        return [TimeWindow(0, NEVER - 1)]
    found: list[TimeWindow] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and span.start <= found[-1].end + 1:
            found[-1] = TimeWindow(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def neighbours(to: NDArray[np.int32]) -> tuple[NDArray[np.int32], float]:
    """Returns the nearest clients of each, there and back, and the length of a typical leg, at least 1."""
    n = len(to)
    keep = n - 1 if n <= ALL_NEAR else NEAREST
    near = np.zeros((n, keep), dtype=np.int32)
    legs = np.ones(n, dtype=np.float64)
    for begin in range(0, n, BLOCK):
        rows = np.arange(begin, min(n, begin + BLOCK))
        both = to[rows].astype(np.int64) + to[:, rows].T
        both[np.arange(len(rows)), rows] = -1
        order = nearest(both, keep + 1)[:, 1:]
        near[rows] = order
        if keep:
            legs[rows] = np.take_along_axis(both, order[:, :5], axis=1).mean(axis=1) / 2
    usable = legs[legs < UNREACHABLE / 8]
    return near, max(1.0, float(np.median(usable)) if len(usable) else 1.0)


def nearest(distance: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Returns the columns of the smallest numbers of each row, smallest first, of equal ones the first first."""
    some = np.argpartition(distance, min(count, distance.shape[1]) - 1, axis=1)[:, :count]
    some.sort(axis=1)
    order = np.argsort(np.take_along_axis(distance, some, axis=1), axis=1, kind="stable")
    found: NDArray[np.int64] = np.take_along_axis(some, order, axis=1)
    return found


def order_of(problem: Problem, clients: Sequence[Client], plan: Plan) -> dict[str, list[str]]:
    """Returns the routes of the plan as shift id -> client ids."""
    return {
        shift.id: [clients[int(k)].id for k in plan.nodes[number, 1 : 1 + int(plan.tally[number, STOPS])]]
        for number, shift in enumerate(problem.shifts)
    }


def routes_of(problem: Problem, clients: Sequence[Client], order: Mapping[str, Sequence[str]]) -> list[list[int]]:
    """Returns shift id -> client ids as rows of client numbers; those not among `clients` are left out."""
    number_of = {client.id: number for number, client in enumerate(clients)}
    return [[number_of[name] for name in order.get(shift.id, ()) if name in number_of] for shift in problem.shifts]
