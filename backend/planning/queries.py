"""Reading plans: those of oneself and of the people beneath."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.field_rules import may_read
from backend.planning import series
from backend.planning.models import PlanPart, PlanRun, RunScope, VisitPlan
from backend.planning.rules import (
    check_days_between,
    check_may_run,
    plan_not_found,
    run_not_found,
    too_many_parts,
)
from backend.territories.coverage import user_for, visible_root_kinds, visible_roots_sql


def plans(actor: Actor) -> QuerySet[VisitPlan]:
    """Returns the plans of everybody the actor may plan for, newest first."""
    found = VisitPlan.objects.filter(org_id=actor.org_id, rep_id__in=visible_roots_sql(actor))
    return found.order_by("-created_at", "-id")


def plan_for(actor: Actor, plan_id: UUID) -> VisitPlan:
    """Returns the plan if it is of the actor or of somebody beneath; raises NotFound."""
    plan = plans(actor).filter(pk=plan_id).first()
    if plan is None:
        raise plan_not_found()
    return plan


def plans_of(actor: Actor, rep: User, day: date) -> QuerySet[VisitPlan]:
    """Returns the plans of one rep and day that the actor may see, newest first."""
    return plans(actor).filter(rep=rep, day=day)


def runs(actor: Actor) -> QuerySet[PlanRun]:
    """Returns the runs for people the actor may plan for, newest first."""
    found = PlanRun.objects.filter(org_id=actor.org_id, leader_id__in=visible_roots_sql(actor))
    return found.order_by("-created_at", "-id")


def run_for(actor: Actor, run_id: UUID) -> PlanRun:
    """Returns the run if its people are the actor's; raises NotFound."""
    run = runs(actor).filter(pk=run_id).first()
    if run is None:
        raise run_not_found()
    return run


def parts(actor: Actor) -> QuerySet[PlanPart]:
    """Returns the parts of runs that are of people the actor may plan for."""
    return PlanPart.objects.filter(run__org_id=actor.org_id, rep_id__in=visible_roots_sql(actor))


def part_for(actor: Actor, part_id: UUID) -> PlanPart:
    """Returns one rep's part of a run if the actor may plan for that rep; raises NotFound."""
    found = parts(actor).filter(pk=part_id).first()
    if found is None:
        raise run_not_found()
    return found


def parts_for(actor: Actor, run: PlanRun, part_ids: Collection[UUID] | None, most: int) -> list[PlanPart]:
    """Returns the parts of a run that the actor may plan for, those named or all; raises NotFound for one that is none of
    these, Invalid for more than `most`."""
    parts = run.parts.filter(rep_id__in=visible_roots_sql(actor)).order_by("rep__full_name", "pk")
    if part_ids is not None:
        parts = parts.filter(pk__in=part_ids)
    found = list(parts[: most + 1])
    if len(found) > most:
        raise too_many_parts(most)
    if part_ids is not None and len(found) < len(set(part_ids)):
        raise run_not_found()
    return found


def reps_for(actor: Actor, rep_id: UUID | None, scope: RunScope) -> list[UUID]:
    """Returns the person, or those beneath, or everybody of the org, as far as the actor may plan for them."""
    leader = user_for(actor, rep_id or actor.user_id)
    check_may_run(actor, scope, leader)
    if scope == RunScope.REP:
        return [leader.pk]
    people = User.objects.filter(org_id=actor.org_id)
    if scope == RunScope.TEAM:
        people = people.filter(pk__in=[root for root, kind in visible_root_kinds(leader.pk).items() if kind == "user"])
    return list(people.values_list("pk", flat=True))


def figures_of(
    actor: Actor, reps: Sequence[UUID], first: date, last: date, *, published: bool = True
) -> list[series.Point]:
    """Returns the series of these reps (see reps_for); nothing for a role from which worth is hidden."""
    check_days_between(first, last, series.MOST_DAYS)
    if not may_read(VisitPlan, actor.role, "figures"):
        return []
    return series.series(actor.org_id, reps, first, last, published=published)
