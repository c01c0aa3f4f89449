"""Which transactions were written within a trace: kept for some minutes, for those who tell others of what was written."""

from datetime import timedelta

from backend.events.models import TracedWrite
from backend.kit import clock

KEPT = timedelta(minutes=15)
"""Whoever tells of a write later than that does so without its trace."""


def forget_old() -> None:
    """Deletes what is no longer asked for."""
    TracedWrite.objects.filter(at__lt=clock.now() - KEPT).delete()
