"""What planning allows, and the errors it raises."""

from collections.abc import Mapping
from datetime import date, timedelta

from backend.field.rules import check_may_plan_for
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.errors import Conflict, Invalid, NotFound
from backend.planning.models import PartState, PlanPart, PlanStatus, VisitPlan
from backend.territories.coverage import user_for

FARTHEST = timedelta(days=366)


def plan_not_found() -> NotFound:
    """No such plan, or none the caller may see."""
    return NotFound("PLAN_NOT_FOUND", "There is no such plan for you.", fields={"planId": "not found"})


def check_may_plan(actor: Actor, rep: User) -> None:
    """A rep plans their own day; managers and admins those of the people beneath them; nobody else's exist for them."""
    user_for(actor, rep.pk)
    check_may_plan_for(actor, rep.pk)


def check_day(day: date, today: date) -> None:
    """Refuses a day that is over for the rep, and one more than a year ahead."""
    if day < today:
        raise Invalid("DAY_PAST", "That day is over.", fields={"day": "in the past"})
    if day > today + FARTHEST:
        raise Invalid("DAY_FAR", "A day is planned at most a year ahead.", fields={"day": "more than a year ahead"})


def rep_absent(first: date, last: date) -> Conflict:
    """The rep is away on the day."""
    return Conflict("REP_ABSENT", f"The rep is absent from {first} to {last}.", fields={"day": "the rep is absent"})


def no_working_hours() -> Conflict:
    """The rep does not work on that weekday."""
    return Conflict("NO_WORKING_HOURS", "The rep has no working hours on that day.", fields={"day": "no working hours"})


def day_over() -> Conflict:
    """Nothing is left of the rep's hours today."""
    return Conflict("DAY_OVER", "The rep's working hours are over.", fields={"day": "working hours are over"})


def start_unknown() -> Conflict:
    """A round needs somewhere to begin and to end."""
    return Conflict(
        "START_UNKNOWN", "Nobody has said where the rep starts the day.", fields={"repId": "no starting point"}
    )


def check_open(plan: VisitPlan) -> None:
    """Refuses a plan that has been accepted or discarded."""
    if plan.status != PlanStatus.PROPOSED:
        raise Conflict("PLAN_SETTLED", f"The plan is {plan.status} already.", fields={"planId": f"is {plan.status}"})


def plan_stale(stops: Mapping[str, str]) -> Conflict:
    """The world moved on since the plan was made; `stops` says which no longer hold (stops[2]) and why."""
    return Conflict(
        "PLAN_STALE",
        "The plan no longer holds: propose the day again.",
        fields=dict(stops),
    )


def replaces_visits(moved: int, given_up: int) -> Conflict:
    """The plan was made to replace visits of an earlier one, and publishing it was not asked to."""
    return Conflict(
        "REPLACES_VISITS",
        f"Publishing would move {moved} visits of an earlier plan and give up {given_up}; ask for it.",
        fields={"replace": f"moves {moved}, gives up {given_up}"},
    )


def check_same_day(plan: VisitPlan, rep: User, day: date) -> None:
    """Refuses to base a day's plan on that of another rep or day."""
    if (plan.rep_id, plan.day) != (rep.pk, day):
        raise Invalid("OTHER_DAY", "That plan is another's, or of another day.", fields={"basedOn": "another day"})


def check_part_ready(part: PlanPart) -> None:
    """Refuses to publish what has not been planned."""
    if part.state not in (PartState.READY, PartState.PUBLISHED):
        raise Conflict("NO_PLAN_YET", "There is no plan to publish.", fields={"runId": f"is {part.state}"})


def run_not_found() -> NotFound:
    """No such run, or none the caller may see."""
    return NotFound("PLAN_RUN_NOT_FOUND", "There is no such run for you.", fields={"runId": "not found"})
