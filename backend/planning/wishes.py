"""What hands have said of earlier plans, for the next search to keep."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from backend.identity.models import User
from backend.planning.candidates import Wishes
from backend.planning.models import DropReason, PlanDrop, PlanRun, PlanStop, VisitPlan


def wishes_of_plan(plan: VisitPlan | None, wishes: Wishes) -> Wishes:
    """Returns the wishes with the locks, pins and removals of a day's plan added."""
    return wishes if plan is None else _of([plan.pk], None, wishes)


def wishes_of_run(run: PlanRun | None, rep: User, wishes: Wishes) -> Wishes:
    """Returns the wishes with what was said of the rep's plans in a run added."""
    if run is None:
        return wishes
    part = run.parts.filter(rep=rep).first()
    if part is None:
        return wishes
    return _of(list(part.plans.values_list("pk", flat=True)), part.pk, wishes)


def named_for_others(run: PlanRun | None, rep: User, own: Collection[UUID]) -> frozenset[UUID]:
    """Returns the accounts that hands have locked or pinned for other reps of an earlier run: they are not to be taken by who
    is planned first. What they have named for this rep too (`own`) is whoever's ends first."""
    if run is None or run.total == 1:
        return frozenset()
    kept = Q(locked=True) | Q(day_locked=True) | Q(pinned=True)
    stops = PlanStop.objects.filter(kept, plan__part__run=run, fixed=False).exclude(plan__rep=rep)
    drops = PlanDrop.objects.filter(part__run=run, pinned=True, fixed=False).exclude(part__rep=rep)
    ids = {*stops.values_list("account_id", flat=True), *drops.values_list("account_id", flat=True)}
    return frozenset(ids.difference(own))


def _of(plans: Sequence[UUID], part: UUID | None, wishes: Wishes) -> Wishes:
    locked: dict[UUID, tuple[datetime, ...]] = {}
    days: dict[UUID, tuple[date, ...]] = {}
    pinned: set[UUID] = set()
    removed: dict[UUID, tuple[date, ...]] = {}
    stops = PlanStop.objects.filter(plan_id__in=plans, fixed=False).select_related("plan")
    for stop in stops.order_by("planned_start"):
        if stop.locked:
            locked[stop.account_id] = (*locked.get(stop.account_id, ()), stop.planned_start)
        if stop.day_locked:
            days[stop.account_id] = (*days.get(stop.account_id, ()), stop.plan.day)
        if stop.pinned:
            pinned.add(stop.account_id)
    for drop in PlanDrop.objects.filter(Q(plan_id__in=plans) | Q(part_id=part, part__isnull=False), fixed=False):
        if drop.pinned:
            # Also of one that was taken out before: what was said last counts.
            pinned.add(drop.account_id)
        elif drop.reason == DropReason.REMOVED:
            on = () if drop.removed_from is None else (drop.removed_from,)
            removed[drop.account_id] = (*removed.get(drop.account_id, ()), *on)
    return replace(wishes, locked=locked, days=days, pinned=frozenset(pinned), removed=removed)
