"""Who is told, once, and on which ways: inbox rows and deliveries, written where the event is handled.

One rule of identity stands behind all of it: a notification is (rule, subject, episode, person). Whoever tells again,
escalates, or hands over an account comes to the same row, so nobody hears of one crossing twice."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID, uuid5

from django.db import transaction

from backend.identity.models import User
from backend.kit import clock
from backend.notifications import texts
from backend.notifications.delivery import preferences
from backend.notifications.lanes import channel_of
from backend.notifications.models import (
    Channel,
    Delivery,
    Notification,
    Omission,
    Origin,
    PushAddress,
)
from backend.notifications.occurrence import Hearing, Occurrence
from backend.telemetry import tracing
from backend.territories import coverage

_NAMESPACE = UUID("6b0f1f0e-5f0e-4d0a-9c55-0a6a1d0c5d11")
BATCH = 2_000


@transaction.atomic
def tell(*, occurrence: Occurrence) -> list[Notification]:
    """Tells of one occurrence as `tell_all` does; returns the new rows."""
    return [row for some in _told([occurrence]) for row in some]


@transaction.atomic
def tell_all(*, occurrences: Sequence[Occurrence]) -> int:
    """Writes the occurrences into each person's inbox and plans a delivery for each of their ways; returns how many rows are
    new. As many queries for many occurrences as for one, for each BATCH of rows.

    Who may not see the subject now, or has left, is not told: an Omission says so. What was told before is left alone."""
    return sum(len(some) for some in _told(occurrences))


def _told(occurrences: Sequence[Occurrence]) -> Iterator[list[Notification]]:
    meant = {user_id for one in occurrences for user_id in one.heard_by}
    if not meant:
        return
    people = User.objects.only("org_id", "is_active", "locale", "email").in_bulk(meant)
    seen = coverage.seen_among({(user_id, one.root_id) for one in occurrences for user_id in one.heard_by})
    hearing: list[tuple[Occurrence, User]] = []
    left_out: list[tuple[Occurrence, User, str]] = []
    for one in occurrences:
        for user_id in sorted(one.heard_by):
            person = people.get(user_id)
            if person is None or person.org_id != one.org_id:
                continue
            if not person.is_active:
                left_out.append((one, person, "has left"))
            elif (user_id, one.root_id) not in seen:
                left_out.append((one, person, "does not see it"))
            else:
                hearing.append((one, person))
    _note_omissions(left_out)
    for start in range(0, len(hearing), BATCH):
        some = hearing[start : start + BATCH]
        yield write([row_for(one, person, one.heard_by[person.pk]) for one, person in some])


def row_for(occurrence: Occurrence, person: User, hearing: Hearing, origin: Origin = Origin.TOLD) -> Notification:
    """Returns the unsaved inbox row of one person."""
    now = clock.now()
    title, body = texts.render(hearing.key, occurrence.args, person.locale)
    escalates = occurrence.escalate_after is not None and hearing.audience != "manager"
    return Notification(
        id=identity(occurrence.rule, occurrence.subject_id, occurrence.episode, person.pk),
        org_id=occurrence.org_id,
        user=person,
        rule=occurrence.rule,
        rule_id=occurrence.rule_id,
        rule_version_id=occurrence.rule_version_id,
        category=occurrence.category,
        severity=occurrence.severity,
        audience=hearing.audience,
        origin=origin,
        event_id=occurrence.event_id,
        occurred_at=occurrence.occurred_at,
        change_xid=occurrence.change_xid,
        escalate_at=now + occurrence.escalate_after if escalates and occurrence.escalate_after else None,
        addressed_at=now,
        subject_entity=occurrence.subject_entity,
        subject_id=occurrence.subject_id,
        episode=occurrence.episode,
        root_id=occurrence.root_id,
        title_key=hearing.key,
        args=dict(occurrence.args),
        title=title,
        body=body,
        expires_at=now + occurrence.keeps,
    )


def identity(rule: str, subject_id: UUID, episode: str, user_id: UUID) -> UUID:
    """Returns the one id under which a person hears of one crossing."""
    return uuid5(_NAMESPACE, f"{rule}/{subject_id}/{episode}/{user_id}")


@transaction.atomic
def write(rows: Sequence[Notification]) -> list[Notification]:
    """Writes those inbox rows that are not there yet, plans their deliveries, and returns them."""
    known = set(Notification.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    fresh = [row for row in rows if row.pk not in known]
    if not fresh:
        return []
    Notification.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=BATCH)
    # An older release may have told the same under another id.
    there = set(Notification.objects.filter(pk__in=[row.pk for row in fresh]).values_list("pk", flat=True))
    written = sorted((row for row in fresh if row.pk in there), key=lambda row: row.pk)
    plan(written)
    return written


def plan(rows: Sequence[Notification]) -> None:
    """Queues a delivery of each row for every phone and browser of its person, and by mail where they wish it."""
    now, place = clock.now(), tracing.carried()
    of_user = _addresses(row.user_id for row in rows)
    modes = preferences.modes_of({row.user_id for row in rows})
    queued = [
        Delivery(
            org_id=row.org_id,
            notification=row,
            user_id=row.user_id,
            address=address,
            channel=channel_of(address.kind),
            next_try_at=now,
            trace=place,
        )
        for row in rows
        for address in of_user.get(row.user_id, ())
    ]
    queued += [
        Delivery(
            org_id=row.org_id,
            notification=row,
            user_id=row.user_id,
            channel=Channel.EMAIL,
            next_try_at=now,
            trace=place,
        )
        for row in rows
        if row.user.email and modes.mode(row.user_id, row.rule, Channel.EMAIL, row.severity) != "off"
    ]
    Delivery.objects.bulk_create(queued, ignore_conflicts=True, batch_size=BATCH)


def _addresses(users: Iterable[UUID]) -> dict[UUID, list[PushAddress]]:
    live = PushAddress.objects.filter(device__user_id__in=set(users), device__revoked_at=None, retired_at=None)
    of_user: dict[UUID, list[PushAddress]] = {}
    for address in live.select_related("device").order_by("pk"):
        of_user.setdefault(address.device.user_id, []).append(address)
    return of_user


def _note_omissions(left_out: Sequence[tuple[Occurrence, User, str]]) -> None:
    now = clock.now()
    Omission.objects.bulk_create(
        [
            Omission(
                org_id=occurrence.org_id,
                rule=occurrence.rule,
                subject_id=occurrence.subject_id,
                episode=occurrence.episode,
                user=person,
                why=why,
                at=now,
            )
            for occurrence, person, why in left_out
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
