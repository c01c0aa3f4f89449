"""Alerts follow the account: who no longer sees it has the alert taken back, who works it now is told.

All under one identity (planning.identity): nobody hears twice, and who gets an account back finds the alert as it was."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from backend.identity.models import Role, User
from backend.kit import clock
from backend.notifications.delivery import planning, stale
from backend.notifications.delivery.again import row_from
from backend.notifications.models import Audience, Delivery, DeliveryState, Notification, Origin
from backend.notifications.occurrence import audience_of
from backend.territories import coverage

HANDED = "it went to somebody else"
BATCH = 500
LOOK_BACK = timedelta(minutes=5)
"""A span may be committed a while after the instant that it begins at."""

# An account came or went, somebody came to its territory or left it, it was shared or is no longer, or the person became
# somebody else, since it was last asked whose the alert is.
_SINCE = "tstzrange(least(n.addressed_at - make_interval(secs => %(back)s), %(now)s), %(now)s, '[]') @> ANY(ARRAY[{}])"
_SPANS = "a.valid_from, a.valid_to, a.updated_at, a.deleted_at, u.valid_from, u.valid_to, u.updated_at, u.deleted_at"
_TOUCHED = f"""
    SELECT n.id FROM notifications_notification n
    WHERE n.withdrawn_at IS NULL AND n.deleted_at IS NULL AND n.expires_at > %(now)s AND n.audience <> 'named' AND (
        EXISTS (
            SELECT FROM territories_accountterritory a
            LEFT JOIN territories_userterritory u ON u.territory_id = a.territory_id
            WHERE a.account_id = n.root_id AND {_SINCE.format(_SPANS)})
        OR EXISTS (
            SELECT FROM territories_accountshare s WHERE s.account_id = n.root_id AND s.user_id = n.user_id
            AND {_SINCE.format("s.valid_from, s.valid_to, s.updated_at, s.deleted_at")})
        OR EXISTS (SELECT FROM identity_user p WHERE p.id = n.user_id AND {_SINCE.format("p.updated_at")}))
    LIMIT %(most)s
"""  # noqa: S608 - all of it is ours
_REPS = """
    SELECT DISTINCT a.account_id, u.user_id FROM territories_accountterritory a
    JOIN territories_userterritory u ON u.territory_id = a.territory_id AND u.role = 'primary' AND u.deleted_at IS NULL
     AND u.valid_from <= %(now)s AND (u.valid_to IS NULL OR u.valid_to > %(now)s)
    WHERE a.account_id = ANY(%(roots)s::uuid[]) AND a.role = 'primary' AND a.deleted_at IS NULL
      AND a.valid_from <= %(now)s AND (a.valid_to IS NULL OR a.valid_to > %(now)s)
"""


def follow() -> int:
    """Looks at alerts whose account, or whose people, moved since the last look; returns how many changed hands."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, {"now": clock.now(), "back": LOOK_BACK.total_seconds(), "most": BATCH})
        return readdress(Q(pk__in=[key for (key,) in cursor.fetchall()]))


def follow_account(account_id: UUID) -> int:
    """Looks at the alerts of one account; returns how many changed hands."""
    return readdress(Q(root_id=account_id))


@transaction.atomic
def readdress(which: Q) -> int:
    """Takes live alerts from people who no longer see them, and tells those who work the account now."""
    now = clock.now()
    live = Notification.objects.filter(which, withdrawn_at=None, deleted_at=None, expires_at__gt=now)
    rows = list(live.exclude(audience=Audience.NAMED).select_for_update(of=("self",)).order_by("pk"))
    seen = coverage.seen_among({(row.user_id, row.root_id) for row in rows})
    lost = [row for row in rows if (row.user_id, row.root_id) not in seen]
    if lost:
        stale.withdraw([row.pk for row in lost], HANDED)
        over = stale.over_among(lost)
        _tell_next([row for row in lost if row.pk not in over])
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(addressed_at=now)
    return len(lost)


def _tell_next(lost: Sequence[Notification]) -> None:
    reps = _reps_of({row.root_id for row in lost})
    managers = {rep.pk: rep.manager for people in reps.values() for rep in people if rep.manager is not None}
    wanted: dict[UUID, Notification] = {}
    for row in lost:
        for rep in reps.get(row.root_id, []):
            person = rep if row.audience == Audience.REP else managers.get(rep.pk)
            if person is not None and person.is_active:
                next_row = row_from(row, person, audience_of(row.audience), Origin.HANDED_OVER)
                wanted.setdefault(next_row.pk, next_row)
    seen = coverage.seen_among({(one.user_id, one.root_id) for one in wanted.values()})
    told = [one for one in wanted.values() if (one.user_id, one.root_id) in seen]
    _give_back([one.pk for one in told])
    planning.write(told)


def _reps_of(roots: Collection[UUID]) -> dict[UUID, list[User]]:
    """The reps who work each account now."""
    with connection.cursor() as cursor:
        cursor.execute(_REPS, {"now": clock.now(), "roots": list(roots)})
        pairs = cursor.fetchall()
    reps = User.objects.filter(pk__in={user for _, user in pairs}, role=Role.REP, is_active=True)
    of_id = {rep.pk: rep for rep in reps.select_related("manager")}
    found: dict[UUID, list[User]] = defaultdict(list)
    for root, user in sorted(pairs):
        if user in of_id:
            found[root].append(of_id[user])
    return found


def _give_back(keys: Sequence[UUID]) -> None:
    """Puts back into the inbox what its person had before; a phone hears of it only if none ever did."""
    now = clock.now()
    back = Notification.objects.filter(pk__in=keys, withdrawn_why=HANDED, withdrawn_at__isnull=False)
    returned = list(back.values_list("pk", flat=True))
    if not returned:
        return
    heard = set(
        Delivery.objects.filter(notification_id__in=returned, tries__gt=0).values_list("notification_id", flat=True)
    )
    Notification.objects.filter(pk__in=returned).update(withdrawn_at=None, withdrawn_why="", addressed_at=now)
    unsent = Delivery.objects.filter(notification_id__in=set(returned) - heard, state=DeliveryState.SUPPRESSED)
    unsent.update(state=DeliveryState.QUEUED, finished_at=None, next_try_at=now, lease_until=None, last_outcome="")
