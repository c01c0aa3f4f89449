"""Which search plans: our own where it is compiled and ready, else the library, else the plain way."""

import fcntl
from enum import StrEnum
from threading import Lock, Thread
from time import sleep

from backend.kit.compiled import COMPILES, kept_in
from backend.planning.solver.problem import Break, Client, Problem, Shift, TimeWindow

LOOKED_EVERY = 5.0
"""Seconds between two looks whether another process has compiled."""

COMPLETE = "search"
"""The file that says that all of the search is compiled."""

_state = {"warm": False, "at_need": False}
_warming = Lock()


class Engine(StrEnum):
    """Who searched."""

    OWN = "own"
    """Compiled large-neighbourhood search."""

    LIBRARY = "pyvrp"
    """PyVRP; it knows neither breaks nor skills, locks, groups or shifts of one's own."""

    PLAIN = "plain"
    """Insertion and trades alone, without a search."""


def is_warm() -> bool:
    """Says whether our own search can begin at once in this process."""
    return _state["warm"]


def is_ready() -> bool:
    """Says whether a plan is made by our own search: it is warm, or was compiled by another process and this one reads such
    from the disk when a plan is asked for (then that is done first: seconds)."""
    if _state["at_need"] and not is_warm():
        with _warming:
            if is_compiled():
                warm()
    return is_warm()


def warm_at_need() -> None:
    """Has this process read our own search when the first plan is asked for: it takes 140 MB, and few web processes plan."""
    _state["at_need"] = True


def is_compiled() -> bool:
    """Says whether a process has compiled all of the search."""
    return COMPILES and (kept_in() / COMPLETE).exists()


def warm() -> bool:
    """Makes our own search ready: compiles it (about half a minute of CPU, once for each version), or reads it from the
    disk (a second). Returns False where there is no compiler. Safe to call again."""
    if not COMPILES:
        return False
    if not is_warm():
        from backend.planning.solver.search import Search

        problem = sample()
        search = Search(problem, problem.clients, seed=1)
        search.begin({})
        search.rounds(2, part=0.0)
        search.end()
        search.stretches()
        _state["warm"] = True
        (kept_in() / COMPLETE).touch()
    return True


def warm_beside() -> Thread:
    """Warms in a thread while the process does its work, which waits where another process compiles."""

    def run() -> None:
        while COMPILES and not is_warm():
            if is_compiled() or _compiled_alone():
                warm()
            else:
                sleep(LOOKED_EVERY)

    thread = Thread(target=run, name="warm", daemon=True)
    thread.start()
    return thread


def _compiled_alone() -> bool:
    """Compiles unless another process is at it, which would be half a minute of work for nothing."""
    with (kept_in() / "compiling").open("a") as mine:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return warm()


def sample() -> Problem:
    """Returns a problem small enough to be solved in no time, in which somebody is left out."""
    day = Shift("day", 0, 0, TimeWindow(0, 100), breaks=(Break(TimeWindow(40, 60), 10),))
    clients = tuple(Client(f"{number}", number, 1.0, service=30) for number in range(1, 5))
    return Problem(clients, (day,), [[abs(a - b) for b in range(5)] for a in range(5)])  # type: ignore[arg-type]
