"""A proposal becomes visits: all stops or none, once, and only while it still holds; phones get them by pull."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db import transaction

from backend.crm.models import Account
from backend.events import outbox
from backend.events.types import PlanAccepted
from backend.field.actions import edit_visit, leave_undone, schedule_visit
from backend.field.lifecycle import VisitState
from backend.field.models import Visit, VisitSource
from backend.identity.actor import Actor
from backend.kit import clock
from backend.planning import rules
from backend.planning.actions import locked_plan, settle
from backend.planning.models import DayFigures, PartState, PlanDrop, PlanPart, PlanStatus, PlanStop, VisitPlan
from backend.planning.stale import absence_of, stale_stops

GIVEN_UP = "Given up when the day was planned anew."


@transaction.atomic
def accept_plan(*, actor: Actor, plan: VisitPlan, replace: bool = False) -> list[Visit]:
    """Makes a visit of every stop, all or none, and returns the visits of the day in order, appointments among them.

    Accepting an accepted plan again returns the same visits. Raises Conflict when the plan was discarded, when a stop
    no longer holds (naming the stops), or when visits of an earlier plan would move or go and `replace` is not given.
    """
    plan = locked_plan(plan)
    rules.check_may_plan(actor, plan.rep)
    if plan.status == PlanStatus.ACCEPTED:
        return visits_of(plan)
    _publish(actor, [plan], list(plan.drops.select_related("visit")), replace)
    return visits_of(plan)


@transaction.atomic
def publish_part(*, actor: Actor, part: PlanPart, replace: bool = False) -> list[Visit]:
    """Makes visits of all days of one rep's part, all or none; days that were accepted or discarded before stay so.

    Publishing again returns the same visits. Raises as `accept_plan`, with the day before each stop it names, and Conflict
    for a part that has no plans yet."""
    part = PlanPart.objects.select_for_update(of=("self",)).select_related("rep", "run").get(pk=part.pk)
    rules.check_may_plan(actor, part.rep)
    rules.check_part_ready(part)
    plans = list(part.plans.select_for_update(of=("self",)).select_related("rep").order_by("day", "pk"))
    waiting = [plan for plan in plans if plan.status == PlanStatus.PROPOSED]
    if part.state != PartState.PUBLISHED:
        _publish(actor, waiting, list(part.drops.select_related("visit")), replace)
        part.state, part.trouble = PartState.PUBLISHED, {}
        part.save(update_fields=["state", "trouble"])
    return [visit for plan in plans if plan.status == PlanStatus.ACCEPTED for visit in visits_of(plan)]


def _publish(actor: Actor, plans: Sequence[VisitPlan], drops: Sequence[PlanDrop], replace: bool) -> None:
    for plan in plans:
        rules.check_open(plan)
        rules.check_day(plan.day, clock.now().astimezone(ZoneInfo(plan.rep.timezone)).date())
        absence = absence_of(plan.rep, plan.day)
        if absence is not None:
            raise rules.rep_absent(absence.first_day, absence.last_day)
    found = PlanStop.objects.filter(plan__in=plans).select_related("account", "visit").order_by("position")
    stops: dict[VisitPlan, list[PlanStop]] = {plan: [] for plan in plans}
    by_key = {plan.pk: plan for plan in plans}
    for stop in found:
        stops[by_key[stop.plan_id]].append(stop)
    given_up = [drop.visit for drop in drops if drop.visit is not None and not drop.fixed]
    moved = [stop for some in stops.values() for stop in some if stop.visit is not None and not stop.fixed]
    if (moved or given_up) and not replace:
        raise rules.replaces_visits(len(moved), len(given_up))
    # Two plans that share an account wait for each other here, so that the second sees the visits of the first.
    wanted = {stop.account_id for some in stops.values() for stop in some}
    accounts = Account.objects.select_for_update(no_key=True).filter(pk__in=wanted)
    list(accounts.order_by("pk"))
    ours = [visit.pk for visit in (*given_up, *(stop.visit for stop in moved if stop.visit is not None))]
    trouble = {
        f"{plan.day}.stops[{position}]" if plan.part_id else f"stops[{position}]": words
        for plan, some in stops.items()
        for position, words in stale_stops(plan, some, ours).items()
    }
    if trouble:
        raise rules.plan_stale(trouble)
    for visit in given_up:
        if visit.state == VisitState.PLANNED:
            leave_undone(actor=actor, visit=visit, state=VisitState.CANCELLED, reason=GIVEN_UP)
    for plan, some in stops.items():
        for stop in some:
            _put_down(actor, plan, stop)
        settle(actor.user_id, plan, PlanStatus.ACCEPTED)
        outbox.append(PlanAccepted(plan_id=plan.pk, actor_id=actor.user_id), org_id=plan.org_id)
    DayFigures.objects.filter(plan__in=plans).update(published=True)


def _put_down(actor: Actor, plan: VisitPlan, stop: PlanStop) -> None:
    """Puts one stop into the calendar, as a new visit or in place of an earlier plan's."""
    if stop.fixed:
        return
    if stop.visit is not None:
        times = {"planned_start": stop.planned_start, "planned_end": stop.planned_end}
        if (stop.visit.planned_start, stop.visit.planned_end) != tuple(times.values()):
            edit_visit(actor=actor, visit=stop.visit, changes=times)
        return
    stop.visit = schedule_visit(
        actor=actor,
        account=stop.account,
        rep=plan.rep,
        start=stop.planned_start,
        end=stop.planned_end,
        source=VisitSource.PLAN,
        plan_id=plan.pk,
    )
    stop.save(update_fields=["visit"])


def visits_of(plan: VisitPlan) -> list[Visit]:
    """Returns the visits of an accepted plan in its order."""
    stops = plan.stops.select_related("visit").order_by("position")
    return [stop.visit for stop in stops if stop.visit is not None]
