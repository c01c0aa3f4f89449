"""What nobody read in time goes on to the manager, once."""

from django.db import transaction

from backend.identity.models import User
from backend.identity.queries import managers_above
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
    above = managers_above({row.user_id for row in rows})
    seen = coverage.seen_among(
        {(one, row.root_id) for row in rows for one in (*above.get(row.user_id, ()), row.user_id)}
    )
    managers = User.objects.in_bulk({one for some in above.values() for one in some})
    going = []
    for row in rows:
        if row.pk in over or (row.user_id, row.root_id) not in seen:
            continue
        manager = next((one for one in above.get(row.user_id, ()) if (one, row.root_id) in seen), None)
        if manager is not None:
            who, to = row.user.name_shown, managers[manager]
            up = row_from(row, to, "manager", Origin.ESCALATED, more={UNREAD_BY: who})
            up.title = phrases.unread(up.title, who, to.locale)
            going.append(up)
    planning.write(list({row.pk: row for row in going}.values()))
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(escalated_at=now)
    return len(rows)
