"""What this room does when something happened: asks the rules that listen to it."""

from backend.events.outbox import EventMeta
from backend.events.types import Event
from backend.notifications.alerting.evaluate import evaluate
from backend.notifications.alerting.kinds.registry import KINDS
from backend.notifications.alerting.standing import in_force
from backend.telemetry import tracing

LISTENED: tuple[type[Event], ...] = tuple(
    dict.fromkeys(event for kind in KINDS.values() for event in (kind.events or {}))
)
"""The events that some kind of alert listens to."""


def on_event(event: Event, meta: EventMeta) -> None:
    """Asks the org's rules of the kinds that listen to the event about what it names."""
    asked = {
        name: kind.events[type(event)] for name, kind in KINDS.items() if kind.events and type(event) in kind.events
    }
    for standing in in_force(meta.org_id, asked) if asked else ():
        subject = asked[standing.kind.name](event)
        with tracing.span(
            f"alert rule {standing.kind.name}", attributes={"fieldbeat.rule": str(standing.rule.pk)}, within=True
        ):
            evaluate(standing, only=subject, event_id=meta.event_id)
