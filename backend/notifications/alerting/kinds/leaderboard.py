"""Who became first of their team, and who was overtaken (see alerting.board).

A team is who has the same manager. Who was overtaken is not told by whom: a rep does not see what others do."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from backend.crm.models import Opportunity
from backend.identity.models import Org, Role, User
from backend.kit import clock
from backend.notifications.alerting.board import Reign, Score, reigns
from backend.notifications.alerting.kinds.base import REP, Crossing, Kind, Span, as_of
from backend.notifications.alerting.kinds.quota_reached import MEASURES
from backend.notifications.alerting.parameters import OneOf, Values, Whole
from backend.orders.models import Order
from backend.quotas.facts import FACTS

_SCORES = f"""
    WITH asked AS (
        SELECT p.n AS id, u.id AS user_id, %(measure)s AS measure, %(currency)s AS currency, p.begins, p.ends
        FROM identity_user u, unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS p(begins, ends, n)
        WHERE u.id = ANY(%(people)s::uuid[]))
    SELECT f.id, f.user_id, f.at, f.worth, f.fact FROM ({FACTS}) f WHERE f.at <= %(until)s
"""  # noqa: S608
_NOTED = """
    SELECT subject_id, episode, closed_at IS NOT NULL FROM alerting_alertepisode
    WHERE rule_id = %(rule)s AND subject_id = ANY(%(people)s::uuid[])
"""
_SEEN = "SELECT root FROM visible_roots(%(user)s, %(now)s)"


def _rows(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class _Period:
    """Days [first, after), and the instants at which they begin and end."""

    first: date
    begins: datetime
    ends: datetime


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first_day(day: date, period: object) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def _periods(period: object, span: Span, zone: ZoneInfo) -> Iterator[_Period]:
    """The periods that the span touches, by the org's clock: a board has one for all."""
    first = _first_day(span.since.astimezone(zone).date(), period)
    while (begins := _midnight(first, zone)) <= span.until:
        after = _first_day(first + timedelta(days={"week": 7, "month": 31, "quarter": 92}[str(period)]), period)
        yield _Period(first, begins, _midnight(after, zone))
        first = after


def find(kind: Kind, values: Values, span: Span) -> list[Crossing]:
    """Returns who became first, and who was overtaken, in the span or until it. Five queries at most."""
    del kind
    org = Org.objects.get(pk=span.org_id)
    members = User.objects.filter(org=org, role=Role.REP, is_active=True).exclude(manager=None)
    names = {one.pk: one for one in members.only("id", "full_name", "username", "manager_id")}
    teams: dict[UUID, set[UUID]] = defaultdict(set)
    for one in names.values():
        assert one.manager_id is not None
        teams[one.manager_id].add(one.pk)
    people = [person for team in teams.values() if len(team) > 1 for person in team]
    zone = ZoneInfo(org.timezone)
    periods = list(_periods(values["period"], span, zone))
    asked = {
        "people": people, "measure": values["measure"], "currency": "" if values["measure"] == "visits" else org.currency,
        "begins": [one.begins for one in periods], "ends": [one.ends for one in periods], "until": span.until,
    }  # fmt: skip
    scores: dict[tuple[int, UUID], list[Score]] = defaultdict(list)
    for number, user, at, worth, fact in _rows(_SCORES, asked) if people else []:
        manager = names[user].manager_id
        assert manager is not None
        scores[number, manager].append(Score(user, at, worth, fact))
    after, margin = values["after_days"], values["margin"]
    assert isinstance(after, int)
    assert isinstance(margin, int)
    found: list[Crossing] = []
    for (number, _), of_team in scores.items():
        period = periods[number - 1]
        settles = min(_midnight(period.first + timedelta(days=after), zone), period.ends)
        reigned = reigns(of_team, settles=settles, until=span.until, margin=margin)
        found += [one for one in _told(reigned, period, values) if one.at < period.ends]
    shown = [as_of(_named(one, names[one.subject_id]), span.until) for one in found]
    wanted = _wanted(shown, people, span)
    return sorted(wanted, key=lambda one: (one.at, one.subject_id))[: span.most]


def _told(reigned: list[Reign], period: _Period, values: Values) -> Iterator[Crossing]:
    """Each reign as a crossing of who began it, and each that was lost as one of who lost it, until they are first again."""
    measure, tells = str(values["measure"]), values["tells"]
    for number, reign in enumerate(reigned):
        episode = f"{measure}/{period.first}/{reign.fact.replace('-', '')[:32]}"
        if tells != "overtaken":
            ends = min(reign.lost or period.ends, period.ends)
            yield _crossing(reign.user, episode, reign.at, ends, f"board.first.{measure}", period)
        if tells != "first" and reign.lost is not None:
            again = [later.at for later in reigned[number + 1 :] if later.user == reign.user]
            ends = min([*again, period.ends])
            yield _crossing(reign.user, f"{episode}/x", reign.lost, ends, f"board.overtaken.{measure}", period)


def _crossing(user: UUID, episode: str, at: datetime, closed: datetime, words: str, period: _Period) -> Crossing:
    return Crossing(
        subject_id=user, root_id=user, episode=episode, at=at, closed_at=closed, about=user, by=None, change=None,
        args={"words": words, "since": str(period.first)},
    )  # fmt: skip


def _named(one: Crossing, person: User) -> Crossing:
    return replace(one, args={**one.args, "rep": person.name_shown})


def _wanted(found: list[Crossing], people: list[UUID], span: Span) -> list[Crossing]:
    for user in span.within:
        seen = {root for (root,) in _rows(_SEEN, {"user": user, "now": clock.now()})}
        found = [one for one in found if one.root_id in seen]
    if span.only is not None:
        return []
    noted: dict[tuple[UUID, str], bool] = {}
    if span.rule is not None:
        rows = _rows(_NOTED, {"rule": span.rule, "people": people})
        noted = {(subject, episode): over for subject, episode, over in rows}
    return [one for one in found if _asked_for(one, span, noted.get((one.subject_id, one.episode)))]


def _asked_for(one: Crossing, span: Span, over: bool | None) -> bool:
    opens = span.since < one.at <= span.until
    ends = one.at <= span.until and one.closed_at is not None and span.since < one.closed_at
    if span.rule is None:
        return opens or ends
    return (opens and over is None) or (ends and over is False)


KIND = Kind(
    name="leaderboard",
    category="quota",
    subject_entity="user",
    summary="A rep became first of their team (of those who have the same manager) in what is counted, or was overtaken.",
    closes="When somebody else is first by the margin, or who was overtaken is first again; at the latest with the period.",
    as_now="A team is who has the same manager now, and a deal counts for who owns it now.",
    parameters=(
        OneOf("measure", "visits", MEASURES),
        OneOf("period", "month", ("week", "month", "quarter")),
        Whole("after_days", 3, 0, 60, "days into the period"),
        Whole("margin", 5, 0, 100, "percent ahead"),
        OneOf("tells", "both", ("both", "first", "overtaken")),
    ),
    words="board.first.visits",
    own=True,
    pace="hour",
    keeps=timedelta(days=1),
    hears=REP,
    reads=((Opportunity, "amount"), (Order, "total")),
    find=find,
)
