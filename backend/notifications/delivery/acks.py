"""What devices say of alerts: that one arrived, that its person opened it. Said twice it is the same."""

from datetime import datetime

from django.db import connection, transaction

from backend.identity.actor import Actor
from backend.identity.models import Device
from backend.kit import clock
from backend.notifications import rules
from backend.notifications.models import DeviceAck, Notification

_SAY = """
    INSERT INTO notifications_deviceack AS k (notification_id, device_id, delivered_at, opened_at)
    VALUES (%(told)s, %(device)s, %(at)s, %(opened)s)
    ON CONFLICT (notification_id, device_id) DO UPDATE
    SET delivered_at = least(k.delivered_at, EXCLUDED.delivered_at), opened_at = least(k.opened_at, EXCLUDED.opened_at)
"""


@transaction.atomic
def acknowledge(
    *, actor: Actor, notification: Notification, device: Device, opened: bool, claimed_at: datetime | None = None
) -> DeviceAck:
    """Notes that the notification arrived on the actor's own device, and whether it was opened; the earliest word counts.

    `claimed_at`: the phone's clock, believed while it is not ahead of ours and not before the notification."""
    rules.check_own(actor, notification)
    rules.check_own_device(actor, device)
    now = clock.now()
    at = max(clock.happened_at(clock.believable(claimed_at), now), min(now, notification.occurred_at))
    with connection.cursor() as cursor:
        cursor.execute(_SAY, {"told": notification.pk, "device": device.pk, "at": at, "opened": at if opened else None})
    return DeviceAck.objects.get(notification=notification, device=device)
