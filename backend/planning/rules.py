"""What planning allows, and the errors it raises."""

from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from backend.field.rules import check_may_plan_for
from backend.identity.actor import Actor
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.planning.models import PartState, PlanPart, PlanRun, PlanStatus, PlanStop, RunKind, RunScope, VisitPlan
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


def rep_on_holiday(name: str) -> Conflict:
    """The day is a holiday of the rep's."""
    return Conflict("HOLIDAY", f"That day is a holiday: {name}.", fields={"day": "a holiday"})


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


def check_run_planned(run: PlanRun) -> None:
    """Refuses to publish all of a run while parts of it are still planned."""
    if run.finished_at is None:
        words = "Some are still planned; wait for them, cancel the run, or name the parts that are ready."
        raise Conflict("NO_PLAN_YET", words, fields={"runId": f"is {run.state}"})


def check_anything_published(published: bool) -> None:
    """Refuses a run of which there is no plan to publish, and none was."""
    if not published:
        raise Conflict("NO_PLAN_YET", "There is no plan to publish.", fields={"runId": "has no plan"})


def run_not_found() -> NotFound:
    """No such run, or none the caller may see."""
    return NotFound("PLAN_RUN_NOT_FOUND", "There is no such run for you.", fields={"runId": "not found"})


def check_may_run(actor: Actor, scope: RunScope, leader: User) -> None:
    """A rep plans for themself; a manager for those beneath; an admin for the org."""
    check_may_plan(actor, leader)
    if scope == RunScope.TEAM and not actor.leads:
        raise NotPermitted("NOT_A_LEADER", "Only a manager plans for a team.", fields={"scope": "a team"})
    if scope == RunScope.ORG and actor.role != Role.ADMIN:
        raise NotPermitted("NOT_AN_ADMIN", "Only an admin plans for the whole org.", fields={"scope": "the org"})


def check_may_settle(actor: Actor, run: PlanRun) -> None:
    """A run is cancelled by who asked for it, or by who leads."""
    if run.asked_by_id != actor.user_id and not actor.leads:
        raise NotPermitted("NOT_YOUR_RUN", "Only who asked for it cancels it.", fields={"runId": "another's"})


def check_run_day(first_day: date, leader: User) -> None:
    """Refuses to begin in the past, or more than a year ahead."""
    clock.checked_day(first_day, "firstDay")
    today = clock.now().astimezone(ZoneInfo(leader.timezone)).date()
    if not today <= first_day <= today + FARTHEST:
        raise Invalid("DAY_PAST", "Plan from today on, at most a year ahead.", fields={"firstDay": "out of range"})


def check_seed(seed: int) -> None:
    """Refuses what the solver takes for no seed."""
    if not 0 <= seed < 2**31:
        raise Invalid("SEED_INVALID", "a seed is a whole number from 0 to 2**31 - 1", fields={"seed": str(seed)})


def check_seconds(seconds: float, most: float) -> float:
    """Returns the time limit; refuses none at all, and more than `most`."""
    if not 0 < seconds <= most:
        raise Invalid(
            "OUT_OF_RANGE", f"seconds are more than 0, at most {most:.0f}.", fields={"seconds": "out of range"}
        )
    return seconds


def check_same_run(run: PlanRun, kind: RunKind, first_day: date) -> None:
    """Refuses to base a run on one of another kind or of other days."""
    if (run.kind, run.first_day) != (kind, first_day):
        raise Invalid("OTHER_DAY", "That run is of other days.", fields={"basedOn": "other days"})


def check_not_too_many(unfinished: int, most: int) -> None:
    """Refuses one more run while so many are not done."""
    if unfinished >= most:
        raise Conflict(
            "TOO_MANY_RUNS", f"{unfinished} of your runs are not done yet; cancel one.", fields={"kind": "too many"}
        )


def nobody_to_plan() -> Conflict:
    """There is no rep beneath that person."""
    return Conflict("NOBODY_TO_PLAN", "There is no rep to plan for.", fields={"repId": "nobody beneath"})


def cancelled() -> dict[str, object]:
    """What a part is told that was not begun when its run was cancelled."""
    return {"code": "CANCELLED", "message": "The run was cancelled before this part was begun.", "fields": {}}


def stop_not_found() -> NotFound:
    """The plan goes to no such account, or has nobody of that name among those left out."""
    return NotFound("STOP_NOT_FOUND", "The plan has no such account.", fields={"accountId": "not in the plan"})


def already_in() -> Conflict:
    """The plan goes there already."""
    return Conflict("ALREADY_IN_PLAN", "The plan goes there already.", fields={"accountId": "in the plan"})


def does_not_fit(fields: Mapping[str, str], message: str) -> Conflict:
    """The referee refuses the order; `fields` name the stop and what breaks."""
    return Conflict("STOP_DOES_NOT_FIT", message, fields=fields)


def check_not_fixed(stop: PlanStop) -> None:
    """An appointment is changed in the calendar, not in a plan."""
    if stop.fixed:
        raise Conflict("IS_APPOINTMENT", "An appointment stays where it is.", fields={"accountId": "an appointment"})


def check_movable(stop: PlanStop) -> None:
    """Refuses to move what stays."""
    check_not_fixed(stop)
    if stop.locked:
        raise Conflict("STOP_LOCKED", "The stop is locked; unlock it first.", fields={"accountId": "locked"})


def check_leaves_day(stop: PlanStop) -> None:
    """Refuses to take to another day what stays on its own."""
    if stop.day_locked:
        raise Conflict(
            "STOP_LOCKED", "The stop stays on its day; unlock it first.", fields={"accountId": "locked on its day"}
        )


def check_removable(stop: PlanStop) -> None:
    """Refuses to take out what stays, or must be."""
    check_movable(stop)
    check_leaves_day(stop)
    if stop.pinned:
        raise Conflict("STOP_PINNED", "The stop is pinned; take the pin out first.", fields={"accountId": "pinned"})


def check_position(position: int, count: int) -> None:
    """A place before one of the stops, or after the last."""
    if not 0 <= position <= count:
        raise Invalid("OUT_OF_RANGE", f"position is from 0 to {count}.", fields={"position": "out of range"})


def check_same_whole(plan: VisitPlan, goal: VisitPlan) -> None:
    """A stop goes to another plan of the same run only."""
    if plan.part is None or goal.part is None or plan.part.run_id != goal.part.run_id:
        raise Invalid("OTHER_RUN", "That plan is not of the same run.", fields={"toPlanId": "of another run"})


def check_moves_freely(stop: PlanStop, plan: VisitPlan, goal: VisitPlan) -> None:
    """A visit that stands in one rep's calendar does not go to another's by a plan."""
    if stop.visit_id is not None and plan.rep_id != goal.rep_id:
        raise Conflict("IS_VISIT", "It stands in the rep's calendar already.", fields={"accountId": "a visit"})


def check_may_weigh(actor: Actor) -> None:
    """What counts for how much is the admin's to say."""
    if actor.role != Role.ADMIN:
        raise NotPermitted("NOT_AN_ADMIN", "Only an admin sets the weights.", fields={"points": "an admin's"})


def check_newest(base: int | None, newest: int) -> None:
    """Refuses weights that were thought out on older ones."""
    if base is not None and base != newest:
        raise Conflict(
            "EDITED_MEANWHILE", "Somebody set the weights meanwhile.", fields={"baseVersion": f"is {newest}"}
        )


def check_days_between(first: date, last: date, most: int) -> None:
    """Refuses a span that ends before it begins, or is longer than a year."""
    clock.checked_day(first, "from")
    clock.checked_day(last, "to")
    if not 0 <= (last - first).days < most:
        raise Invalid(
            "OUT_OF_RANGE", f"from the first day to the last, at most {most} days.", fields={"to": "out of range"}
        )


def too_many_parts(most: int) -> Invalid:
    """So many reps' plans are not published in one call."""
    words = f"At most {most} parts at once: name them, or have all published in the background (publishWholePlanRun)."
    return Invalid("OUT_OF_RANGE", words, fields={"partIds": "too many"})
