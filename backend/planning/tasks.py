"""What jobs do for planning: a rep's part of a run, and forgetting old proposals."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings

from backend.jobs.port import LOW, URGENT, Schedule, Task
from backend.kit import clock
from backend.kit.errors import Conflict, DomainError
from backend.planning import weights
from backend.planning.candidates import Wishes
from backend.planning.keeping import Origin
from backend.planning.load import load_span
from backend.planning.models import PlanPart, PlanRun, PlanStatus, RunKind, VisitPlan
from backend.planning.parts import Outcome, Taken, begin, fail, still_wanted, store, taken_by_others
from backend.planning.priority import Weights
from backend.planning.publishing_runs import PUBLISH_PART
from backend.planning.search import search
from backend.planning.solver.engine import is_warm
from backend.planning.solver.stop import Stop
from backend.planning.travel.choose import provider_for
from backend.planning.wishes import named_for_others, wishes_of_run

ITERATIONS_A_DAY = 1_000
QUICKER = 20
"""So many iterations of our own search take the time of one of the library's."""
ASKED_EVERY = 0.3
STORED_EVERY = 1.0
MOST_TRIES = 5
PRUNED_AT_ONCE = 500


def solve_part(*, part_id: UUID) -> None:
    """Plans one rep's days of a run. Run again after a kill it begins anew, and what it wrote then is replaced.

    A refusal (no working hours, no starting point) is the part's end, and told there."""
    part = begin(part_id)
    if part is None:
        return
    try:
        _solve(part)
    except DomainError as refusal:
        fail(part_id, refusal.code, refusal.message, refusal.fields)


def give_part_up(*, part_id: UUID) -> None:
    """Tells that the part could not be made, whatever it was that failed."""
    fail(part_id, "PLANNING_FAILED", "Planning failed; the log of the server says why.", {})


def _solve(part: PlanPart) -> None:
    run = part.run
    weigh = weights.of_version(run.org_id, run.weights_version)
    origin = Origin(run.org_id, run.asked_by_id, run.seed, run.weights_version, part=part, replaces=run.replaces)
    for _ in range(MOST_TRIES):
        wishes = wishes_of_run(run.based_on, part.rep, Wishes(replaces=run.replaces))
        promised = named_for_others(run.based_on, part.rep, wishes.named)
        wishes = replace(wishes, taken=taken_by_others(part) | promised)
        keeper = _Keeper(origin, part)
        outcome = _planned(part, weigh, replace(wishes, again=run.kind == RunKind.CYCLE), keeper.found)
        try:
            store(origin, part, outcome, final=True)
        except Taken:
            # Another rep of the run got one of these accounts first; without those, once more.
            continue
        return
    raise Conflict("ACCOUNTS_TAKEN", "Other reps' plans of the run took these accounts again and again.")


def _planned(part: PlanPart, weigh: Weights, wishes: Wishes, found: Callable[[Outcome], None]) -> Outcome:
    run = part.run
    span = load_span(part.rep, days_of(run), provider_for(part.rep), weigh, wishes)
    stop = _stop(run, len(span.days), run.seconds)
    last = search(span.problem, seed=run.seed, stop=stop, found=lambda result: found((span, result)))
    return span, last


def days_of(run: PlanRun) -> list[date]:
    """Returns the calendar days of a run."""
    return [run.first_day + timedelta(days=number) for number in range(run.days)]


def _stop(run: PlanRun, days: int, seconds: float) -> Stop:
    """Returns when a search ends: by iterations, so that it can be repeated, unless time runs out or somebody cancels."""
    asked, wanted = 0.0, True

    def cancelled() -> bool:
        nonlocal asked, wanted
        if wanted and time.monotonic() - asked > ASKED_EVERY:
            asked, wanted = time.monotonic(), still_wanted(run.pk)
        return not wanted

    iterations = ITERATIONS_A_DAY * days * (QUICKER if is_warm() else 1)
    return Stop(iterations=iterations, seconds=seconds, signal=cancelled)


class _Keeper:
    """Writes down better plans while the search goes on, the first at once and then not too often."""

    def __init__(self, origin: Origin, part: PlanPart) -> None:
        self._origin = origin
        self._part = part
        self._stored = float("-inf")

    def found(self, outcome: Outcome) -> None:
        """Takes note of a better plan."""
        now = time.monotonic()
        if now - self._stored >= STORED_EVERY:
            store(self._origin, self._part, outcome, final=False)
            self._stored = now


def prune_proposals() -> int:
    """Forgets proposals and discarded plans of days gone by that nobody published; their figures stay. Returns how many."""
    before = clock.now() - timedelta(days=settings.PLAN_DAYS)
    old = VisitPlan.objects.exclude(status=PlanStatus.ACCEPTED).filter(created_at__lt=before)
    gone = 0
    while ids := list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        gone += VisitPlan.objects.filter(pk__in=ids).delete()[1].get("planning.VisitPlan", 0)
    PlanRun.objects.filter(created_at__lt=before).exclude(parts__plans__isnull=False).delete()
    return gone


SOLVE_PART = Task("planning.solve_part", solve_part, priority=URGENT, gave_up=give_part_up)
PRUNE = Task("planning.prune_proposals", prune_proposals, priority=LOW)
TASKS = (SOLVE_PART, PUBLISH_PART, PRUNE)
SCHEDULES = (Schedule(PRUNE, "17 3 * * *"),)
