"""How things stand with deliveries that were taken up: everything `decide` asks, read for all of them at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from backend.field.models import Visit
from backend.field.shifts import working_days
from backend.identity.models import User
from backend.kit import clock
from backend.notifications.delivery import preferences, stale
from backend.notifications.delivery.decide import HOUR, Span, Standing, Wishes
from backend.notifications.models import Delivery, DeliveryState, Notification, Severity
from backend.notifications.occurrence import severity_of
from backend.sync.cursor import MAIN
from backend.sync.tables import BY_ENTITY
from backend.territories import coverage

DAYS_AHEAD = 8
"""So far the hours of work are looked up: a weekend and more."""

# The base of a stream is what its phone proved to hold, of the roots that it proved to hold.
_SYNCED = """
    SELECT d.id FROM notifications_delivery d
    JOIN notifications_notification n ON n.id = d.notification_id
    JOIN notifications_pushaddress a ON a.id = d.address_id
    JOIN sync_stream s ON s.device_id = a.device_id AND s.name = %(main)s
    JOIN sync_streamscope k ON k.stream_id = s.id AND k.root = n.root_id
    WHERE d.id = ANY(%(deliveries)s::uuid[]) AND n.change_xid IS NOT NULL
      AND s.base <> '' AND s.forgotten_at IS NULL AND k.removed_gen IS NULL AND k.added_gen <= s.acked_gen
      AND pg_visible_in_snapshot(n.change_xid::text::xid8, s.base::pg_snapshot)
"""


@dataclass(slots=True)
class Pace:
    """What went out to a person on a channel within the hour: notification → when; and what is on its way."""

    sent: dict[UUID, datetime] = field(default_factory=dict)
    in_flight: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class Picture:
    """The standing of a batch at one moment. `went_out` tells it what the batch itself sends meanwhile."""

    moment: datetime
    wishes: Mapping[UUID, Wishes]
    modes: preferences.Modes
    seen: Collection[tuple[UUID, UUID]]
    gone: Collection[UUID]
    over: Collection[UUID]
    synced: Collection[UUID]
    visits: Mapping[UUID, datetime]
    work: Mapping[UUID, Sequence[Span]]
    pace: dict[tuple[UUID, str], Pace]

    def of(self, delivery: Delivery) -> tuple[Standing, Wishes]:
        """Returns how things stand with one delivery, and what its person wishes."""
        told = delivery.notification
        pace = self.pace.get((told.user_id, delivery.channel), Pace())
        standing = Standing(
            severity=severity_of(told.severity),
            mode=self.modes.mode(told.user_id, told.rule, delivery.channel, told.severity),
            expires_at=told.expires_at,
            obstacle=self._obstacle(delivery, told),
            synced=delivery.pk in self.synced,
            digest_at=delivery.digest_at,
            work=self.work.get(told.user_id, ()),
            visit_since=self.visits.get(told.user_id),
            # One alert on three phones is one disturbance.
            sent=[at for other, at in pace.sent.items() if other != told.pk],
            in_flight=len(pace.in_flight - {told.pk} - set(pace.sent)),
        )
        return standing, self.wishes[told.user_id]

    def went_out(self, delivery: Delivery) -> None:
        """Notes that a delivery is about to be sent by itself."""
        pace = self.pace.setdefault((delivery.user_id, delivery.channel), Pace())
        pace.sent.setdefault(delivery.notification_id, self.moment)

    def _obstacle(self, delivery: Delivery, told: Notification) -> str:
        address = delivery.address
        if address is not None and (address.device.user_id != told.user_id or address.device.revoked_at is not None):
            return "the phone is no longer this person's"
        if address is None and not told.user.email:
            return "the person has no mail address"
        if told.withdrawn_at is not None or told.deleted_at is not None:
            return "withdrawn"
        if told.read_at is not None:
            return "read already"
        if (told.user_id, told.root_id) not in self.seen:
            return "the person no longer sees it"
        if told.pk in self.over:
            return stale.OVER
        return "what it was about is gone" if told.subject_id in self.gone else ""


def picture(deliveries: Sequence[Delivery]) -> Picture:
    """Reads how things stand now with deliveries that this worker holds; as many queries for many as for one."""
    now = clock.now()
    people = {delivery.notification.user_id: delivery.notification.user for delivery in deliveries}
    told = [delivery.notification for delivery in deliveries]
    wishes = preferences.wishes_of(list(people.values()))
    return Picture(
        moment=now,
        wishes=wishes,
        modes=preferences.modes_of(people),
        seen=coverage.seen_among({(one.user_id, one.root_id) for one in told}),
        gone=_gone(told),
        over=stale.over_among(told),
        synced=_synced(deliveries),
        visits=_visits([key for key, one in wishes.items() if one.hold_in_visit]),
        work={key: _work(people[key], now) for key, one in wishes.items() if one.working_hours_only},
        pace=_pace([key for key, one in wishes.items() if one.budget is not None], deliveries, now),
    )


def _gone(told: Sequence[Notification]) -> set[UUID]:
    """The subjects that were deleted or taken into another. A row is never removed, so one that is missing is not gone."""
    of_entity: dict[str, set[UUID]] = defaultdict(set)
    for one in told:
        if one.subject_entity in BY_ENTITY:
            of_entity[one.subject_entity].add(one.subject_id)
    gone: set[UUID] = set()
    with connection.cursor() as cursor:
        for entity, keys in of_entity.items():
            table = BY_ENTITY[entity]
            cursor.execute(
                f"SELECT t.id FROM {table.table} t{table.join} WHERE t.id = ANY(%s::uuid[]) AND NOT ({table.alive})",  # noqa: S608
                [list(keys)],
            )
            gone.update(key for (key,) in cursor.fetchall())
    return gone


def _synced(deliveries: Sequence[Delivery]) -> set[UUID]:
    asked = [
        one.pk
        for one in deliveries
        if one.notification.change_xid is not None and one.notification.severity != Severity.CRITICAL
    ]
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_SYNCED, {"deliveries": asked, "main": MAIN})
        return {key for (key,) in cursor.fetchall()}


def _visits(users: Sequence[UUID]) -> dict[UUID, datetime]:
    under_way = Visit.objects.filter(rep_id__in=users, state="in_progress", deleted_at=None, started_at__isnull=False)
    return {rep: since for rep, since in under_way.values_list("rep_id", "started_at") if since is not None}


def _work(person: User, now: datetime) -> list[Span]:
    first = now.date() - timedelta(days=1)
    days = [first + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    return [(span.start, span.end) for day in working_days(person, days).values() for span in day if span.end > now]


def _pace(users: Sequence[UUID], ours: Sequence[Delivery], now: datetime) -> dict[tuple[UUID, str], Pace]:
    """What others sent and are sending; a digest is asked for, and does not count."""
    found: dict[tuple[UUID, str], Pace] = {}
    if not users:
        return found
    recent = Delivery.objects.filter(
        Q(state=DeliveryState.SENT, finished_at__gt=now - HOUR) | Q(state=DeliveryState.QUEUED, lease_until__gt=now),
        user_id__in=users,
        digest_at=None,
    ).exclude(pk__in=[one.pk for one in ours])
    for user_id, channel, told, at in recent.values_list("user_id", "channel", "notification_id", "finished_at"):
        pace = found.setdefault((user_id, channel), Pace())
        if at is None:
            pace.in_flight.add(told)
        else:
            pace.sent[told] = min(at, pace.sent.get(told, at))
    return found
