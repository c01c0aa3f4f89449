"""Reading plans: those of oneself and of the people beneath."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.planning.models import PlanRun, VisitPlan
from backend.planning.rules import plan_not_found, run_not_found
from backend.territories.coverage import visible_roots_sql


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
