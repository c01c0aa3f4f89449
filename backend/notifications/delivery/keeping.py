"""How long alerts stay in the inbox, how long it can be told what came of each message, and how long a silent phone is
written to."""

from datetime import timedelta

from django.db.models import Exists, OuterRef

from backend.kit import clock
from backend.notifications.models import AddressKind, Attempt, DeviceAck, Notification, Omission, PushAddress
from backend.sync.models import Stream

KEPT = timedelta(days=90)
BATCH = 5_000

UNSEEN = timedelta(days=270)
"""After so long without a sign of the app Google's own service lets a registration expire."""

UNSEEN_WHY = "not heard of for 270 days"


def forget_old() -> int:
    """Takes alerts older than KEPT out of inboxes and off phones, some at a time, and deletes attempts, and notes of who was
    left out, that are as old; how a delivery ended stays with it."""
    now = clock.now()
    before = now - KEPT
    old = Notification.objects.filter(occurred_at__lt=before, deleted_at=None).order_by("occurred_at")[:BATCH]
    Notification.objects.filter(pk__in=list(old.values_list("pk", flat=True))).update(deleted_at=now)
    attempts = Attempt.objects.filter(at__lt=before)
    return attempts._raw_delete(attempts.db) + Omission.objects.filter(at__lt=before).delete()[0]


def retire_unseen() -> int:
    """Retires FCM addresses whose phone neither registered, nor synced, nor said that an alert arrived, for UNSEEN; returns how
    many. It registers again when its app is opened. Push services of browsers say themselves when nobody is there."""
    now = clock.now()
    before = now - UNSEEN
    synced = Stream.objects.filter(device_id=OuterRef("device_id"), last_pull_at__gte=before)
    said = DeviceAck.objects.filter(device_id=OuterRef("device_id"), delivered_at__gte=before)
    silent = PushAddress.objects.filter(~Exists(synced), ~Exists(said), retired_at=None, last_seen_at__lt=before)
    of_phones = silent.filter(kind__in=[AddressKind.FID, AddressKind.FCM_TOKEN])
    return of_phones.update(retired_at=now, retired_why=UNSEEN_WHY)
