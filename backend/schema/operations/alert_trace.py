"""Why this alert, and what devices say of it."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.notifications import queries
from backend.notifications.delivery import acks
from backend.notifications.delivery.trace import Trace, Way, trace_for
from backend.notifications.models import DeviceAck
from backend.schema.context import Info, device_of
from backend.schema.types import rows
from backend.schema.types.alert_trace import (
    AlertAck,
    AlertAttempt,
    AlertDelivery,
    AlertRecipient,
    AlertTrace,
    AlertTraceEvent,
)


@strawberry.input(
    description="An alert arrived on a device (without deviceId: the one that calls), and was opened there or not yet. at: the "
    "device's own clock."
)
class AlertAckInput:
    notification_id: UUID
    device_id: UUID | None = None
    opened: bool = False
    at: datetime | None = None


@strawberry.type
class AlertAckPayload:
    ack: AlertAck


def _delivery(way: Way) -> AlertDelivery:
    one = way.delivery
    return AlertDelivery(
        id=one.pk,
        channel=one.channel,
        where=way.where,
        state=one.state,
        held_for=one.hold_reason,
        next_try_at=one.next_try_at,
        digest_at=one.digest_at,
        digest_id=one.digest_id,
        last_outcome=one.last_outcome,
        finished_at=one.finished_at,
        attempts=rows.many(AlertAttempt, way.attempts),
    )


def _shown(trace: Trace) -> AlertTrace:
    told, event = trace.told, trace.event
    return AlertTrace(
        notification_id=told.pk,
        rule=told.rule,
        rule_version=None if trace.version is None else trace.version.number,
        severity=told.severity,
        audience=told.audience,
        origin=told.origin,
        title=trace.title,
        body=trace.body,
        occurred_at=told.occurred_at,
        told_at=told.created_at,
        read_at=told.read_at,
        escalated_at=told.escalated_at,
        withdrawn_at=told.withdrawn_at,
        withdrawn_why=told.withdrawn_why,
        event=None
        if event is None
        else AlertTraceEvent(number=event.pk, name=event.name, occurred_at=event.occurred_at, handled_at=event.done_at),
        recipients=rows.many(AlertRecipient, trace.recipients),
        deliveries=[_delivery(way) for way in trace.ways],
        acks=rows.many(AlertAck, trace.acks),
    )


@strawberry.type
class AlertTraceQuery:
    @strawberry.field(
        description="Why an alert came or did not: for who was told, for who leads them, and for admins, as long as they see "
        "what it is about."
    )
    async def alert_trace(self, info: Info, notification_id: UUID) -> AlertTrace:
        actor = info.context.actor
        return _shown(await info.context.run(lambda: trace_for(actor, notification_id)))


@strawberry.type
class AlertTraceMutation:
    @strawberry.mutation(description="Says that an alert of yours arrived, or was opened; the earliest word counts.")
    async def acknowledge_alert(self, info: Info, input: AlertAckInput) -> AlertAckPayload:
        actor = info.context.actor

        def act() -> DeviceAck:
            named = None if input.device_id is None else device_of(actor, input.device_id)
            return acks.acknowledge(
                actor=actor,
                notification=queries.notification_for(actor, input.notification_id),
                device=queries.device_for(actor, named),
                opened=input.opened,
                claimed_at=input.at,
            )

        return AlertAckPayload(ack=rows.one(AlertAck, await info.context.run(act)))
