"""Why somebody was told, or was not: from the event to what the device said, as it is on record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from backend.events.models import OutboxEvent
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.notifications import rules
from backend.notifications.alerting.models import AlertRuleVersion
from backend.notifications.delivery.words import words
from backend.notifications.models import Attempt, Delivery, DeviceAck, Notification, Omission, Origin
from backend.territories.coverage import seen_among, visible_roots_sql

WHY = {
    (Origin.TOLD, "rep"): "it is about them",
    (Origin.TOLD, "manager"): "they manage who it is about, or see it as a manager",
    (Origin.TOLD, "named"): "the rule names them",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who heard of the same crossing, or was meant to (`notification_id` None); `why`, or why not."""

    user_id: UUID
    name: str
    why: str
    notification_id: UUID | None = None
    read_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One delivery and its attempts. `where`: the name of the device, or nothing for mail."""

    delivery: Delivery
    where: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One notification from the event to the device. `event` and `version` are None where none is on record."""

    told: Notification
    title: str
    body: str
    event: OutboxEvent | None
    version: AlertRuleVersion | None
    recipients: tuple[Recipient, ...]
    ways: tuple[Way, ...]
    acks: tuple[DeviceAck, ...]


def trace_for(actor: Actor, notification_id: UUID) -> Trace:
    """Returns the trace for the person who was told, for who leads them, or for an admin; as long as they see the subject.

    Of the others who were meant only those are named whom the actor sees. Raises NotFound."""
    told = Notification.objects.filter(pk=notification_id, org_id=actor.org_id, deleted_at=None)
    mine = Q(user_id=actor.user_id)
    allowed = told.filter(mine | Q(user_id__in=visible_roots_sql(actor)) if actor.leads else mine)
    found = allowed.select_related("user").first()
    if found is None or not seen_among([(actor.user_id, found.root_id)]):
        raise rules.notification_not_found()
    people = User.objects.filter(Q(pk=actor.user_id) | Q(pk__in=visible_roots_sql(actor)), org_id=actor.org_id)
    return _trace(found, actor.role, set(people.values_list("pk", flat=True)))


def trace(notification_id: UUID) -> Trace:
    """Returns the trace for the operator of this server, with everybody in it; raises NotFound."""
    found = Notification.objects.select_related("user").filter(pk=notification_id).first()
    if found is None:
        raise rules.notification_not_found()
    return _trace(found, found.user.role, None)


def _trace(told: Notification, role: str, named: set[UUID] | None) -> Trace:
    title, body = words(told, role)
    deliveries = list(
        Delivery.objects.filter(notification=told).select_related("address__device").order_by("created_at", "id")
    )
    attempts: dict[UUID, list[Attempt]] = {}
    for one in Attempt.objects.filter(delivery__in=deliveries).order_by("number"):
        attempts.setdefault(one.delivery_id, []).append(one)
    return Trace(
        told=told,
        title=title,
        body=body,
        event=OutboxEvent.objects.filter(pk=told.event_id, org_id=told.org_id).first() if told.event_id else None,
        version=_version(told),
        recipients=tuple(_recipients(told, named)),
        ways=tuple(Way(one, _where(one), tuple(attempts.get(one.pk, ()))) for one in deliveries),
        acks=tuple(DeviceAck.objects.filter(notification=told).select_related("device").order_by("pk")),
    )


def _version(told: Notification) -> AlertRuleVersion | None:
    if told.rule_version_id is None:
        return None
    return AlertRuleVersion.objects.select_related("rule").filter(pk=told.rule_version_id).first()


def _recipients(told: Notification, named: set[UUID] | None) -> Iterable[Recipient]:
    same = {"rule": told.rule, "subject_id": told.subject_id, "episode": told.episode, "org_id": told.org_id}
    for one in Notification.objects.filter(**same).select_related("user").order_by("created_at", "pk"):
        if named is None or one.user_id in named:
            yield Recipient(one.user_id, one.user.name_shown, _why(one), one.pk, one.read_at, one.withdrawn_at)
    for left_out in Omission.objects.filter(**same).select_related("user").order_by("pk"):
        if named is None or left_out.user_id in named:
            yield Recipient(left_out.user_id, left_out.user.name_shown, f"not told: {left_out.why}")


def _why(told: Notification) -> str:
    if told.origin == Origin.ESCALATED:
        why = "somebody beneath them did not read it in time"
    elif told.origin == Origin.HANDED_OVER:
        why = "the account came to them or their people"
    else:
        why = WHY[(Origin.TOLD, told.audience)]
    return f"{why}; withdrawn: {told.withdrawn_why or 'no reason given'}" if told.withdrawn_at else why


def _where(delivery: Delivery) -> str:
    if delivery.address is None:
        return ""
    device = delivery.address.device
    return device.name or device.platform or str(device.pk)
