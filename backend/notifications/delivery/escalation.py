"""What nobody read in time goes on to the manager, once."""

from uuid import UUID

from django.db import transaction

from backend.identity.models import User
from backend.kit import clock
from backend.notifications.delivery import phrases, planning, stale
from backend.notifications.delivery.again import row_from
from backend.notifications.delivery.words import UNREAD_BY
from backend.notifications.models import Notification, Origin
from backend.territories import coverage

BATCH = 200


@transaction.atomic
def escalate() -> int:
    """Tells the nearest manager above, who sees the subject, of what is unread too long; returns how many are settled.

    A manager who was told of the crossing already hears nothing new."""
    now = clock.now()
    unread = Notification.objects.filter(
        escalate_at__lte=now, escalated_at=None, read_at=None, withdrawn_at=None, deleted_at=None
    )
    rows = list(
        unread.select_for_update(skip_locked=True, of=("self",)).select_related("user").order_by("escalate_at")[:BATCH]
    )
    if not rows:
        return 0
    over = stale.over_among(rows)
    above = {row.user_id: _above(row.user) for row in rows}
    seen = coverage.seen_among({(one.pk, row.root_id) for row in rows for one in [*above[row.user_id], row.user]})
    going = []
    for row in rows:
        if row.pk in over or (row.user_id, row.root_id) not in seen:
            continue
        manager = next((one for one in above[row.user_id] if (one.pk, row.root_id) in seen), None)
        if manager is not None:
            who = row.user.name_shown
            up = row_from(row, manager, "manager", Origin.ESCALATED, more={UNREAD_BY: who})
            up.title = phrases.unread(up.title, who, manager.locale)
            going.append(up)
    planning.write(list({row.pk: row for row in going}.values()))
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(escalated_at=now)
    return len(rows)


def _above(person: User) -> list[User]:
    """The managers above a person, the nearest first."""
    found: list[User] = []
    known: set[UUID] = {person.pk}
    manager = person.manager
    while manager is not None and manager.pk not in known:
        if manager.is_active:
            found.append(manager)
        known.add(manager.pk)
        manager = manager.manager
    return found
