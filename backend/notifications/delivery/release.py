"""Letting go what waits for a reason that is gone: it is decided upon anew at the worker's next look."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from backend.field.models import Visit
from backend.kit import clock
from backend.notifications.models import Delivery, DeliveryState, HoldReason


def held_for(users: Collection[UUID]) -> int:
    """Lets go everything that is held for these people, because what they wish has changed; returns how many."""
    return _let_go(Q(user_id__in=users))


def held_in_org(org_id: UUID) -> int:
    """Lets go everything that is held in the org, because its defaults have changed; returns how many."""
    return _let_go(Q(org_id=org_id))


def after_visits() -> int:
    """Lets go what waits for the end of a visit where none is under way any more; returns how many."""
    under_way = Visit.objects.filter(rep_id=OuterRef("user_id"), state="in_progress", deleted_at=None)
    return _let_go(Q(~Exists(under_way), hold_reason=HoldReason.VISIT), keep_digest=True)


def after_visit(rep_id: UUID) -> int:
    """Lets go what waited for the end of a rep's visit; returns how many."""
    return _let_go(Q(hold_reason=HoldReason.VISIT, user_id=rep_id), keep_digest=True)


def _let_go(which: Q, *, keep_digest: bool = False) -> int:
    """A digest is planned anew where the wishes changed. What a worker holds at this moment is its to settle."""
    now = clock.now()
    waiting = Delivery.objects.filter(which, state=DeliveryState.QUEUED, lease_until=None).exclude(hold_reason="")
    if keep_digest:
        return waiting.update(next_try_at=now, hold_reason="")
    return waiting.update(next_try_at=now, hold_reason="", digest_at=None)
