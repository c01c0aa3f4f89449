"""Asking for a draft to become the field, now or at an instant, and calling that off."""

from datetime import datetime, timedelta

from django.db import transaction

from backend.events import outbox
from backend.events.types import TerritoryAlignmentCalledOff, TerritoryAlignmentScheduled
from backend.identity.actor import Actor
from backend.kit import clock
from backend.territories.alignment import rules
from backend.territories.alignment.drafts import locked, note_entry
from backend.territories.alignment.looking import evaluate
from backend.territories.models import Alignment, AlignmentState
from backend.territories.rules import check_leads

PREPARING = timedelta(seconds=2)
A_SECOND = 1_500
"""About so many accounts are made ready in a second by a worker that has nothing else to do; it may be slower."""
LONGEST = timedelta(minutes=10)


def lead(total: int) -> timedelta:
    """Returns how long before the instant the worker begins, so that all change hands in one moment."""
    return min(LONGEST, PREPARING + timedelta(seconds=total / A_SECOND))


@transaction.atomic
def activate_alignment(
    *,
    actor: Actor,
    alignment: Alignment,
    note: str,
    digest: str,
    at: datetime | None = None,
    allow_unclaimed: bool = False,
) -> Alignment:
    """Asks for the draft to become the field at an instant (now); the worker does it.

    `digest`: of the look that the caller saw; refuses (PREVIEW_CHANGED) when it would do something else by now. `note`: why."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.DRAFT)
    note = rules.check_note(note)
    due = rules.check_due(at)
    _, decided = evaluate(alignment, clock.now())
    rules.check_still_so(digest, alignment.digest)
    rules.check_claimed(decided.unclaimed, allowed=allow_unclaimed)
    return schedule(actor=actor, alignment=alignment, note=note, due=due)


def schedule(*, actor: Actor, alignment: Alignment, note: str, due: datetime) -> Alignment:
    """Puts it on the worker's list. The caller holds the row, has looked, and asks within a transaction."""
    alignment.state = AlignmentState.SCHEDULED
    alignment.note, alignment.asked_by_id, alignment.asked_digest = note, actor.user_id, alignment.digest
    alignment.due_at = due
    alignment.begins_at = max(clock.now(), due - lead(alignment.total))
    alignment.save(update_fields=["state", "note", "asked_by", "asked_digest", "due_at", "begins_at"])
    note_entry(alignment, actor, "scheduled", f"for {due.isoformat()}: {note}")
    outbox.append(
        TerritoryAlignmentScheduled(alignment_id=alignment.pk, actor_id=actor.user_id), org_id=alignment.org_id
    )
    return alignment


@transaction.atomic
def call_off(*, actor: Actor, alignment: Alignment) -> Alignment:
    """Takes back that it is to happen, while nothing of it has begun; it is a draft again."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.SCHEDULED)
    alignment.state = AlignmentState.DRAFT
    alignment.due_at = alignment.begins_at = None
    alignment.save(update_fields=["state", "due_at", "begins_at"])
    note_entry(alignment, actor, "called off")
    outbox.append(
        TerritoryAlignmentCalledOff(alignment_id=alignment.pk, actor_id=actor.user_id), org_id=alignment.org_id
    )
    return alignment
