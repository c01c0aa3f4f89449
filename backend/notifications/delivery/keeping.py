"""How long alerts stay in the inbox, and how long it can be told what came of each message."""

from datetime import timedelta

from backend.kit import clock
from backend.notifications.models import Attempt, Notification, Omission

KEPT = timedelta(days=90)
BATCH = 5_000


def forget_old() -> int:
    """Takes alerts older than KEPT out of inboxes and off phones, some at a time, and deletes attempts, and notes of who was
    left out, that are as old; how a delivery ended stays with it."""
    now = clock.now()
    before = now - KEPT
    old = Notification.objects.filter(occurred_at__lt=before, deleted_at=None).order_by("occurred_at")[:BATCH]
    Notification.objects.filter(pk__in=list(old.values_list("pk", flat=True))).update(deleted_at=now)
    attempts = Attempt.objects.filter(at__lt=before)
    return attempts._raw_delete(attempts.db) + Omission.objects.filter(at__lt=before).delete()[0]
