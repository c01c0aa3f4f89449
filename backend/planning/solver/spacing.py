"""How far apart the visits of one account are.

Two visits are judged by when each of them could begin on its shift, whatever else that shift holds: within its windows and
the shift's hours. So nothing that is put in, taken out or moved within a day brings two of them too near.
"""

from collections.abc import Iterable

from backend.planning.solver.clockwork import last_start, next_start
from backend.planning.solver.problem import Client, Problem, Shift


def could_begin(problem: Problem, shift: Shift, client: Client) -> tuple[int, int]:
    """Returns the first and the last moment at which the visit could begin on the shift if there were no ways."""
    windows = problem.windows_of(client)
    return next_start(windows, shift.window.start), last_start(windows, shift.window.end - client.service)


def too_near(problem: Problem, shift: Shift, client: Client, other_shift: Shift, other: Client) -> bool:
    """Says whether these two visits on these shifts could begin nearer to each other than the account wants."""
    gap = problem.kin.get(client.id, {}).get(other.id)
    if gap is None:
        return False
    first, last = could_begin(problem, shift, client)
    other_first, other_last = could_begin(problem, other_shift, other)
    return other_first - last < gap and first - other_last < gap


def crowded(problem: Problem, shift: Shift, client: Client, served: Iterable[tuple[Shift, Client]]) -> bool:
    """Says whether any of the `served` stands too near to a visit of `client` on this shift."""
    kin = problem.kin.get(client.id)
    return kin is not None and any(
        other.id in kin and too_near(problem, shift, client, other_shift, other) for other_shift, other in served
    )
