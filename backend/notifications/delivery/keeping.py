"""How long it can be told what came of each message."""

from datetime import timedelta

from backend.kit import clock
from backend.notifications.models import Attempt, Omission

KEPT = timedelta(days=90)


def forget_old() -> int:
    """Deletes attempts, and notes of who was left out, that are older than KEPT; how a delivery ended stays with it."""
    before = clock.now() - KEPT
    attempts = Attempt.objects.filter(at__lt=before)
    return attempts._raw_delete(attempts.db) + Omission.objects.filter(at__lt=before).delete()[0]
