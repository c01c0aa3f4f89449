"""A trace told line by line, in the order in which things happened."""

from collections.abc import Iterator
from datetime import datetime

from backend.notifications.delivery.trace import Trace, Way
from backend.notifications.models import DeliveryState

Line = tuple[datetime | None, str]


def lines(trace: Trace) -> Iterator[Line]:
    """Yields (when, what): event, rule, recipients, then for each way what held it, each attempt, and how it ended."""
    told = trace.told
    if trace.event is not None:
        yield trace.event.occurred_at, f"event {trace.event.name} (number {trace.event.pk})"
    else:
        yield told.occurred_at, f"{told.subject_entity} {told.subject_id}, episode {told.episode}"
    version = "" if trace.version is None else f", version {trace.version.number} of {trace.version.rule.name!r}"
    yield told.occurred_at, f"rule {told.rule}{version}, {told.severity}"
    for one in trace.recipients:
        this = " (this one)" if one.notification_id == told.pk else ""
        yield None, f"{one.name}{this}: {one.why}{', read' if one.read_at else ''}"
    yield told.created_at, f"told {told.user.name_shown}: {trace.title} / {trace.body}"
    for way in trace.ways:
        yield from _way(way)
    for ack in trace.acks:
        device = ack.device.name or ack.device.platform or str(ack.device_id)
        if ack.delivered_at is not None:
            yield ack.delivered_at, f"{device}: arrived"
        if ack.opened_at is not None:
            yield ack.opened_at, f"{device}: opened"
    if told.read_at is not None:
        yield told.read_at, "read"
    if told.escalated_at is not None:
        yield told.escalated_at, "unread for too long: looked for the manager"
    if told.withdrawn_at is not None:
        yield told.withdrawn_at, f"withdrawn: {told.withdrawn_why or 'no reason given'}"


def _way(way: Way) -> Iterator[Line]:
    delivery = way.delivery
    name = f"{delivery.channel} {way.where}".strip()
    for attempt in way.attempts:
        said = attempt.provider_id if attempt.outcome == "sent" else attempt.detail
        yield attempt.at, f"{name}: attempt, {attempt.outcome}: {said}"
    if (
        delivery.tries < delivery.attempt
        and delivery.state == DeliveryState.QUEUED
        and delivery.lease_until is not None
    ):
        yield delivery.lease_until, f"{name}: a worker holds it until then"
    if delivery.state != DeliveryState.QUEUED:
        digest = f", in digest {delivery.digest_id.hex}" if delivery.digest_id else ""
        yield delivery.finished_at, f"{name}: {delivery.state}: {delivery.last_outcome}{digest}"
    elif delivery.hold_reason:
        yield delivery.next_try_at, f"{name}: held until then: {delivery.get_hold_reason_display()}"
    else:
        yield delivery.next_try_at, f"{name}: queued, due then"
