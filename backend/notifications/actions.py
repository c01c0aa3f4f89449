"""Writes of this room: addresses, what people are told, and what they have read."""

from datetime import timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q

from backend.events.outbox import EventMeta
from backend.identity.actor import Actor
from backend.identity.models import Device, User
from backend.kit import clock
from backend.notifications import rules, texts
from backend.notifications.compose import Alert
from backend.notifications.models import Delivery, Notification, PushAddress

_NAMESPACE = UUID("6b0f1f0e-5f0e-4d0a-9c55-0a6a1d0c5d11")


def register_address(*, actor: Actor, device: Device, kind: str, value: str) -> PushAddress:
    """Makes `value` the one live address of the actor's own device; the address follows its phone to a new owner.

    Raises Invalid (ADDRESS_KIND, ADDRESS_MALFORMED, PUSH_SERVICE_UNKNOWN) and NotFound (DEVICE_NOT_FOUND).
    """
    rules.check_own_device(actor, device)
    value = rules.checked_address(kind, value)
    now = clock.now()
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=device.pk)
        concerned = Q(device=device, retired_at=None) | Q(kind=kind, value=value)
        # one ordered lock, so that two phones that swap addresses wait for each other instead of deadlocking
        rows = list(PushAddress.objects.select_for_update().filter(concerned).order_by("pk"))
        PushAddress.objects.filter(pk__in=[row.pk for row in rows if row.value != value or row.kind != kind]).update(
            retired_at=now, retired_why="replaced by a newer address"
        )
        address, _ = PushAddress.objects.update_or_create(
            kind=kind,
            value=value,
            defaults={
                "org_id": device.org_id,
                "device": device,
                "last_seen_at": now,
                "retired_at": None,
                "retired_why": "",
            },
        )
    return address


def mark_read(*, actor: Actor, notification: Notification) -> Notification:
    """Notes that the actor has read it, once; a queued push of it is then not sent. Raises NotFound for another's."""
    rules.check_own(actor, notification)
    Notification.objects.filter(pk=notification.pk, read_at=None).update(read_at=clock.now())
    notification.refresh_from_db(fields=["read_at", "version", "updated_at"])
    return notification


def tell(*, alert: Alert, meta: EventMeta) -> list[Notification]:
    """Writes the alert into each person's inbox and queues a push to each of their phones; returns the new rows.

    What was told before (the same event, or the same episode by another) is left alone.
    """
    now = clock.now()
    people = User.objects.filter(pk__in=alert.words, org_id=meta.org_id, is_active=True).order_by("pk")
    rows = [_notification(alert, meta, person) for person in people]
    with transaction.atomic():
        known = set(Notification.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        Notification.objects.bulk_create([row for row in rows if row.pk not in known], ignore_conflicts=True)
        fresh = list(Notification.objects.filter(pk__in={row.pk for row in rows} - known).order_by("pk"))
        addresses = PushAddress.objects.filter(
            device__user_id__in=[row.user_id for row in fresh], device__revoked_at=None, retired_at=None
        ).select_related("device")
        of_user: dict[UUID, list[PushAddress]] = {}
        for address in addresses:
            of_user.setdefault(address.device.user_id, []).append(address)
        Delivery.objects.bulk_create(
            [
                Delivery(org_id=meta.org_id, notification=row, address=address, next_try_at=now)
                for row in fresh
                for address in of_user.get(row.user_id, [])
            ],
            ignore_conflicts=True,
        )
    return fresh


def _notification(alert: Alert, meta: EventMeta, person: User) -> Notification:
    key = alert.words[person.pk]
    title, body = texts.render(key, alert.args, person.locale)
    return Notification(
        id=uuid5(_NAMESPACE, f"{meta.event_id}/{alert.rule.name}/{person.pk}"),
        org_id=meta.org_id,
        user=person,
        rule=alert.rule.name,
        subject_entity=alert.subject_entity,
        subject_id=alert.subject_id,
        episode=alert.episode,
        root_id=alert.root_id,
        title_key=key,
        args=alert.args,
        title=title,
        body=body,
        expires_at=clock.now() + _keeps(alert),
    )


def _keeps(alert: Alert) -> timedelta:
    return alert.rule.keeps
