"""Reading the field: a rep's day, a visit, what is due."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from backend.field.cadence import days_overdue, due_on
from backend.field.models import Visit
from backend.field.rules import visit_not_found
from backend.field.walltime import day_instants
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.territories.coverage import visible


def visits(actor: Actor) -> QuerySet[Visit]:
    """Returns the visits at accounts the actor sees."""
    return visible(Visit.objects.all(), actor, root="account_id")


def visit_for(actor: Actor, visit_id: UUID) -> Visit:
    """Returns the visit if the actor sees its account, or is its rep; raises NotFound.

    A rep's own visit stays theirs to finish after the account has gone to somebody else."""
    visit = visits(actor).filter(pk=visit_id).first()
    if visit is None:
        visit = Visit.objects.filter(org_id=actor.org_id, rep_id=actor.user_id, pk=visit_id, deleted_at=None).first()
    if visit is None:
        raise visit_not_found()
    return visit


def day_bounds(person: User, day: date) -> tuple[datetime, datetime]:
    """Returns the instants at which the day begins and ends where the person lives."""
    return day_instants(clock.checked_day(day, "day"), ZoneInfo(person.timezone))


def day_of(rep: User, day: date) -> QuerySet[Visit]:
    """Returns the rep's visits planned on the day, in order."""
    start, end = day_bounds(rep, day)
    return Visit.objects.filter(rep=rep, deleted_at=None, planned_start__gte=start, planned_start__lt=end).order_by(
        "planned_start", "id"
    )


@dataclass(frozen=True, slots=True)
class DueAccount:
    """An account whose visit is due. Windows: [(from, to)] local times of the asked weekday; `week` has those of all
    weekdays, (1 Monday .. 7 Sunday, from, to). Both are empty when it is `open_all_week`."""

    account_id: UUID
    name: str
    tier: str
    boost: int
    point: LatLng | None
    service_minutes: int
    windows: tuple[tuple[time, time], ...]
    open_all_week: bool
    last_visit: date | None
    due: date
    days_overdue: int
    open_value: Decimal | None
    best_stage_probability: int | None
    week: tuple[tuple[int, time, time], ...] = ()
    interval_days: int | None = None


_DUE = """
    SELECT a.id, a.name, a.tier, a.boost, ad.lat, ad.lng, a.service_minutes, a.visit_windows,
           been.last, a.created_at, cc.interval_days, deal.value, deal.probability
    FROM crm_account a
    JOIN visible_roots(%(rep)s, %(now)s) seen ON seen.root = a.id AND seen.kind = 'account'
    LEFT JOIN crm_address ad ON ad.account_id = a.id AND ad.is_primary AND ad.deleted_at IS NULL
    LEFT JOIN field_callcycle cc ON cc.org_id = a.org_id AND cc.tier = a.tier AND cc.deleted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT sum(o.amount) AS value, max(s.probability) AS probability FROM crm_opportunity o
        JOIN crm_stage s ON s.id = o.stage_id AND s.category = 'open'
        WHERE o.account_id = a.id AND o.deleted_at IS NULL) deal ON TRUE
    CROSS JOIN LATERAL (
        -- Both in one look at the account's visits, so that no index of all visits is gone through for each account.
        SELECT max(v.ended_at) FILTER (WHERE v.state = 'completed') AS last,
               bool_or(v.state IN ('planned', 'en_route', 'in_progress') AND v.planned_start >= %(from)s
                       AND v.id <> ALL(%(free)s::uuid[])) AS ahead
        FROM field_visit v WHERE v.account_id = a.id AND v.deleted_at IS NULL) been
    WHERE a.org_id = %(org)s AND a.lifecycle <> 'closed' AND been.ahead IS NOT TRUE
    ORDER BY a.id
"""


def due_accounts(
    rep: User,
    day: date,
    *,
    first: date | None = None,
    free: Collection[UUID] = (),
    also: Collection[UUID] = (),
) -> list[DueAccount]:
    """Returns the accounts in the rep's coverage whose visit is due by the day and that have none planned from then on,
    or from `first` on.

    Visits in `free` do not count as planned. Accounts in `also` are returned whether or not they are due.
    One query; ordered by account id so that the same data gives the same plan."""
    start, _ = day_bounds(rep, first or day)
    zone = ZoneInfo(rep.timezone)
    with connection.cursor() as cursor:
        where = {"rep": rep.pk, "org": rep.org_id, "now": clock.now(), "from": start, "free": list(free)}
        cursor.execute(_DUE, where)
        rows = cursor.fetchall()
    due: list[DueAccount] = []
    for account_id, name, tier, boost, lat, lng, service, windows, last, known, interval, value, probability in rows:
        last_day = last.astimezone(zone).date() if last else None
        when = due_on(last_day, interval, known_since=known.astimezone(zone).date())
        if (when is None or when > day) and account_id not in also:
            continue
        when = when or day
        week = _parse(windows)
        due.append(
            DueAccount(
                account_id=account_id,
                name=name,
                tier=tier,
                boost=boost,
                point=None if lat is None else LatLng(lat, lng),
                service_minutes=service,
                windows=tuple((a, b) for weekday, a, b in week if weekday == day.isoweekday()),
                open_all_week=not week,
                last_visit=last_day,
                due=when,
                days_overdue=days_overdue(when, day),
                open_value=value,
                best_stage_probability=probability,
                week=tuple(week),
                interval_days=interval,
            )
        )
    return due


def _parse(windows: object) -> list[tuple[int, time, time]]:
    raw = json.loads(windows) if isinstance(windows, str) else windows
    assert isinstance(raw, list)
    return [
        (int(window["weekday"]), time.fromisoformat(window["from"]), time.fromisoformat(window["to"])) for window in raw
    ]
