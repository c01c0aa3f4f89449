"""Hands on a proposal: lock, pin, take out, put in, move. Each change is timed anew and judged by the referee."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.kit import clock
from backend.planning import rules
from backend.planning.actions import locked_plan
from backend.planning.explain import removed_detail
from backend.planning.models import DropReason, PlanDrop, PlanStop, RunKind, VisitPlan
from backend.planning.timing import Timed, rewritten, timed
from backend.territories.coverage import account_for


@transaction.atomic
def lock_stop(
    *, actor: Actor, plan: VisitPlan, account_id: UUID, locked: bool = True, whole_day: bool = False
) -> VisitPlan:
    """Keeps a stop on its day at its time, whatever else changes and in every later search based on this plan; or no more.

    With `whole_day` it keeps its day and its rep only, and goes to whatever time of the day suits the others."""
    plan = _open(actor, plan)
    stop = _stop(plan, account_id)
    rules.check_not_fixed(stop)
    stop.locked, stop.day_locked = locked and not whole_day, locked and whole_day
    stop.save(update_fields=["locked", "day_locked"])
    return _edited(plan)


@transaction.atomic
def pin_account(*, actor: Actor, plan: VisitPlan, account_id: UUID, pinned: bool = True) -> VisitPlan:
    """Says that an account must be visited, at whatever time: a stop is not taken out then, and a later search based on this
    plan puts in who was left out, before any prize."""
    plan = _open(actor, plan)
    stop = plan.stops.filter(account_id=account_id, fixed=False).first()
    row = stop or _drop(plan, account_id)
    row.pinned = pinned
    row.save(update_fields=["pinned"])
    return _edited(plan)


@transaction.atomic
def remove_stop(*, actor: Actor, plan: VisitPlan, account_id: UUID) -> VisitPlan:
    """Takes a stop out, for this time: it stands among those left out, and no later search based on this plan brings it back.
    Other rounds of the account, in a call cycle, stay.

    Raises Conflict for an appointment, a pinned or a locked stop."""
    plan = _open(actor, plan)
    stop = _stop(plan, account_id)
    rules.check_removable(stop)
    day = timed(plan, [one for one in _order(plan) if one.pk != stop.pk])
    PlanDrop.objects.create(
        plan=None if plan.part_id else plan,
        part=plan.part,
        account_id=stop.account_id,
        visit=stop.visit,
        reason=DropReason.REMOVED,
        detail=removed_detail(),
        removed_from=plan.day,
        overdue=stop.overdue,
        prize=stop.prize,
        why=stop.why,
    )
    rewritten(plan, day)
    return _edited(plan)


@transaction.atomic
def add_stop(*, actor: Actor, plan: VisitPlan, account_id: UUID, position: int | None = None) -> VisitPlan:
    """Puts an account in, due or not, before stop number `position`; without one where it costs the least way.

    Raises NotFound for an account the actor does not see, Conflict (STOP_DOES_NOT_FIT) naming what would break."""
    plan = _open(actor, plan)
    account = account_for(actor, account_id)
    order = _order(plan)
    if any(stop.account_id == account.pk for stop in order):
        raise rules.already_in()
    new = PlanStop(plan=plan, account=account, pinned=False, fixed=False)
    day = _with(plan, order, new, position)
    _put_in(plan, account.pk)
    rewritten(plan, day)
    return _edited(plan)


@transaction.atomic
def move_stop(
    *, actor: Actor, plan: VisitPlan, account_id: UUID, to: VisitPlan | None = None, position: int | None = None
) -> VisitPlan:
    """Moves a stop before number `position` of its own plan, or of the plan `to`: of another day, or of another rep of the
    same run. Without a position, where it costs the least way. Returns the plan where it is then.

    Raises Conflict for an appointment or a locked stop, for a rep who does not cover the account, and
    (STOP_DOES_NOT_FIT) naming what would break."""
    goal = to or plan
    for one in sorted({plan.pk: plan, goal.pk: goal}.values(), key=lambda one: str(one.pk)):
        _open(actor, one)
    plan, goal = locked_plan(plan), locked_plan(goal)
    stop = _stop(plan, account_id)
    rules.check_movable(stop)
    rest = [one for one in _order(plan) if one.pk != stop.pk]
    if goal.pk == plan.pk:
        rewritten(plan, _with(plan, rest, stop, position))
        return _edited(plan)
    rules.check_leaves_day(stop)
    rules.check_same_whole(plan, goal)
    rules.check_moves_freely(stop, plan, goal)
    order = _order(goal)
    if any(one.account_id == account_id for one in order):
        raise rules.already_in()
    there = _with(goal, order, stop, position)
    rewritten(plan, timed(plan, rest))
    rewritten(goal, there)
    _edited(plan)
    return _edited(goal)


def _with(plan: VisitPlan, order: Sequence[PlanStop], new: PlanStop, position: int | None) -> Timed:
    """Returns the day with one more stop, at the place asked for, or at the best one."""
    if position is not None:
        rules.check_position(position, len(order))
        return timed(plan, [*order[:position], new, *order[position:]])
    return timed(plan, order, insert=new)


def _open(actor: Actor, plan: VisitPlan) -> VisitPlan:
    plan = locked_plan(plan)
    rules.check_may_plan(actor, plan.rep)
    rules.check_open(plan)
    return plan


def _order(plan: VisitPlan) -> list[PlanStop]:
    return list(plan.stops.select_related("account", "visit").order_by("position"))


def _stop(plan: VisitPlan, account_id: UUID) -> PlanStop:
    found = [stop for stop in _order(plan) if stop.account_id == account_id]
    if not found:
        raise rules.stop_not_found()
    # An account with an appointment and a stop of its own besides: the stop is what hands may touch.
    return min(found, key=lambda stop: stop.fixed)


def _drop(plan: VisitPlan, account_id: UUID) -> PlanDrop:
    found = _drops(plan).filter(account_id=account_id, fixed=False).first()
    if found is None:
        raise rules.stop_not_found()
    return found


def _put_in(plan: VisitPlan, account_id: UUID) -> None:
    """Takes an account off those left out, now that it is in; in a call cycle, once: the visit that was taken out next to the
    day before any other."""
    drops = _drops(plan).filter(account_id=account_id, fixed=False)
    if plan.part is None or plan.part.run.kind != RunKind.CYCLE:
        drops.delete()
        return

    def apart(drop: PlanDrop) -> tuple[bool, int]:
        return drop.removed_from is None, abs(((drop.removed_from or plan.day) - plan.day).days)

    waiting = list(drops.order_by("pk"))
    if waiting:
        min(waiting, key=apart).delete()


def _drops(plan: VisitPlan) -> QuerySet[PlanDrop]:
    return plan.part.drops.all() if plan.part is not None else plan.drops.all()


def _edited(plan: VisitPlan) -> VisitPlan:
    plan.edited_at = clock.now()
    plan.save(update_fields=["edited_at"])
    return plan
