"""Propose a day, and make it visits or throw it away."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db import transaction

from backend.crm.models import Account
from backend.events import outbox
from backend.events.types import PlanAccepted
from backend.field.actions import schedule_visit
from backend.field.models import Visit, VisitSource
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.planning import rules
from backend.planning.explain import detail, unlocated_detail
from backend.planning.load import Day, load_day
from backend.planning.models import PlanDrop, PlanStatus, PlanStop, VisitPlan
from backend.planning.priority import Weights
from backend.planning.solver.solve import Reason, Result, solve
from backend.planning.solver.stop import Stop
from backend.planning.stale import absence_of, stale_stops
from backend.planning.travel import Provider
from backend.planning.travel.choose import provider_for

DEFAULT_SEED = 1


def propose_day(
    *,
    actor: Actor,
    rep: User,
    day: date,
    seed: int = DEFAULT_SEED,
    stop: Stop | None = None,
    provider: Provider | None = None,
    weights: Weights | None = None,
) -> VisitPlan:
    """Chooses and orders the rep's due visits of the day and keeps the proposal; nothing reaches a calendar yet.

    The same data, seed and limit on iterations give the same plan. Raises NotFound or NotPermitted for somebody
    else's day, Conflict when the rep does not work on it, Invalid for an odd day or seed.
    """
    rules.check_may_plan(actor, rep)
    # The search takes seconds: it runs on what was read, and holds no transaction open meanwhile.
    loaded = load_day(rep, day, provider or provider_for(rep), weights)
    result = solve(loaded.problem, seed=seed, stop=stop)
    return _keep(actor, rep, day, loaded, result)


@transaction.atomic
def _keep(actor: Actor, rep: User, day: date, loaded: Day, result: Result) -> VisitPlan:
    (route,) = result.solution.routes
    plan = VisitPlan.objects.create(
        org_id=actor.org_id,
        rep=rep,
        day=day,
        seed=result.seed,
        leave_at=loaded.at(route.leave),
        back_at=loaded.at(route.back),
        figures=figures(loaded, result),
        created_by_id=actor.user_id,
        created_at=clock.now(),
    )
    stops = []
    for position, stop in enumerate(route.stops):
        candidate = loaded.candidates[stop.client_id]
        stops.append(
            PlanStop(
                plan=plan,
                position=position,
                account_id=candidate.account_id,
                visit=candidate.visit,
                fixed=candidate.visit is not None,
                arrival=loaded.at(stop.arrival),
                planned_start=loaded.at(stop.start),
                planned_end=loaded.at(stop.leave),
                wait_seconds=stop.wait,
                prize=candidate.prize,
                why=candidate.why[:200],
            )
        )
    PlanStop.objects.bulk_create(stops)
    drops = [
        PlanDrop(
            plan=plan,
            account_id=candidate.account_id,
            reason=Reason.NO_COORDINATES,
            detail=unlocated_detail(),
            prize=candidate.prize,
            why=candidate.why[:200],
        )
        for candidate in loaded.unlocated
    ]
    for drop in result.dropped:
        candidate = loaded.candidates[drop.client_id]
        drops.append(
            PlanDrop(
                plan=plan,
                account_id=candidate.account_id,
                visit=candidate.visit,
                reason=drop.reason,
                detail=detail(loaded, candidate, drop)[:300],
                displaced_by=[loaded.candidates[name].account_id for name in drop.displaced_by],
                prize=candidate.prize,
                why=candidate.why[:200],
            )
        )
    PlanDrop.objects.bulk_create(drops)
    return plan


def figures(loaded: Day, result: Result) -> dict[str, int | float | str]:
    """Returns what the plan is worth: points, counts, and seconds on the road, at work and waiting."""
    (route,) = result.solution.routes
    return {
        "prize": result.solution.prize,
        "stops": len(route.stops),
        "dropped": len(result.dropped) + len(loaded.unlocated),
        "passedOver": loaded.passed_over,
        "travelSeconds": route.travel,
        "serviceSeconds": sum(stop.leave - stop.start for stop in route.stops),
        "waitSeconds": sum(stop.wait for stop in route.stops),
        "iterations": result.iterations,
        **loaded.travel.figures(),
    }


@transaction.atomic
def accept_plan(*, actor: Actor, plan: VisitPlan) -> list[Visit]:
    """Makes a visit of every stop, all or none, and returns the visits of the day in order, appointments among them.

    Accepting an accepted plan again returns the same visits. Raises Conflict when the plan was discarded, or when a
    stop no longer holds, naming the stops.
    """
    plan = _locked(plan)
    rules.check_may_plan(actor, plan.rep)
    if plan.status == PlanStatus.ACCEPTED:
        return visits_of(plan)
    rules.check_open(plan)
    rules.check_day(plan.day, clock.now().astimezone(ZoneInfo(plan.rep.timezone)).date())
    absence = absence_of(plan.rep, plan.day)
    if absence is not None:
        raise rules.rep_absent(absence.first_day, absence.last_day)
    stops = list(plan.stops.select_related("account", "visit").order_by("position"))
    # Two plans that share an account wait for each other here, so that the second sees the visits of the first.
    accounts = Account.objects.select_for_update(no_key=True).filter(pk__in=[stop.account_id for stop in stops])
    list(accounts.order_by("pk"))
    trouble = stale_stops(plan, stops)
    if trouble:
        raise rules.plan_stale(trouble)
    for stop in stops:
        if stop.fixed:
            continue
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
    _settle(actor, plan, PlanStatus.ACCEPTED)
    outbox.append(PlanAccepted(plan_id=plan.pk, actor_id=actor.user_id), org_id=plan.org_id)
    return visits_of(plan)


@transaction.atomic
def discard_plan(*, actor: Actor, plan: VisitPlan) -> VisitPlan:
    """Throws a proposal away; discarding it again changes nothing. Raises Conflict when it was accepted."""
    plan = _locked(plan)
    rules.check_may_plan(actor, plan.rep)
    if plan.status != PlanStatus.DISCARDED:
        rules.check_open(plan)
        _settle(actor, plan, PlanStatus.DISCARDED)
    return plan


def visits_of(plan: VisitPlan) -> list[Visit]:
    """Returns the visits of an accepted plan in its order."""
    stops = plan.stops.select_related("visit").order_by("position")
    return [stop.visit for stop in stops if stop.visit is not None]


def _locked(plan: VisitPlan) -> VisitPlan:
    return VisitPlan.objects.select_for_update(of=("self",)).select_related("rep").get(pk=plan.pk)


def _settle(actor: Actor, plan: VisitPlan, status: PlanStatus) -> None:
    plan.status = status
    plan.settled_by_id = actor.user_id
    plan.settled_at = clock.now()
    plan.save(update_fields=["status", "settled_by", "settled_at"])
