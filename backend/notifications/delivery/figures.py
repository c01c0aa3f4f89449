"""How the queue stands and what became of deliveries, by channel; plain queries, cheap enough to be asked every minute."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from backend.kit import clock
from backend.notifications.delivery.keeping import UNSEEN_WHY
from backend.notifications.models import Channel

DAY = timedelta(days=1)

_WAITING = """
    SELECT channel, hold_reason, count(*), count(*) FILTER (WHERE lease_until > %(now)s),
           count(*) FILTER (WHERE next_try_at <= %(now)s), min(next_try_at) FILTER (WHERE next_try_at <= %(now)s)
    FROM notifications_delivery WHERE state = 'queued' GROUP BY 1, 2
"""
_ENDED = """
    SELECT channel, state, count(*) FROM notifications_delivery
    WHERE finished_at > %(since)s AND finished_at <= %(now)s AND state <> 'queued' GROUP BY 1, 2
"""
_PRUNED = """
    SELECT CASE WHEN kind = 'webpush' THEN 'webpush' ELSE 'push' END, count(*),
           count(*) FILTER (WHERE retired_why = %(unseen)s)
    FROM notifications_pushaddress
    WHERE retired_at > %(since)s AND retired_at <= %(now)s GROUP BY 1
"""


@dataclass(slots=True)
class Figures:
    """Of one channel. `age`: for how long the oldest due delivery has been due, None when none is. `held`: reason → how
    many; `due`, `in_flight` and `put_off` are of those without a reason. The rest is of the span that was asked for;
    `pruned`: addresses that no install answers to any more, or that a newer one replaced; `unseen`: of these, those not heard
    of for too long."""

    channel: str
    age: timedelta | None = None
    due: int = 0
    in_flight: int = 0
    put_off: int = 0
    held: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    failed: int = 0
    gone: int = 0
    suppressed: int = 0
    pruned: int = 0
    unseen: int = 0


def figures(span: timedelta = DAY) -> list[Figures]:
    """Returns the figures of each channel; what ended, of the last `span`."""
    now = clock.now()
    found = {channel: Figures(channel) for channel in Channel.values}
    asked: dict[str, datetime | str] = {"now": now, "since": now - span, "unseen": UNSEEN_WHY}
    oldest: dict[str, datetime] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, asked)
        for channel, reason, count, leased, due, since in cursor.fetchall():
            one = found[channel]
            if since is not None:
                oldest[channel] = min(since, oldest.get(channel, since))
            if reason:
                one.held[reason] = count
            else:
                one.in_flight, one.due, one.put_off = leased, due, count - due
        cursor.execute(_ENDED, asked)
        for channel, state, count in cursor.fetchall():
            setattr(found[channel], state, count)
        cursor.execute(_PRUNED, asked)
        for channel, count, unseen in cursor.fetchall():
            found[channel].pruned, found[channel].unseen = count, unseen
    for channel, since in oldest.items():
        found[channel].age = now - since
    return list(found.values())
