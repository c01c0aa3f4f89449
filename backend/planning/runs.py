"""Asking for the plans of many days, of one rep, a team or the whole org; the work is done by jobs (see tasks)."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.models import Role, User
from backend.jobs.port import defer
from backend.kit import clock
from backend.planning import rules, weights
from backend.planning.actions import DEFAULT_SEED
from backend.planning.models import PartState, PlanPart, PlanRun, RunKind, RunScope, RunState
from backend.planning.tasks import SOLVE_PART
from backend.territories.coverage import visible_root_kinds

WEEK_DAYS, CYCLE_DAYS = 7, 28
WEEK_SECONDS, CYCLE_SECONDS = 30.0, 120.0
MOST_SECONDS = 600.0
MOST_UNFINISHED = 5
"""Runs of one person that are not done yet; whoever wants more cancels one."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run searches: `seconds` for each rep at most (None: the kind's own), `replaces` and `based_on` as for a day."""

    seed: int = DEFAULT_SEED
    seconds: float | None = None
    replaces: bool = False
    based_on: PlanRun | None = None


def propose_week(
    *, actor: Actor, scope: RunScope, leader: User, first_day: date, options: RunOptions | None = None
) -> PlanRun:
    """Asks for the plans of the seven days from `first_day` on, all days of a rep at once; jobs make them.

    `leader`: the rep, or the manager whose people are meant. Raises NotFound and NotPermitted for people the actor may not
    plan for, Conflict when there is nobody or too much is under way, Invalid for an odd day or seed."""
    return _ask(actor, RunKind.WEEK, scope, leader, first_day, WEEK_DAYS, options or RunOptions())


def propose_call_cycle(
    *, actor: Actor, scope: RunScope, leader: User, first_day: date, options: RunOptions | None = None
) -> PlanRun:
    """Asks for the plans of four weeks, in which each account is called on as often as its tier says; else as a week."""
    return _ask(actor, RunKind.CYCLE, scope, leader, first_day, CYCLE_DAYS, options or RunOptions())


@transaction.atomic
def _ask(
    actor: Actor, kind: RunKind, scope: RunScope, leader: User, first_day: date, days: int, options: RunOptions
) -> PlanRun:
    rules.check_may_run(actor, scope, leader)
    rules.check_run_day(first_day, leader)
    rules.check_seed(options.seed)
    own = WEEK_SECONDS if kind == RunKind.WEEK else CYCLE_SECONDS
    seconds = rules.check_seconds(own if options.seconds is None else options.seconds, MOST_SECONDS)
    if options.based_on is not None:
        rules.check_same_run(options.based_on, kind, first_day)
    unfinished = PlanRun.objects.filter(
        org_id=actor.org_id, asked_by_id=actor.user_id, state__in=[RunState.WAITING, RunState.RUNNING]
    )
    rules.check_not_too_many(unfinished.count(), MOST_UNFINISHED)
    reps = reps_of(actor, scope, leader)
    if not reps:
        raise rules.nobody_to_plan()
    run = PlanRun.objects.create(
        org_id=actor.org_id,
        kind=kind,
        scope=scope,
        leader=leader,
        first_day=first_day,
        days=days,
        seed=options.seed,
        seconds=seconds,
        weights_version=weights.current(actor.org_id)[0],
        replaces=options.replaces,
        based_on=options.based_on,
        total=len(reps),
        asked_by_id=actor.user_id,
        created_at=clock.now(),
    )
    parts = [PlanPart(run=run, rep=rep) for rep in reps]
    PlanPart.objects.bulk_create(parts)
    for part in parts:
        defer(SOLVE_PART, part_id=part.pk)
    return run


def reps_of(actor: Actor, scope: RunScope, leader: User) -> list[User]:
    """Returns the reps that a run plans for, by name: the leader, those beneath, or all of the org."""
    if scope == RunScope.REP:
        return [leader]
    reps = User.objects.filter(org_id=actor.org_id, role=Role.REP, is_active=True)
    if scope == RunScope.TEAM:
        beneath = [root for root, kind in visible_root_kinds(leader.pk).items() if kind == "user"]
        reps = reps.filter(pk__in=beneath)
    return list(reps.order_by("full_name", "pk"))


@transaction.atomic
def cancel_run(*, actor: Actor, run: PlanRun) -> PlanRun:
    """Stops a run: parts not begun are not made, those under way keep the best they have. Twice changes nothing."""
    # Parts before their run, as the jobs lock them.
    waiting = run.parts.select_for_update(of=("self",)).filter(state=PartState.WAITING)
    untouched = PlanPart.objects.filter(pk__in=[part.pk for part in waiting.order_by("pk")])
    run = PlanRun.objects.select_for_update(of=("self",)).get(pk=run.pk, org_id=actor.org_id)
    rules.check_may_settle(actor, run)
    if run.state in (RunState.WAITING, RunState.RUNNING):
        now = clock.now()
        run.done += untouched.update(state=PartState.FAILED, trouble=rules.cancelled(), finished_at=now)
        run.state, run.cancelled_at = RunState.CANCELLED, now
        if run.done == run.total:
            run.finished_at = now
        run.save(update_fields=["done", "state", "cancelled_at", "finished_at"])
    return run
