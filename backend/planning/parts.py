"""The rows of a run under way: a part is begun, written as it gets better, and ended; each write tells whoever watches."""

from collections.abc import Mapping
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from backend.kit import clock
from backend.planning.keeping import Origin, added_up, figures, keep_days
from backend.planning.load import Span
from backend.planning.models import DayFigures, PartState, PlanPart, PlanRun, PlanStop, RunState
from backend.planning.solver.solve import Result

Outcome: TypeAlias = tuple[Span, Result]
"""The plan of a part: all of its days."""

ENDED = (PartState.READY, PartState.FAILED, PartState.PUBLISHED)


class Taken(Exception):
    """Another part of the run holds one of these accounts already."""


@transaction.atomic
def begin(part_id: UUID) -> PlanPart | None:
    """Returns the part to be planned, marked as begun; None when it has ended, or its run was cancelled or has gone."""
    part = _locked(part_id, "rep__org", "run__based_on")
    if part is None or part.state in ENDED:
        return None
    run = part.run
    if run.state == RunState.CANCELLED and part.state == PartState.WAITING:
        return None
    part.state, part.started_at = PartState.RUNNING, clock.now()
    part.save(update_fields=["state", "started_at"])
    if run.state == RunState.WAITING:
        run.state = RunState.RUNNING
    run.save(update_fields=["state"])
    return part


def still_wanted(run_id: UUID) -> bool:
    """Says whether nobody cancelled the run."""
    return PlanRun.objects.filter(pk=run_id, cancelled_at=None).exists()


def taken_by_others(part: PlanPart) -> frozenset[UUID]:
    """Returns the accounts that other reps' finished plans of the run go to."""
    if part.run.total == 1:
        return frozenset()
    others = PlanStop.objects.filter(plan__part__run_id=part.run_id, plan__part__state__in=ENDED)
    return frozenset(others.exclude(plan__part_id=part.pk).values_list("account_id", flat=True))


@transaction.atomic
def store(origin: Origin, part: PlanPart, outcome: Outcome, *, final: bool) -> None:
    """Writes the plans of a part in place of those it had; raises Taken. A part that has ended meanwhile stays as it is."""
    locked = _locked(part.pk)
    if locked is None or locked.state in ENDED:
        return
    span, result = outcome
    accounts = {
        span.candidates[stop.client_id].account_id
        for route in result.solution.routes
        for stop in route.stops
        if not span.candidates[stop.client_id].fixed
    }
    if final and accounts & taken_by_others(part):
        raise Taken
    if locked.first_plan_at is not None:
        _forget(locked)
    locked.figures = figures(span, result)
    keep_days(origin, part.rep, span, result, locked.figures if final else None)
    if locked.first_plan_at is None:
        locked.first_plan_at = clock.now()
    if final:
        locked.state, locked.finished_at = PartState.READY, clock.now()
    locked.save(update_fields=["figures", "state", "first_plan_at", "finished_at"])
    _tell(locked, ended=final)


@transaction.atomic
def fail(part_id: UUID, code: str, message: str, fields: Mapping[str, str]) -> None:
    """Ends a part without a plan, and says why."""
    part = _locked(part_id)
    if part is None or part.state in ENDED:
        return
    _forget(part)
    part.state, part.finished_at = PartState.FAILED, clock.now()
    part.trouble = {"code": code, "message": message, "fields": dict(fields)}
    part.figures = {}
    part.save(update_fields=["state", "finished_at", "trouble", "figures"])
    _tell(part, ended=True)


def _forget(part: PlanPart) -> None:
    """Takes away what the part had so far; figures of plans that were never offered for good go with them."""
    DayFigures.objects.filter(plan__part=part).delete()
    part.plans.all().delete()
    part.drops.all().delete()


def _locked(part_id: UUID, *also: str) -> PlanPart | None:
    """Returns the part and its run, both locked, the part first: parts that end at once count themselves one after another."""
    found = PlanPart.objects.select_for_update(of=("self", "run")).select_related("run", *also)
    return found.filter(pk=part_id).first()


def _tell(part: PlanPart, *, ended: bool) -> None:
    """Adds up the run; the write itself is what wakes whoever watches."""
    run = part.run
    others = (
        [] if run.total == 1 else run.parts.exclude(pk=part.pk).exclude(figures={}).values_list("figures", flat=True)
    )
    run.figures = added_up([*([part.figures] if part.figures else []), *others])
    if ended:
        run.done += 1
        if run.done == run.total:
            run.finished_at = clock.now()
            if run.state != RunState.CANCELLED:
                run.state = RunState.DONE
    run.save(update_fields=["figures", "done", "state", "finished_at"])
