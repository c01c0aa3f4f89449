"""What planning allows, and the errors it raises."""

from collections.abc import Mapping
from datetime import date, timedelta

from backend.field.rules import check_may_plan_for
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.errors import Conflict, Invalid, NotFound
from backend.planning.models import PlanStatus, VisitPlan
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


def plan_stale(stops: Mapping[int, str]) -> Conflict:
    """The world moved on since the plan was made; `stops` says which positions no longer hold and why."""
    return Conflict(
        "PLAN_STALE",
        "The plan no longer holds: propose the day again.",
        fields={f"stops[{position}]": trouble for position, trouble in stops.items()},
    )
