"""Writes of this room: addresses, what people are told, and what they have read."""

from django.db import transaction
from django.db.models import Q

from backend.identity.actor import Actor
from backend.identity.models import Device
from backend.kit import clock
from backend.notifications import rules
from backend.notifications.models import Notification, PushAddress


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
