"""Taking up what is due, with a lease, in one statement: nothing is locked while it is sent, and no row is read twice."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from backend.kit import clock
from backend.notifications.models import Delivery, DeliveryState

LEASE = timedelta(seconds=60)

_FREE = "d.state = 'queued' AND (d.lease_until IS NULL OR d.lease_until <= %(now)s) AND d.next_try_at <= %(now)s"
_SINGLE = f"""
    SELECT d.id FROM notifications_delivery d
    WHERE d.channel = %(channel)s AND {_FREE} AND (d.digest_at IS NULL OR d.digest_at > %(now)s)
    ORDER BY d.next_try_at, d.id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - all of it is ours
# Not SKIP LOCKED: who comes second waits, and then finds all of it taken, not the half.
_DIGESTS = f"""
    SELECT d.id FROM notifications_delivery d
    JOIN unnest(%(users)s::uuid[], %(channels)s::text[], %(addresses)s::uuid[], %(digests)s::timestamptz[])
         AS g(user_id, channel, address_id, digest_at)
      ON g.user_id = d.user_id AND g.channel = d.channel AND g.digest_at = d.digest_at
     AND g.address_id IS NOT DISTINCT FROM d.address_id
    WHERE {_FREE} ORDER BY d.id FOR UPDATE OF d
"""  # noqa: S608
_TAKE = """
    WITH due AS MATERIALIZED ({due}), taken AS (
        UPDATE notifications_delivery d SET lease_until = %(lease)s, attempt = d.attempt + 1
        FROM due WHERE d.id = due.id
        RETURNING d.*
    )
    SELECT d.id, d.notification_id, d.user_id, d.channel, d.address_id, d.digest_at, d.attempt, d.tries, d.last_outcome,
           a.kind, a.value, a.last_seen_at, n.rule, n.severity, n.category, n.subject_entity, n.subject_id, n.root_id,
           n.occurred_at, n.expires_at, n.title_key, n.title, n.body, n.args::text, n.origin, d.trace
    FROM taken d
    JOIN notifications_notification n ON n.id = d.notification_id
    LEFT JOIN notifications_pushaddress a ON a.id = d.address_id
    ORDER BY d.next_try_at, d.id
"""


class Held(NamedTuple):
    """A delivery that this worker holds, with what does not change while it is held. `kind`, `value` and `last_seen_at` are
    of its push address, None by mail; `attempt` counts this time too. `args`: the arguments of the words, as JSON."""

    pk: UUID
    notification_id: UUID
    user_id: UUID
    channel: str
    address_id: UUID | None
    digest_at: datetime | None
    attempt: int
    tries: int
    last_outcome: str
    kind: str | None
    value: str | None
    last_seen_at: datetime | None
    rule: str
    severity: str
    category: str
    subject_entity: str
    subject_id: UUID
    root_id: UUID
    occurred_at: datetime
    expires_at: datetime
    title_key: str
    title: str
    body: str
    args: str
    origin: str
    trace: str = ""

    def arguments(self) -> Mapping[str, str]:
        """Returns the arguments of the words."""
        found: dict[str, str] = json.loads(self.args)
        return found


def single(channel: str, limit: int) -> list[Held]:
    """Takes up to `limit` due deliveries of a channel that go out by themselves, or whose wait is over."""
    return _take(_SINGLE, channel=channel, most=limit) if limit > 0 else []


def digests(channels: Sequence[str], limit: int) -> list[Held]:
    """Takes all that waits for up to `limit` digests that are due: each whole, and by one worker."""
    now = clock.now()
    waiting = Delivery.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        state=DeliveryState.QUEUED,
        digest_at__lte=now,
        next_try_at__lte=now,
        channel__in=channels,
    )
    groups = list(
        waiting.order_by("digest_at", "user", "channel", "address")
        .values_list("user_id", "channel", "address_id", "digest_at")
        .distinct()[:limit]
    )
    if not groups:
        return []
    users, of_channels, addresses, at = (list(column) for column in zip(*groups, strict=True))
    return _take(_DIGESTS, users=users, channels=of_channels, addresses=addresses, digests=at)


def _take(due: str, **asked: Any) -> list[Held]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(due=due), {"now": now, "lease": now + LEASE, **asked})
        return [Held._make(row) for row in cursor.fetchall()]
