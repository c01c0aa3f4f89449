"""What hands have said of earlier plans, for the next search to keep."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
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


def _of(plans: Sequence[UUID], part: UUID | None, wishes: Wishes) -> Wishes:
    locked: dict[UUID, tuple[datetime, ...]] = {}
    pinned: set[UUID] = set()
    removed: set[UUID] = set()
    for stop in PlanStop.objects.filter(plan_id__in=plans, fixed=False).order_by("planned_start"):
        if stop.locked:
            locked[stop.account_id] = (*locked.get(stop.account_id, ()), stop.planned_start)
        if stop.pinned:
            pinned.add(stop.account_id)
    for drop in PlanDrop.objects.filter(Q(plan_id__in=plans) | Q(part_id=part, part__isnull=False), fixed=False):
        if drop.reason == DropReason.REMOVED:
            removed.add(drop.account_id)
        elif drop.pinned:
            pinned.add(drop.account_id)
    return replace(wishes, locked=locked, pinned=frozenset(pinned), removed=frozenset(removed))
