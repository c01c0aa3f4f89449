"""An account that buys less than is usual for it (see alerting.trend), by the order lines of other systems.

Only whole weeks count, Monday to Sunday, and only as far as the org's order lines go: what has not been brought in yet is no
drop."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from backend.crm.models import OrderLine
from backend.identity.models import Org
from backend.kit import clock
from backend.kit.field_rules import WHOLE
from backend.notifications.alerting import trend
from backend.notifications.alerting.kinds.account_not_seen import WORKS_IT
from backend.notifications.alerting.kinds.base import BOTH, Crossing, Kind, Span, as_of
from backend.notifications.alerting.parameters import Flag, Some, Values, Whole

MONDAY = date(2000, 1, 3)

_BOUGHT = """
    SELECT account_id, (ordered_on - %(monday)s) / 7 AS week, sum(amount)::float8
    FROM crm_orderline WHERE org_id = %(org)s AND ordered_on >= %(from)s AND ordered_on < %(to)s GROUP BY 1, 2
"""
_ACCOUNTS = f"""
    SELECT a.id, a.name, works.user_id FROM crm_account a
    {WORKS_IT}
    WHERE a.id = ANY(%(ids)s) AND a.deleted_at IS NULL AND a.lifecycle <> 'closed' AND a.tier = ANY(%(tiers)s)
"""  # noqa: S608
_WITHIN = " AND a.id IN (SELECT root FROM visible_roots(%(user{0})s, %(now)s))"
_NOTED = """
    SELECT subject_id, episode, closed_at IS NOT NULL FROM alerting_alertepisode
    WHERE rule_id = %(rule)s AND subject_id = ANY(%(ids)s)
"""


def _rows(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


def _week(day: date) -> int:
    return (day - MONDAY).days // 7


def _end(week: int, zone: ZoneInfo) -> datetime:
    """The instant at which the week is over."""
    return datetime.combine(MONDAY + timedelta(weeks=week + 1), time(), zone).astimezone(UTC)


def find(kind: Kind, values: Values, span: Span) -> list[Crossing]:
    """Returns the drops whose week ended in the span, or that were over with a week that did. Five queries at most."""
    del kind
    zone = ZoneInfo(Org.objects.values_list("timezone", flat=True).get(pk=span.org_id))
    [(newest,)] = _rows("SELECT max(ordered_on) FROM crm_orderline WHERE org_id = %(org)s", {"org": span.org_id})
    if newest is None:
        return []
    # The week that ends last: whole by the order lines there are, and over by the clock.
    last = min(_week(newest + timedelta(days=1)), _week(span.until.astimezone(zone).date())) - 1
    first = _week(span.since.astimezone(zone).date()) - 1
    weeks = values["weeks"]
    assert isinstance(weeks, int)
    # What was low before, and is back within the span, began at most so long ago.
    begin = first - trend.LOOKS_BACK - trend.history(weeks)
    if last < first or span.only is not None:
        return []
    monday = {"monday": MONDAY, "from": MONDAY + timedelta(weeks=begin), "to": MONDAY + timedelta(weeks=last + 1)}
    bought = _rows(_BOUGHT, {"org": span.org_id, **monday})
    ids: list[UUID] = sorted({one for one, _, _ in bought})
    at = {one: row for row, one in enumerate(ids)}
    sums = np.zeros((len(ids), last + 1 - begin))
    for one, week, amount in bought:
        sums[at[one], week - begin] = amount
    asked: dict[str, Any] = {"ids": ids, "tiers": values["tiers"], "now": clock.now()}
    asked |= {f"user{number}": user for number, user in enumerate(span.within)}
    within = "".join(_WITHIN.format(number) for number in range(len(span.within)))
    accounts = {one: (name, rep) for one, name, rep in _rows(_ACCOUNTS + within, asked)}
    noted = {} if span.rule is None else _noted(span.rule, list(accounts))
    found: list[Crossing] = []
    everybody = sums.sum(axis=0) if values["against_all"] else None
    rows = [at[one] for one in ids if one in accounts]
    for drop in trend.drops(sums[rows], everybody, **_thresholds(values)):
        account = ids[rows[drop.row]]
        name, rep = accounts[account]
        opened = _end(begin + drop.opened, zone)
        closed = None if drop.closed is None else _end(begin + drop.closed, zone)
        episode = str(MONDAY + timedelta(weeks=begin + drop.opened))
        one = as_of(
            Crossing(
                subject_id=account,
                root_id=account,
                episode=episode,
                at=opened,
                closed_at=closed,
                about=rep,
                by=None,
                change=None,
                args={"account": name, "percent": str(round(drop.share * 100)), "weeks": str(weeks)},
            ),
            span.until,
        )
        opens = span.since < one.at <= span.until
        ends = one.at <= span.until and one.closed_at is not None and span.since < one.closed_at
        over = noted.get((account, episode))
        if (opens or ends) if span.rule is None else (opens and over is None) or (ends and over is False):
            found.append(one)
    return sorted(found, key=lambda one: (one.at, one.subject_id))[: span.most]


def _thresholds(values: Values) -> dict[str, Any]:
    whole = {name: values[name] for name in ("weeks", "drop", "back", "spread")}
    assert all(isinstance(value, int) for value in whole.values())
    numbers: dict[str, Any] = dict(whole)
    return {
        "weeks": numbers["weeks"],
        "drop": numbers["drop"] / 100,
        "back": numbers["back"] / 100,
        "spread": float(numbers["spread"]),
    }


def _complain(values: Values) -> dict[str, str]:
    lines = _thresholds(values)
    line = 100 - round(lines["drop"] * 100)
    return {"back": f"at least {line}, where it dropped"} if lines["back"] * 100 < line else {}


def _noted(rule: UUID, ids: list[UUID]) -> dict[tuple[UUID, str], bool]:
    return {(one, episode): over for one, episode, over in _rows(_NOTED, {"rule": rule, "ids": ids})}


KIND = Kind(
    name="orders.trend",
    category="orders",
    subject_entity="account",
    summary="An account bought less in the last weeks than is usual for it, by so much and beyond its usual ups and downs.",
    closes="When it is back at the upper line, or the lower level has become usual.",
    parameters=(
        Whole("weeks", 4, 2, 13, "weeks"),
        Whole("drop", 40, 10, 100, "percent below the usual"),
        Whole("back", 80, 10, 200, "percent of the usual"),
        Whole("spread", 3, 0, 10, "times the usual deviation"),
        Some("tiers", ("A", "B"), ("A", "B", "C")),
        Flag("against_all", True),
    ),
    as_now="An account is judged by the tier it has now, and one that was closed since is left out.",
    words="orders.trend",
    own=True,
    pace="night",
    keeps=timedelta(days=7),
    reach=timedelta(days=35),
    hears=BOTH,
    reads=((OrderLine, WHOLE),),
    complains=_complain,
    find=find,
)
