"""What the field allows, and the errors it raises."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from backend.field.geofence import Fix
from backend.field.lifecycle import NEEDS_REASON, OVERRULED_BY_EVIDENCE, VisitState, may_move
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit import clock
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.kit.geo import checked_point

LONGEST_VISIT = timedelta(hours=24)
MOST_FIXES = 300


def visit_not_found() -> NotFound:
    """No such visit, or none the caller may see."""
    return NotFound("VISIT_NOT_FOUND", "There is no such visit for you.", fields={"visitId": "not found"})


def check_span(start: datetime, end: datetime) -> None:
    """Refuses a visit that ends before it starts, or lasts more than a day."""
    clock.checked(start, "plannedStart")
    clock.checked(end, "plannedEnd")
    if end <= start:
        raise Invalid("VISIT_SPAN", "A visit ends after it starts.", fields={"plannedEnd": "not after plannedStart"})
    if end - start > LONGEST_VISIT:
        raise Invalid("VISIT_SPAN", "A visit lasts at most a day.", fields={"plannedEnd": "more than 24 hours"})


def check_works_on(actor: Actor, visit: Visit) -> None:
    """A visit is worked by its rep, and by nobody else."""
    if visit.rep_id != actor.user_id:
        raise NotPermitted(
            "NOT_YOUR_VISIT", "Only the rep of a visit works on it.", fields={"visitId": "another's visit"}
        )


def check_may_plan_for(actor: Actor, rep_id: object) -> None:
    """A rep plans for themself; managers and admins for those beneath (whom coverage has already found)."""
    if rep_id != actor.user_id and not actor.leads:
        raise NotPermitted("NOT_YOUR_PLAN", "Only a manager plans for others.", fields={"repId": "another rep"})


def check_may_set_calendar(actor: Actor, user_id: object) -> None:
    """Hours and absences are set by the person, or by a manager or admin above (whom coverage has already found)."""
    if user_id != actor.user_id and not actor.leads:
        raise NotPermitted("NOT_YOUR_CALENDAR", "Only a manager sets another's hours.", fields={"userId": "another's"})


def check_weekday(weekday: int) -> None:
    """1 is Monday, 7 is Sunday."""
    if not 1 <= weekday <= 7:
        raise Invalid("OUT_OF_RANGE", "weekday is from 1 (Monday) to 7.", fields={"weekday": "out of range"})


def check_hours(start: time, end: time) -> None:
    """Refuses a shift that ends before it starts, and one that carries a zone: hours are where the person lives."""
    if start.tzinfo is not None or end.tzinfo is not None:
        raise Invalid("LOCAL_TIME", "Hours are local times, without a zone.", fields={"start": "has a zone"})
    if end <= start:
        raise Invalid("HOURS_SPAN", "A shift ends after it starts.", fields={"end": "not after start"})


def check_days(first: date, last: date) -> None:
    """Refuses an absence that ends before it begins."""
    if last < first:
        raise Invalid(
            "ABSENCE_SPAN", "An absence ends on or after its first day.", fields={"lastDay": "before firstDay"}
        )


def absence_not_found() -> NotFound:
    """No such absence, or none the caller may see."""
    return NotFound("ABSENCE_NOT_FOUND", "There is no such absence for you.", fields={"absenceId": "not found"})


def check_move(visit: Visit, after: VisitState, reason: str = "") -> None:
    """Refuses a move the lifecycle does not have, and leaving undone without a reason."""
    before = VisitState(visit.state)
    if not may_move(before, after):
        raise Conflict(
            "VISIT_STATE", f"A visit that is {before} cannot become {after}.", fields={"state": f"is {before}"}
        )
    if after in NEEDS_REASON and not reason.strip():
        raise Invalid("REASON_REQUIRED", "Say why.", fields={"reason": "required"})


def check_outcome(outcome: str) -> None:
    """A report says what came of the visit."""
    if not outcome.strip():
        raise Invalid("OUTCOME_REQUIRED", "A report needs an outcome.", fields={"outcome": "required"})
    if len(outcome) > 40:
        raise Invalid("OUTCOME_LENGTH", "An outcome is at most 40 characters.", fields={"outcome": "too long"})


def check_answers(answers: object) -> Mapping[str, Any]:
    """Answers are an object of question to answer."""
    if not isinstance(answers, Mapping):
        raise Invalid("ANSWERS_SHAPE", "answers must be an object.", fields={"answers": "not an object"})
    return answers


def id_taken() -> Invalid:
    """A client made this id before: for this very thing, or for another."""
    return Invalid("ID_TAKEN", "That id is used already.", fields={"id": "taken"})


def check_free(rep_id: UUID) -> None:
    """A rep is in one visit at a time."""
    if Visit.objects.filter(rep_id=rep_id, state=VisitState.IN_PROGRESS, deleted_at=None).exists():
        raise one_in_progress()


def check_not_begun(visit: Visit) -> None:
    """What is under way or over is not planned any more."""
    if visit.state not in (VisitState.PLANNED, VisitState.EN_ROUTE):
        raise Conflict("VISIT_STATE", f"The visit is {visit.state}.", fields={"state": f"is {visit.state}"})


def check_purpose(value: object) -> str:
    """Returns a purpose: text of at most 100 characters."""
    if not isinstance(value, str) or len(value) > 100:
        raise Invalid("BAD_VALUE", "purpose is text of at most 100 characters.", fields={"purpose": "not such text"})
    return value.strip()


def check_instant(value: object, name: str) -> datetime:
    """Returns an instant; a visit is planned from one to another."""
    if not isinstance(value, datetime):
        raise Invalid("REQUIRED", f"{name} is required.", fields={name: "required"})
    return value


def check_may_witness(actor: Actor) -> None:
    """Evidence comes from our own people."""
    if actor.role == Role.PARTNER:
        raise NotPermitted("NOT_YOUR_VISIT", "A partner makes no visits.", fields={"visitId": "another's visit"})


def check_witness(visit: Visit, author_id: UUID) -> None:
    """A rep says of their own evidence only that a visit of theirs was made."""
    if visit.rep_id != author_id:
        raise NotPermitted("NOT_YOUR_VISIT", "Another was there.", fields={"visitId": "another's evidence"})


def check_overruled(visit: Visit) -> None:
    """Evidence settles a visit that nobody made here."""
    if visit.state not in OVERRULED_BY_EVIDENCE:
        raise Conflict("VISIT_STATE", f"The visit is {visit.state}.", fields={"state": f"is {visit.state}"})


def no_evidence() -> NotFound:
    """Nobody told of this visit that they were there."""
    return NotFound("NO_EVIDENCE", "There is no check-in and no report.", fields={"visitId": "no evidence"})


def visit_deleted() -> Conflict:
    """It was taken out of the calendar meanwhile."""
    return Conflict("VISIT_DELETED", "The visit was deleted meanwhile.", fields={"state": "deleted"})


def one_in_progress() -> Conflict:
    """The rep is already inside another visit."""
    return Conflict(
        "ALREADY_IN_PROGRESS", "Another visit is in progress: end it first.", fields={"state": "in progress"}
    )


def check_fix(
    lat: float | None,
    lng: float | None,
    accuracy_m: float | None,
    *,
    at: datetime | None = None,
    mocked: bool = False,
) -> Fix | None:
    """Returns the phone's position, None without one; refuses what cannot be a place, and a negative accuracy."""
    if lat is None or lng is None:
        return None
    if accuracy_m is not None and accuracy_m < 0:
        raise Invalid("BAD_VALUE", "accuracyM is not negative.", fields={"accuracyM": "negative"})
    return Fix(checked_point(lat, lng), accuracy_m=accuracy_m or 0.0, at=clock.believable(at), mocked=mocked)


def check_trail(fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """Returns the fixes before a check-in; refuses more than MOST_FIXES, and one without its time."""
    if len(fixes) > MOST_FIXES:
        raise Invalid("TOO_MANY", f"At most {MOST_FIXES} fixes.", fields={"fixes": "too many"})
    if any(one.at is None for one in fixes):
        raise Invalid("REQUIRED", "Every fix has its time.", fields={"fixes": "without at"})
    return tuple(fixes)
