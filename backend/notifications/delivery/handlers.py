"""What delivery does when something happened; named in the wiring table, run inside the event's transaction."""

from backend.events.outbox import EventMeta
from backend.events.types import AccountMoved, Event, VisitCompleted
from backend.field.models import Visit
from backend.notifications.delivery import handover, release


def on_visit_completed(event: Event, meta: EventMeta) -> None:
    """Lets go what waited for the end of the visit."""
    if not isinstance(event, VisitCompleted):
        raise TypeError(event.name)
    rep = Visit.objects.filter(pk=event.visit_id, org_id=meta.org_id).values_list("rep_id", flat=True).first()
    if rep is not None:
        release.after_visit(rep)


def on_account_moved(event: Event, meta: EventMeta) -> None:
    """Lets alerts of the account follow it. Moves of whole territories are followed by the worker (handover.follow)."""
    del meta
    if not isinstance(event, AccountMoved):
        raise TypeError(event.name)
    handover.follow_account(event.account_id)
