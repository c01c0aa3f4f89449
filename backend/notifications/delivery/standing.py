"""How things stand with deliveries that were taken up: everything `decide` asks, read for all of them at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from backend.field.shifts import working_days_of
from backend.identity.models import User
from backend.kit import clock
from backend.notifications.delivery import stale
from backend.notifications.delivery.claim import Held
from backend.notifications.delivery.decide import HOUR, Span, Standing, Wishes
from backend.notifications.delivery.decide import Mode as ModeName
from backend.notifications.delivery.preferences import DEFAULT_DIGEST, default_mode, zone_of
from backend.notifications.models import Delivery, DeliveryState
from backend.notifications.occurrence import severity_of
from backend.sync.cursor import MAIN
from backend.sync.tables import BY_ENTITY
from backend.territories import coverage

DAYS_AHEAD = 8
"""So far the hours of work are looked up: a weekend and more."""

# The base of a stream is what its phone proved to hold, of the roots that it proved to hold.
_SYNCED = """EXISTS (
    SELECT FROM sync_stream s
    JOIN sync_streamscope k ON k.stream_id = s.id AND k.root = n.root_id
    WHERE s.device_id = a.device_id AND s.name = %(main)s
      AND s.base <> '' AND s.forgotten_at IS NULL AND k.removed_gen IS NULL AND k.added_gen <= s.acked_gen
      AND pg_visible_in_snapshot(n.change_xid::text::xid8, s.base::pg_snapshot))
"""
_AS_THEY_ARE = f"""
    SELECT d.id, a.retired_at IS NOT NULL,
        CASE WHEN v.user_id <> d.user_id OR v.revoked_at IS NOT NULL THEN 'the phone is no longer this person''s'
             WHEN d.address_id IS NULL AND u.email = '' THEN 'the person has no mail address'
             WHEN n.withdrawn_at IS NOT NULL OR n.deleted_at IS NOT NULL THEN 'withdrawn'
             WHEN n.read_at IS NOT NULL THEN 'read already'
             ELSE '' END,
        {stale.IS_OVER},
        n.change_xid IS NOT NULL AND n.severity <> 'critical' AND {_SYNCED},
        (SELECT p.mode FROM notifications_alertpreference p
         WHERE p.user_id = d.user_id AND p.channel = d.channel AND p.rule IN (n.rule, '')
         ORDER BY p.rule DESC LIMIT 1),
        (SELECT max(i.started_at) FROM field_visit i
         WHERE i.rep_id = d.user_id AND i.state = 'in_progress' AND i.deleted_at IS NULL),
        u.email, u.role, u.locale, u.timezone,
        w.id IS NOT NULL, w.quiet_from, w.quiet_to, w.working_hours_only, w.digest_time, w.budget_per_hour,
        w.hold_in_visit, w.critical_always
    FROM notifications_delivery d
    JOIN notifications_notification n ON n.id = d.notification_id
    JOIN identity_user u ON u.id = d.user_id
    LEFT JOIN notifications_pushaddress a ON a.id = d.address_id
    LEFT JOIN identity_device v ON v.id = a.device_id
    LEFT JOIN LATERAL (
        SELECT t.* FROM notifications_alertsettings t
        WHERE t.org_id = u.org_id AND (t.user_id = u.id OR t.user_id IS NULL)
        ORDER BY t.user_id NULLS LAST LIMIT 1
    ) w ON TRUE
    WHERE d.id = ANY(%(deliveries)s::uuid[])
"""  # noqa: S608 - all of it is ours


class Person(NamedTuple):
    """Whom a delivery goes to, as they are now."""

    email: str
    role: str
    locale: str
    zone: str


class AsItIs(NamedTuple):
    """What one delivery meets now. `mode`: what its person said of the rule, None when nothing."""

    retired: bool
    obstacle: str
    over: bool
    synced: bool
    mode: ModeName | None
    visit_since: datetime | None
    person: Person
    wishes: Wishes


@dataclass(slots=True)
class Pace:
    """What went out to a person on a channel within the hour: notification → when; and what is on its way."""

    sent: dict[UUID, datetime] = field(default_factory=dict)
    in_flight: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class Picture:
    """The standing of a batch at one moment. `went_out` tells it what the batch itself sends meanwhile."""

    moment: datetime
    met: Mapping[UUID, AsItIs]
    seen: Collection[tuple[UUID, UUID]]
    gone: Collection[UUID]
    work: Mapping[UUID, Sequence[Span]]
    pace: dict[tuple[UUID, str], Pace]

    def of(self, delivery: Held) -> tuple[Standing, Wishes]:
        """Returns how things stand with one delivery, and what its person wishes."""
        met = self.met[delivery.pk]
        pace = self.pace.get((delivery.user_id, delivery.channel), Pace())
        standing = Standing(
            severity=severity_of(delivery.severity),
            mode=met.mode or default_mode(delivery.channel, delivery.severity),
            expires_at=delivery.expires_at,
            obstacle=self._obstacle(delivery, met),
            synced=met.synced,
            digest_at=delivery.digest_at,
            work=self.work.get(delivery.user_id, ()),
            visit_since=met.visit_since,
            # One alert on three phones is one disturbance.
            sent=[at for other, at in pace.sent.items() if other != delivery.notification_id],
            in_flight=len(pace.in_flight - {delivery.notification_id} - set(pace.sent)),
        )
        return standing, met.wishes

    def retired(self, delivery: Held) -> bool:
        """Says whether nobody is reached at the delivery's address any more."""
        return self.met[delivery.pk].retired

    def person(self, delivery: Held) -> Person:
        """Returns whom the delivery goes to, as they are now."""
        return self.met[delivery.pk].person

    def went_out(self, delivery: Held) -> None:
        """Notes that a delivery is about to be sent by itself."""
        if self.met[delivery.pk].wishes.budget is not None:
            pace = self.pace.setdefault((delivery.user_id, delivery.channel), Pace())
            pace.sent.setdefault(delivery.notification_id, self.moment)

    def _obstacle(self, delivery: Held, met: AsItIs) -> str:
        if met.obstacle:
            return met.obstacle
        if (delivery.user_id, delivery.root_id) not in self.seen:
            return "the person no longer sees it"
        if met.over:
            return stale.OVER
        return "what it was about is gone" if delivery.subject_id in self.gone else ""


def picture(deliveries: Sequence[Held]) -> Picture:
    """Reads how things stand now with deliveries that this worker holds: in three queries, one more for each further kind of
    subject; one more where people have a budget, and five where they hear of alerts in working hours alone."""
    now = clock.now()
    met = _met(deliveries, now)
    wishes = {one.user_id: met[one.pk].wishes for one in deliveries}
    return Picture(
        moment=now,
        met=met,
        seen=coverage.seen_among({(one.user_id, one.root_id) for one in deliveries}),
        gone=_gone(deliveries),
        work=_work([key for key, one in wishes.items() if one.working_hours_only], now),
        pace=_pace([key for key, one in wishes.items() if one.budget is not None], deliveries, now),
    )


def _met(deliveries: Sequence[Held], now: datetime) -> dict[UUID, AsItIs]:
    asked: dict[str, Any] = {"deliveries": [one.pk for one in deliveries], "main": MAIN, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_AS_THEY_ARE, asked)
        return {row[0]: _as_it_is(*row[1:]) for row in cursor.fetchall()}


def _as_it_is(
    retired: bool,
    obstacle: str,
    over: bool,
    synced: bool,
    mode: ModeName | None,
    visit_since: datetime | None,
    email: str,
    role: str,
    locale: str,
    zone: str,
    *said: Any,
) -> AsItIs:
    return AsItIs(
        retired, obstacle, over, synced, mode, visit_since, Person(email, role, locale, zone), _wishes(zone, *said)
    )


def _wishes(
    zone: str,
    told: bool,
    quiet_from: time | None,
    quiet_to: time | None,
    working_hours_only: bool,
    digest_time: time,
    budget: int | None,
    hold_in_visit: bool,
    critical_always: bool,
) -> Wishes:
    if not told:
        return Wishes(zone=zone_of(zone), digest_time=DEFAULT_DIGEST)
    return Wishes(
        zone=zone_of(zone),
        quiet=None if quiet_from is None or quiet_to is None else (quiet_from, quiet_to),
        working_hours_only=working_hours_only,
        digest_time=digest_time,
        budget=budget,
        hold_in_visit=hold_in_visit,
        critical_always=critical_always,
    )


def _gone(told: Sequence[Held]) -> set[UUID]:
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


def _work(users: Sequence[UUID], now: datetime) -> dict[UUID, list[Span]]:
    if not users:
        return {}
    first = now.date() - timedelta(days=1)
    days = [first + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    worked = working_days_of(list(User.objects.filter(pk__in=users)), days)
    return {
        user_id: [(span.start, span.end) for some in of_days.values() for span in some if span.end > now]
        for user_id, of_days in worked.items()
    }


def _pace(users: Sequence[UUID], ours: Sequence[Held], now: datetime) -> dict[tuple[UUID, str], Pace]:
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
