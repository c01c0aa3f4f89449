"""Evidence that comes when its visit stands otherwise: called off, skipped, made by another, deleted.

The rep was there. The row is kept at the visit, marked late, where rep and manager see it, and moves nothing; a person then
says whether the visit was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.events import outbox
from backend.events.types import VisitCompleted
from backend.field import actions, evidence, rules
from backend.field.evidence import NO_OFFSET
from backend.field.geofence import Fix
from backend.field.lifecycle import VisitState
from backend.field.models import CheckIn, Visit, VisitReport
from backend.identity.actor import Actor
from backend.kit.errors import DomainError

E = TypeVar("E", CheckIn, VisitReport)
OBJECTIONS = frozenset({"VISIT_STATE", "NOT_YOUR_VISIT", "ALREADY_IN_PROGRESS", "VISIT_DELETED"})


@dataclass(frozen=True, slots=True)
class Kept(Generic[E]):
    """The row, and why it stands beside the visit instead of moving it; None when it moved it."""

    row: E
    objection: DomainError | None = None


@transaction.atomic
def keep_check_in(
    *,
    actor: Actor,
    visit: Visit,
    fix: Fix | None,
    claimed_at: datetime | None = None,
    check_in_id: UUID | None = None,
    offset: timedelta = NO_OFFSET,
    trail: Sequence[Fix] = (),
) -> Kept[CheckIn]:
    """Begins the visit as `actions.check_in` does, or keeps the check-in beside it."""
    rules.check_may_witness(actor)
    told: dict[str, Any] = {
        "fix": fix,
        "claimed_at": claimed_at,
        "check_in_id": check_in_id,
        "offset": offset,
        "trail": trail,
    }
    visit, objection = _present(visit)
    if objection is None:
        try:
            with transaction.atomic():
                return Kept(actions.check_in(actor=actor, visit=visit, **told))
        except DomainError as error:
            objection = _kept_all_the_same(error)
    return Kept(evidence.write_check_in(actor=actor, visit=visit, late=True, **told), objection)


@transaction.atomic
def keep_report(
    *,
    actor: Actor,
    visit: Visit,
    outcome: str,
    summary: str = "",
    answers: Mapping[str, Any] | None = None,
    claimed_at: datetime | None = None,
    report_id: UUID | None = None,
    offset: timedelta = NO_OFFSET,
) -> Kept[VisitReport]:
    """Ends the visit as `actions.complete` does, or keeps the report beside it."""
    rules.check_may_witness(actor)
    told: dict[str, Any] = {
        "outcome": outcome,
        "summary": summary,
        "answers": answers,
        "claimed_at": claimed_at,
        "report_id": report_id,
        "offset": offset,
    }
    visit, objection = _present(visit)
    if objection is None:
        try:
            with transaction.atomic():
                return Kept(actions.complete(actor=actor, visit=visit, **told))
        except DomainError as error:
            objection = _kept_all_the_same(error)
    return Kept(evidence.write_report(actor=actor, visit=visit, late=True, **told), objection)


def _kept_all_the_same(error: DomainError) -> DomainError:
    if error.code not in OBJECTIONS:
        raise error
    return error


def _present(visit: Visit) -> tuple[Visit, DomainError | None]:
    """Returns the visit locked; one that was deleted comes back, for somebody was there.

    One that was in progress comes back as one that nobody began: its rep may be inside another by now, and evidence settles
    only what nobody made."""
    visit = actions.locked(visit)
    if visit.deleted_at is None:
        return visit, None
    visit.deleted_at = None
    if visit.state == VisitState.IN_PROGRESS:
        visit.state, visit.started_at = VisitState.PLANNED, None
    visit.save(update_fields=["deleted_at", "state", "started_at"])
    return visit, rules.visit_deleted()


@transaction.atomic
def settle_by_evidence(*, actor: Actor, visit: Visit, author_id: UUID) -> Visit:
    """Says that a visit was made after all: with a late report of the author it is completed, with a check-in begun.

    Its rep may say so, or who leads; made by another than its rep, it becomes that person's visit, which only who leads
    may say."""
    visit = actions.locked(visit)
    if not actor.leads:
        rules.check_works_on(actor, visit)
        rules.check_witness(visit, author_id)
    by_this = visit.reports.filter(author_id=author_id, late=True).exists() and visit.rep_id == author_id
    if visit.state == VisitState.COMPLETED and by_this and not visit.reports.filter(late=False).exists():
        return visit  # check-in and report are two entries of the inbox for one visit
    rules.check_overruled(visit)
    report = visit.reports.filter(author_id=author_id).order_by("submitted_at").last()
    seen = visit.check_ins.filter(rep_id=author_id).order_by("at").first()
    if report is None and seen is None:
        raise rules.no_evidence()
    visit.rep_id, visit.reason = author_id, ""
    visit.started_at = seen.at if seen else visit.started_at
    if report is None:
        rules.check_free(author_id)
        visit.state = VisitState.IN_PROGRESS
    else:
        visit.state = VisitState.COMPLETED
        visit.ended_at = max(report.submitted_at, visit.started_at) if visit.started_at else report.submitted_at
        outbox.append(VisitCompleted(visit_id=visit.pk, actor_id=author_id), org_id=visit.org_id)
    try:
        with transaction.atomic():
            visit.save(update_fields=["rep", "reason", "state", "started_at", "ended_at"])
    except IntegrityError as error:
        # Begun elsewhere since we looked.
        raise rules.one_in_progress() from error
    return visit
