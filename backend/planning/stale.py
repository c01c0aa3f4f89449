"""What has changed under a plan since it was proposed."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from backend.crm.models import Account, Lifecycle
from backend.field.agenda import agenda
from backend.field.lifecycle import VisitState
from backend.field.models import Absence, Visit
from backend.field.queries import day_bounds
from backend.identity.models import User
from backend.kit import clock
from backend.planning.models import PlanStop, VisitPlan
from backend.territories.coverage import visible_root_kinds

UNDER_WAY = (VisitState.EN_ROUTE, VisitState.IN_PROGRESS)
AHEAD = (VisitState.PLANNED, *UNDER_WAY)


def absence_of(rep: User, day: date) -> Absence | None:
    """Returns the absence that covers the whole day, if there is one."""
    return Absence.objects.filter(user=rep, deleted_at=None, first_day__lte=day, last_day__gte=day, starts=None).first()


def stale_stops(plan: VisitPlan, stops: Sequence[PlanStop], ours: Sequence[UUID] = ()) -> dict[int, str]:
    """Returns position -> what no longer holds; as many queries for many stops as for one.

    `ours`: visits that the plan itself moves or gives up."""
    made = [stop for stop in stops if not stop.fixed]
    ids = [stop.account_id for stop in made]
    covered = visible_root_kinds(plan.rep_id)
    closed = set(
        Account.objects.filter(pk__in=ids)
        .exclude(deleted_at=None, lifecycle__in=[one for one in Lifecycle.values if one != Lifecycle.CLOSED])
        .values_list("pk", flat=True)
    )
    start, end = day_bounds(plan.rep, plan.day)
    seen = _seen_otherwise(plan, ids, start, ours)
    now = clock.now()
    visits = Visit.objects.filter(
        rep=plan.rep, deleted_at=None, state__in=AHEAD, planned_start__lt=end, planned_end__gt=start
    )
    calendar = [span_of(visit, now) for visit in visits.exclude(pk__in=ours)]
    taken = [(one.start, one.end) for one in agenda(plan.rep, start, end)]
    trouble: dict[int, str] = {}
    for stop in made:
        if covered.get(stop.account_id) != "account":
            trouble[stop.position] = "the account is no longer the rep's"
        elif stop.account_id in closed:
            trouble[stop.position] = "the account is closed"
        elif stop.visit is not None and (stop.visit.state != VisitState.PLANNED or stop.visit.deleted_at is not None):
            trouble[stop.position] = "its visit was begun, or given up"
        elif stop.account_id in seen:
            trouble[stop.position] = seen[stop.account_id]
        elif any(begins < stop.planned_end and ends > stop.planned_start for begins, ends in calendar):
            trouble[stop.position] = "the rep has another visit at that time"
        elif any(begins < stop.planned_end and ends > stop.planned_start for begins, ends in taken):
            trouble[stop.position] = "the rep has an appointment at that time"
        elif stop.planned_start < now:
            trouble[stop.position] = "its time is over"
    return trouble


def span_of(visit: Visit, now: datetime) -> tuple[datetime, datetime]:
    """Returns the time that a visit takes: one under way from when it was begun, whenever it was planned for."""
    if visit.state not in UNDER_WAY:
        return visit.planned_start, visit.planned_end
    begun = visit.started_at or max(visit.planned_start, now)
    return begun, begun + (visit.planned_end - visit.planned_start)


def _seen_otherwise(
    plan: VisitPlan, account_ids: Sequence[UUID], start: datetime, ours: Sequence[UUID]
) -> dict[UUID, str]:
    """Returns the accounts that have a visit ahead, or were visited after the plan was made, with which of the two."""
    visits = Visit.objects.filter(account_id__in=account_ids, deleted_at=None).filter(
        Q(state__in=AHEAD, planned_start__gte=start) | Q(state=VisitState.COMPLETED, ended_at__gt=plan.created_at)
    )
    visits = visits.exclude(pk__in=ours)
    if plan.part_id is not None:
        # The other weeks of a call cycle come to the same account again.
        siblings = VisitPlan.objects.filter(part_id=plan.part_id).exclude(pk=plan.pk).values("pk")
        visits = visits.exclude(plan_id__isnull=False, plan_id__in=siblings)
    return {
        account_id: "was visited since" if state == VisitState.COMPLETED else "a visit is planned already"
        for account_id, state in visits.values_list("account_id", "state")
    }
