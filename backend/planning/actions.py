"""Propose a day, or what is left of one, and throw a proposal away."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.planning import rules, weights
from backend.planning.candidates import Wishes
from backend.planning.keeping import Origin, keep_day
from backend.planning.load import load_span
from backend.planning.models import PlanStatus, VisitPlan
from backend.planning.priority import Weights
from backend.planning.solver.engine import is_ready
from backend.planning.solver.solve import solve
from backend.planning.solver.stop import DEFAULT_ITERATIONS, QUICK_ITERATIONS, Stop
from backend.planning.travel import Provider
from backend.planning.travel.choose import provider_for
from backend.planning.wishes import wishes_of_plan

DEFAULT_SEED = 1


def propose_day(
    *,
    actor: Actor,
    rep: User,
    day: date,
    seed: int = DEFAULT_SEED,
    stop: Stop | None = None,
    provider: Provider | None = None,
    weigh: Weights | None = None,
    based_on: VisitPlan | None = None,
    replaces: bool = False,
) -> VisitPlan:
    """Chooses and orders the rep's due visits of the day and keeps the proposal; nothing reaches a calendar yet.

    `based_on`: an earlier plan of the day, whose locks, pins and removals are kept. `replaces`: visits that an earlier plan
    put into the calendar, and nobody began, may be moved or given up.
    The same data, seed and limit on iterations give the same plan. Raises NotFound or NotPermitted for somebody
    else's day, Conflict when the rep does not work on it, Invalid for an odd day or seed.
    """
    rules.check_may_plan(actor, rep)
    if based_on is not None:
        rules.check_same_day(based_on, rep, day)
    wishes = wishes_of_plan(based_on, Wishes(replaces=replaces))
    return _propose(actor, rep, day, wishes, seed, stop, provider, weigh, based_on)


def replan_from_here(
    *,
    actor: Actor,
    rep: User,
    here: LatLng,
    seed: int = DEFAULT_SEED,
    stop: Stop | None = None,
    provider: Provider | None = None,
) -> VisitPlan:
    """Proposes the rest of the rep's day from where they stand: a visit under way stays as it is, appointments stay at their
    time, the other visits of today's plan are put into a new order and kept if at all possible.

    Publishing moves them. Raises as `propose_day` does."""
    rules.check_may_plan(actor, rep)
    today = clock.now().astimezone(ZoneInfo(rep.timezone)).date()
    wishes = Wishes(replaces=True, keeps=True, here=here)
    return _propose(actor, rep, today, wishes, seed, stop, provider, None, None)


def _propose(
    actor: Actor,
    rep: User,
    day: date,
    wishes: Wishes,
    seed: int,
    stop: Stop | None,
    provider: Provider | None,
    weigh: Weights | None,
    based_on: VisitPlan | None,
) -> VisitPlan:
    # The search takes seconds: it runs on what was read, and holds no transaction open meanwhile.
    version, weighs = (0, weigh) if weigh is not None else weights.current(actor.org_id)
    span = load_span(rep, [day], provider or provider_for(rep), weighs, wishes)
    result = solve(span.problem, seed=seed, stop=stop or patience(len(span.problem.clients)))
    origin = Origin(
        actor.org_id, actor.user_id, seed, weights_version=version, based_on=based_on, replaces=wishes.replaces
    )
    with transaction.atomic():
        return keep_day(origin, rep, span, result)


def patience(clients: int) -> Stop:
    """Returns how long somebody who waits for a day is let wait: the iterations of the engine, about a second of work, so that
    the same day gives the same plan; and on a machine that is much too busy for them some seconds, after which any plan is
    better than none."""
    iterations = QUICK_ITERATIONS if is_ready() else DEFAULT_ITERATIONS
    return Stop(iterations=iterations, seconds=max(6.0, 0.1 * clients))


@transaction.atomic
def discard_plan(*, actor: Actor, plan: VisitPlan) -> VisitPlan:
    """Throws a proposal away; discarding it again changes nothing. Raises Conflict when it was accepted."""
    plan = locked_plan(plan)
    rules.check_may_plan(actor, plan.rep)
    if plan.status != PlanStatus.DISCARDED:
        rules.check_open(plan)
        settle(actor.user_id, plan, PlanStatus.DISCARDED)
    return plan


def locked_plan(plan: VisitPlan) -> VisitPlan:
    """Returns the plan as it stands, locked until the transaction ends."""
    return VisitPlan.objects.select_for_update(of=("self",)).select_related("rep").get(pk=plan.pk)


def settle(user_id: UUID, plan: VisitPlan, status: PlanStatus) -> None:
    """Writes what became of a proposal."""
    plan.status = status
    plan.settled_by_id = user_id
    plan.settled_at = clock.now()
    plan.save(update_fields=["status", "settled_by", "settled_at"])
