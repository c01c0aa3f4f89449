"""What this room does when something happened; named in the wiring table, run inside the event's transaction."""

from backend.events.outbox import EventMeta
from backend.events.types import Event, OpportunityStageMoved, VisitOverdue
from backend.notifications import actions, compose


def on_opportunity_stage_moved(event: Event, meta: EventMeta) -> None:
    """Tells managers of a deal that became late or won."""
    if not isinstance(event, OpportunityStageMoved):
        raise TypeError(event.name)
    alert = compose.late_stage(event, meta)
    if alert is not None:
        actions.tell(alert=alert, meta=meta)


def on_visit_overdue(event: Event, meta: EventMeta) -> None:
    """Tells the rep and the rep's manager of a visit that nobody made."""
    if not isinstance(event, VisitOverdue):
        raise TypeError(event.name)
    alert = compose.visit_overdue(event, meta)
    if alert is not None:
        actions.tell(alert=alert, meta=meta)
