"""Taking back what is no longer so: its crossing is over, or what it was about is gone."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from backend.kit import clock
from backend.notifications.models import Delivery, DeliveryState, Notification

OVER = "it is over"
BATCH = 1_000

# What happened at a moment stays true; only a state that somebody was told of can end.
IS_OVER = """EXISTS (
    SELECT FROM alerting_alertepisode e
    WHERE e.rule_id = n.rule_id AND e.subject_id = n.subject_id AND e.episode = n.episode
      AND e.closed_at IS NOT NULL AND e.closed_at <= %(now)s AND NOT e.moment)
"""
"""Whether the crossing that a notification `n` tells of is over at `now`."""

_OVER = f"SELECT n.id FROM notifications_notification n WHERE {IS_OVER} AND {{which}}"  # noqa: S608 - all of it is ours
_LIVE = """
    n.withdrawn_at IS NULL AND n.deleted_at IS NULL AND n.read_at IS NULL AND n.expires_at > %(now)s LIMIT %(most)s
"""


def over_among(told: Sequence[Notification]) -> set[UUID]:
    """Returns the ids of those whose crossing is over; one query, none for what no rule as data told."""
    asked = [one.pk for one in told if one.rule_id is not None]
    return _ask("n.id = ANY(%(asked)s::uuid[])", asked=asked) if asked else set()


def withdraw_over() -> int:
    """Withdraws what nobody has read yet and is over; returns how many."""
    return withdraw(_ask(_LIVE, most=BATCH), OVER)


@transaction.atomic
def withdraw(keys: Collection[UUID], why: str) -> int:
    """Takes notifications out of their people's inboxes and off the queue; returns how many stood there."""
    now = clock.now()
    standing = Notification.objects.filter(pk__in=keys, withdrawn_at=None)
    taken = standing.update(withdrawn_at=now, withdrawn_why=why[:200])
    drop(Delivery.objects.filter(notification_id__in=keys), f"withdrawn: {why}")
    return taken


def drop(deliveries: QuerySet[Delivery], why: str) -> int:
    """Ends what waits of the deliveries and no worker holds: who holds one looks again before sending."""
    waiting = deliveries.filter(state=DeliveryState.QUEUED, lease_until=None)
    return waiting.update(
        state=DeliveryState.SUPPRESSED, last_outcome=why[:600], hold_reason="", finished_at=clock.now()
    )


def _ask(which: str, **more: int | list[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_OVER.format(which=which), {"now": clock.now(), **more})
        return {key for (key,) in cursor.fetchall()}
