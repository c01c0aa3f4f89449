"""Taking up what is due: with a lease, in a transaction of its own, so that nothing is locked while it is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from backend.kit import clock
from backend.notifications.models import Delivery, DeliveryState

LEASE = timedelta(seconds=60)


def single(channel: str, limit: int) -> list[Delivery]:
    """Takes up to `limit` due deliveries of a channel that go out by themselves, or whose wait is over."""
    if limit <= 0:
        return []
    now = clock.now()
    with transaction.atomic():
        due = _free(now).filter(Q(digest_at=None) | Q(digest_at__gt=now), channel=channel, next_try_at__lte=now)
        keys = due.select_for_update(skip_locked=True).order_by("next_try_at", "id").values_list("pk", flat=True)
        return _lease(list(keys[:limit]), now)


def digests(channels: Sequence[str], limit: int) -> list[Delivery]:
    """Takes all that waits for up to `limit` digests that are due: each whole, and by one worker."""
    now = clock.now()
    waiting = _free(now).filter(digest_at__lte=now, next_try_at__lte=now, channel__in=channels)
    groups = list(
        waiting.order_by("digest_at", "user", "channel", "address")
        .values_list("user_id", "channel", "address_id", "digest_at")
        .distinct()[:limit]
    )
    if not groups:
        return []
    with transaction.atomic():
        wanted = Q()
        for user_id, channel, address_id, digest_at in groups:
            wanted |= Q(user_id=user_id, channel=channel, address_id=address_id, digest_at=digest_at)
        # Not SKIP LOCKED: who comes second waits, and then finds all of it taken, not the half.
        rows = _free(now).select_for_update().filter(wanted, next_try_at__lte=now).order_by("id")
        return _lease(list(rows.values_list("pk", flat=True)), now)


def _free(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), state=DeliveryState.QUEUED)


def _lease(keys: list[UUID], now: datetime) -> list[Delivery]:
    if not keys:
        return []
    Delivery.objects.filter(pk__in=keys).update(lease_until=now + LEASE, attempt=F("attempt") + 1)
    rows = Delivery.objects.filter(pk__in=keys).select_related("notification__user", "address__device")
    return list(rows.order_by("next_try_at", "id"))
