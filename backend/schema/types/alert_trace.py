"""One alert from the event to the device, as it is shown."""

from datetime import datetime
from uuid import UUID

import strawberry


@strawberry.type(description="What happened. handledAt: when rules had been asked about it.")
class AlertTraceEvent:
    number: int
    name: str
    occurred_at: datetime
    handled_at: datetime | None


@strawberry.type(
    description="Somebody who heard of the same thing and why, or was meant to and why not (notificationId null)."
)
class AlertRecipient:
    user_id: UUID
    name: str
    why: str
    notification_id: UUID | None
    read_at: datetime | None
    withdrawn_at: datetime | None


@strawberry.type(description="One message that went to a provider. outcome: sent, transient, permanent, gone, unknown.")
class AlertAttempt:
    number: int
    at: datetime
    outcome: str
    detail: str
    provider_id: str


@strawberry.type(
    description="The way to one phone, browser or mailbox. state: queued, sent, failed, gone, suppressed. heldFor: quiet, "
    "working_hours, visit, budget, digest, or empty; it is looked at again at nextTryAt."
)
class AlertDelivery:
    id: UUID
    channel: str
    where: str
    state: str
    held_for: str
    next_try_at: datetime
    digest_at: datetime | None
    digest_id: UUID | None
    last_outcome: str
    finished_at: datetime | None
    attempts: list[AlertAttempt]


@strawberry.type(description="What a device said: that it arrived, that it was opened.")
class AlertAck:
    device_id: UUID
    delivered_at: datetime | None
    opened_at: datetime | None


@strawberry.type(
    description="Why an alert came, or did not. origin: told, escalated or handed_over; audience: rep, manager or named."
)
class AlertTrace:
    notification_id: UUID
    rule: str
    rule_version: int | None
    severity: str
    audience: str
    origin: str
    title: str
    body: str
    occurred_at: datetime
    told_at: datetime
    read_at: datetime | None
    escalated_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str
    event: AlertTraceEvent | None
    recipients: list[AlertRecipient]
    deliveries: list[AlertDelivery]
    acks: list[AlertAck]
