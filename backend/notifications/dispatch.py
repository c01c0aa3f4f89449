"""Sends what is queued: at least once on the wire, once in effect, because every attempt bears the same nid.

1. Rows are claimed with SKIP LOCKED and a lease, in a transaction of their own; nothing is locked while sending.
2. Each is looked at again: whoever no longer sees the subject, has read it, or changed phones is not disturbed, and
   nobody is told what their role may not read by now.
3. The rest goes to the transport; what the provider said is recorded row by row.
4. A worker killed between 3 and its record leaves the lease to run out; the next one sends again with the same nid.
"""

import random
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from backend.kit import clock
from backend.kit.logs import logger
from backend.notifications import rules
from backend.notifications.channel import configured
from backend.notifications.compose import RULES, words
from backend.notifications.models import Delivery, DeliveryState, Notification, PushAddress
from backend.notifications.transports.base import (
    Address,
    AddressGone,
    AddressKind,
    Message,
    Outcome,
    Permanent,
    Sent,
    Transient,
    Transport,
    Unknown,
)
from backend.territories import coverage

LEASE = timedelta(seconds=60)

log = logger("notifications")


def drain(limit: int = 100, *, transport: Transport | None = None) -> int:
    """Handles up to `limit` queued deliveries that are due and returns how many it took up."""
    channel = transport or configured()
    claimed = _claim(limit)
    seen: dict[tuple[UUID, UUID], bool] = {}
    ready: list[Delivery] = []
    for delivery in claimed:
        state, why = _second_look(delivery, seen)
        if channel is None and state is None:
            state, why = DeliveryState.SUPPRESSED, "no push channel is set up"
        if state is None:
            ready.append(delivery)
        else:
            _finish(delivery, state, why)
    if ready and channel is not None:
        outcomes = channel.send([(_address(delivery), _message(delivery)) for delivery in ready])
        for delivery, outcome in zip(ready, outcomes, strict=True):
            _record(delivery, outcome)
    return len(claimed)


def _claim(limit: int) -> list[Delivery]:
    now = clock.now()
    with transaction.atomic():
        due = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(Q(lease_until=None) | Q(lease_until__lte=now), state=DeliveryState.QUEUED, next_try_at__lte=now)
            .order_by("next_try_at", "id")
            .values_list("pk", flat=True)[:limit]
        )
        keys = list(due)
        Delivery.objects.filter(pk__in=keys).update(lease_until=now + LEASE, attempt=F("attempt") + 1)
    rows = Delivery.objects.filter(pk__in=keys).select_related("notification__user", "address__device")
    return list(rows.order_by("next_try_at", "id"))


def _second_look(delivery: Delivery, seen: dict[tuple[UUID, UUID], bool]) -> tuple[DeliveryState | None, str]:
    told, address = delivery.notification, delivery.address
    if address.retired_at is not None:
        return DeliveryState.GONE, "the address was retired"
    if address.device.user_id != told.user_id or address.device.revoked_at is not None:
        return DeliveryState.SUPPRESSED, "the phone is no longer this person's"
    if told.withdrawn_at is not None or told.deleted_at is not None:
        return DeliveryState.SUPPRESSED, "withdrawn"
    if told.read_at is not None:
        return DeliveryState.SUPPRESSED, "read already"
    if told.expires_at <= clock.now():
        return DeliveryState.FAILED, f"too old; last: {delivery.last_outcome}"[:600]
    key = (told.user_id, told.root_id)
    if key not in seen:
        seen[key] = coverage.sees(*key)
    if not seen[key]:
        return DeliveryState.SUPPRESSED, "the person no longer sees it"
    return None, ""


def _address(delivery: Delivery) -> Address:
    kinds: dict[str, AddressKind] = {"fid": "fid", "fcm_token": "fcm_token"}
    return Address(kinds[delivery.address.kind], delivery.address.value)


def _message(delivery: Delivery) -> Message:
    told: Notification = delivery.notification
    rule = RULES[told.rule]
    title, body = words(told, told.user.role)
    return Message(
        nid=told.pk.hex,
        title=title,
        body=body,
        data={
            "notification_id": str(told.pk),
            "rule": told.rule,
            "entity": told.subject_entity,
            "entity_id": str(told.subject_id),
        },
        category=rule.category,
        priority=rule.priority,
        ttl=max(1, int((told.expires_at - clock.now()).total_seconds())),
    )


def _record(delivery: Delivery, outcome: Outcome) -> None:
    match outcome:
        case Sent(provider_id=name):
            _finish(delivery, DeliveryState.SENT, "sent", provider_id=name)
        case Permanent(why=why):
            _finish(delivery, DeliveryState.FAILED, why)
        case AddressGone(why=why):
            # a phone that registered again while we were sending keeps its address
            PushAddress.objects.filter(
                pk=delivery.address_id, retired_at=None, last_seen_at=delivery.address.last_seen_at
            ).update(retired_at=clock.now(), retired_why=why[:500])
            _finish(delivery, DeliveryState.GONE, why)
        case Transient(retry_after=after, why=why):
            _later(delivery, after, why)
        case Unknown(why=why):
            _later(delivery, None, f"unknown: {why}")


def _finish(delivery: Delivery, state: DeliveryState, why: str, *, provider_id: str = "") -> None:
    _held(delivery).update(
        state=state,
        last_outcome=why[:600],
        provider_id=provider_id[:200],
        lease_until=None,
        finished_at=clock.now(),
    )
    log.info("push_finished", delivery=delivery.pk, status=state.value, attempt=delivery.attempt, reason=why)


def _later(delivery: Delivery, retry_after: float | None, why: str) -> None:
    pause = rules.pause(delivery.attempt, retry_after, random.random())  # noqa: S311
    _held(delivery).update(last_outcome=why[:600], lease_until=None, next_try_at=clock.now() + timedelta(seconds=pause))
    log.warning("push_put_off", delivery=delivery.pk, seconds=round(pause), attempt=delivery.attempt, reason=why)


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, if this worker still holds it: a lease that ran out and was taken by another shows in `attempt`."""
    return Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, state=DeliveryState.QUEUED)
