"""A call cycle: several weeks, in which each account comes round as often as its tier says.

Week by week, the days of one at once: what was planned in a week is taken as visited in the next."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.identity.models import User
from backend.kit.errors import Conflict
from backend.planning.candidates import Wishes
from backend.planning.load import Span, load_span
from backend.planning.priority import Weights
from backend.planning.search import search
from backend.planning.solver.solve import Result
from backend.planning.solver.stop import Stop
from backend.planning.travel import Provider


def plan_cycle(
    rep: User,
    weeks: Sequence[Sequence[date]],
    provider: Provider,
    weigh: Weights,
    wishes: Wishes,
    *,
    seed: int,
    stop: Callable[[int], Stop],
    found: Callable[[list[tuple[Span, Result]]], None],
) -> list[tuple[Span, Result]]:
    """Returns the plan of each week in which the rep works; `found` is told of the weeks so far as each gets better.

    `stop` is asked with the number of working days how long a week's search may go on. Raises Conflict when the rep works
    in none of the weeks."""
    made: list[tuple[Span, Result]] = []
    visited: dict[UUID, date] = {}
    refusal: Conflict | None = None
    for week in weeks:
        try:
            span = load_span(rep, week, provider, weigh, _of_week(rep, week, wishes, visited))
        except Conflict as refused:
            refusal = refused
            continue
        before = list(made)
        result = search(
            span.problem,
            seed=seed,
            stop=stop(len(span.days)),
            found=lambda better, span=span, before=before: found([*before, (span, better)]),  # type: ignore[misc]
        )
        made.append((span, result))
        for route in result.solution.routes:
            for one in route.stops:
                visited[span.candidates[one.client_id].account_id] = span.day_of[route.shift_id]
    if refusal is not None and not made:
        raise refusal
    return made


def _of_week(rep: User, week: Sequence[date], wishes: Wishes, visited: dict[UUID, date]) -> Wishes:
    """Returns the wishes that concern the week: its locks, and the pins that no earlier week has seen to."""
    zone = ZoneInfo(rep.timezone)
    locked = {one: at for one, at in wishes.locked.items() if at.astimezone(zone).date() in week}
    return replace(wishes, locked=locked, pinned=wishes.pinned - set(visited), visited=dict(visited))
