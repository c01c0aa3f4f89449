"""Why somebody is left out: one true reason each, the one obstacle that would have to go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.planning.solver.clockwork import NEVER, at_start, breaks_of, in_time, last_calls, ride, serve
from backend.planning.solver.problem import UNREACHABLE, Client, Problem, Shift
from backend.planning.solver.solution import Solution


class Reason(StrEnum):
    """Why a client is left out."""

    NO_COORDINATES = "NO_COORDINATES"
    """Nobody knows where it is, so it never became part of the problem."""

    NOT_REACHABLE = "NOT_REACHABLE"
    """No shift has a way there and back."""

    NO_SKILL = "NO_SKILL"
    """No shift that could serve it has the skills."""

    OUTSIDE_DATES = "OUTSIDE_DATES"
    """It may be served on other shifts only than those that could."""

    NO_WINDOW_FITS = "NO_WINDOW_FITS"
    """Even an otherwise empty shift could not serve it within its windows and the shift's hours."""

    DAY_FULL = "DAY_FULL"
    """It fits an empty shift, but not beside what is planned; `displaced_by` says what would have to go."""

    GROUP_SERVED = "GROUP_SERVED"
    """Another client of its group is served: `displaced_by`."""

    TOO_SOON = "TOO_SOON"
    """It would fit but for other visits of the same account that stand too near: `displaced_by`."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A client left out. `displaced_by` is the cheapest stretch of neighbouring stops whose removal would make room, on
    shift `shift_id`, with the visits of its account elsewhere that stand too near; `cost` is their prize."""

    client_id: str
    reason: Reason
    displaced_by: tuple[str, ...] = ()
    shift_id: str = ""
    cost: float = 0.0


LIGHTEST_FIRST = (Reason.NO_WINDOW_FITS, Reason.OUTSIDE_DATES, Reason.NO_SKILL, Reason.NOT_REACHABLE)


def reasons(
    problem: Problem,
    plan: Solution,
    alone: Sequence[Client],
    stretch: Callable[[Client], tuple[Shift, tuple[str, ...], float]],
) -> tuple[Drop, ...]:
    """Returns one reason for every client that `plan` leaves out, in the order of the problem.

    `alone` are those that fit an empty shift; `stretch` says of such a one which stops it would cost, and their prize.
    """
    could = {client.id for client in alone}
    served = [problem.client_by_id[stop.client_id] for route in plan.routes for stop in route.stops]
    of_group = {client.group: client for client in served if client.group is not None}
    there = {client.id for client in served}
    found: list[Drop] = []
    for client in problem.clients:
        if client.id in there:
            continue
        if client.id not in could:
            found.append(Drop(client.id, obstacle(problem, client)))
        elif client.group in of_group:
            other = of_group[client.group]
            found.append(Drop(client.id, Reason.GROUP_SERVED, (other.id,), cost=other.prize))
        else:
            shift, lost, cost = stretch(client)
            of_its_own = all(name in problem.kin.get(client.id, {}) for name in lost)
            found.append(Drop(client.id, Reason.TOO_SOON if of_its_own else Reason.DAY_FULL, lost, shift.id, cost))
    return tuple(found)


def obstacle(problem: Problem, client: Client) -> Reason:
    """Returns what keeps the client off even empty shifts, judged by the shift that comes nearest to serving it."""
    nearest = min(
        (obstacles(problem, shift, client) for shift in problem.shifts),
        key=lambda them: (len(them), [LIGHTEST_FIRST.index(one) for one in them]),
    )
    return nearest[-1]


def obstacles(problem: Problem, shift: Shift, client: Client) -> list[Reason]:
    """Returns all that stands between the client and the shift, lightest first."""
    found: list[Reason] = []
    out, home = int(problem.matrix[shift.start, client.location]), int(problem.matrix[client.location, shift.end])
    if max(out, home) >= UNREACHABLE:
        found.append(Reason.NOT_REACHABLE)
        out, home = (0 if step >= UNREACHABLE else step for step in (out, home))
    breaks = breaks_of(shift)
    left = serve(problem.windows_of(client), client.service, ride(breaks, at_start(shift), out))
    if min(left) >= NEVER or not in_time(ride(breaks, left, home), last_calls(shift)):
        found.append(Reason.NO_WINDOW_FITS)
    if not client.skills <= shift.skills:
        found.append(Reason.NO_SKILL)
    if client.shifts is not None and shift.id not in client.shifts:
        found.append(Reason.OUTSIDE_DATES)
    return sorted(found, key=LIGHTEST_FIRST.index)
