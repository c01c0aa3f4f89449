"""What a kind of alert is: one question to the database, which finds the crossings of a span of time.

The same question is asked live, of the last days and of the subject of an event, and by the preview, of any span. It reads
facts that stay: what it says of a span does not hang on when it is asked, nor on which other spans were asked before."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from backend.events.types import Event
from backend.kit import clock
from backend.notifications.alerting.parameters import Parameter, Values
from backend.notifications.occurrence import Severity

Pace = Literal["minute", "hour", "night"]


@dataclass(frozen=True, slots=True)
class Hears:
    """Who hears of a kind, unless a rule says otherwise: the person it is about; the nearest manager ("direct"), all who see
    it ("all"), or "none"."""

    rep: bool
    managers: str

    def kept(self) -> dict[str, object]:
        """Returns it as a version keeps it."""
        return {"rep": self.rep, "managers": self.managers, "named": []}


@dataclass(frozen=True, slots=True)
class Crossing:
    """One subject that went over the threshold at `at`; `closed_at` None: it is still beyond.

    `about`: whose it is; `by`: who did it, and so is not told. `change`: the row in which it was written. In `args`, `words`
    is the key of other texts than the kind's own."""

    subject_id: UUID
    root_id: UUID
    episode: str
    at: datetime
    closed_at: datetime | None
    about: UUID | None
    by: UUID | None
    change: UUID | None
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Which crossings are asked for: opened, or closed, in (since, until]; of `only` that subject or event's fact; of roots
    that each user of `within` sees now. `rule`: only what this rule has not noted, and what it has noted as open and is over."""

    org_id: UUID
    since: datetime
    until: datetime
    only: UUID | None = None
    within: tuple[UUID, ...] = ()
    rule: UUID | None = None
    most: int = 1_000


Finder = Callable[["Kind", Values, Span], list[Crossing]]

REP = Hears(rep=True, managers="none")
NEAREST = Hears(rep=False, managers="direct")
BOTH = Hears(rep=True, managers="direct")
ALL_ABOVE = Hears(rep=False, managers="all")

DEAL = "coalesce(a.name, o.name)"
WHO = "coalesce(nullif({0}.full_name, ''), {0}.username)"
MONEY = "coalesce(to_char(o.amount, 'FM999,999,999,999,990') || ' ' || o.currency, '')"
"""Columns that several kinds tell: what a deal is called, who a user is (as User.name_shown), and what a deal is worth."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alert.

    `sql`: gives subject_id, root_id, episode, at, closed_at, about, by, change and args (jsonb) of crossings that opened or
    closed in the span; for `{only}` it is put in that the column `only_sql` is what an event named. `find` does the same
    where SQL alone does not. `moment`: it is over as it happens, and is told all the same. `words`: the key of its texts;
    `own`: there are others for the person it is about; `money`: others again with the amount. `reads`: (model, column)
    that one must be allowed to read to hear of it at all. `complains`: what is wrong
    between parameters, by name. `reach`: how far back live evaluation looks for what it has not noted yet. `as_now`: what
    history does not tell, and is judged as it stands now, in a sentence."""

    name: str
    category: str
    subject_entity: str
    summary: str
    closes: str
    parameters: tuple[Parameter, ...]
    words: str
    pace: Pace
    severity: Severity = "normal"
    keeps: timedelta = timedelta(hours=24)
    reach: timedelta = timedelta(days=7)
    hears: Hears = NEAREST
    moment: bool = False
    own: bool = False
    as_now: str = ""
    money: bool = False
    reads: tuple[tuple[object, str], ...] = ()
    events: Mapping[type[Event], Callable[[Event], UUID]] | None = None
    complains: Callable[[Values], dict[str, str]] | None = None
    sql: str = ""
    only_sql: str = ""
    find: Finder | None = None

    def crossings(self, values: Values, span: Span) -> list[Crossing]:
        """Returns the crossings of the span, oldest first; at most `span.most`. One query."""
        return self.find(self, values, span) if self.find is not None else found(self, values, span)


def not_more(first: str, second: str) -> Callable[[Values], dict[str, str]]:
    """Returns the complaint that the first parameter is more than the second."""

    def complain(values: Values) -> dict[str, str]:
        low, high = values[first], values[second]
        assert isinstance(low, int)
        assert isinstance(high, int)
        return {first: f"at most {second}, {high}"} if low > high else {}

    return complain


def found(kind: Kind, values: Values, span: Span) -> list[Crossing]:
    """Asks the kind's SQL."""
    asked: dict[str, Any] = {
        **values,
        "org": span.org_id,
        "since": span.since,
        "until": span.until,
        "now": clock.now(),
        "only": span.only,
        "rule": span.rule,
        "most": span.most,
    }
    only = f"AND {kind.only_sql} = %(only)s" if span.only is not None else ""
    where = ["c.at <= %(until)s", _LIVE if span.rule is not None else _OPENED_OR_CLOSED]
    for number, user in enumerate(span.within):
        asked[f"user{number}"] = user
        where.append(f"c.root_id IN (SELECT root FROM visible_roots(%(user{number})s, %(now)s))")  # noqa: S608
    statement = (
        f"SELECT c.subject_id, c.root_id, c.episode, c.at, c.closed_at, c.about, c.by, c.change, c.args "  # noqa: S608
        f"FROM ({kind.sql.replace('{only}', only)}) c WHERE {' AND '.join(where)} "
        "ORDER BY c.at, c.subject_id, c.episode LIMIT %(most)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        rows = cursor.fetchall()
    return [as_of(crossing(row), span.until) for row in rows]


_CLOSED = "(c.closed_at > %(since)s AND c.closed_at <= %(until)s)"
_OPENED_OR_CLOSED = f"(c.at > %(since)s OR {_CLOSED})"
_NOTED = """
    SELECT FROM alerting_alertepisode e WHERE e.rule_id = %(rule)s AND e.subject_id = c.subject_id AND e.episode = c.episode
"""
_LIVE = f"""(
    (c.at > %(since)s AND NOT EXISTS ({_NOTED})) OR ({_CLOSED} AND EXISTS ({_NOTED} AND e.closed_at IS NULL)))"""


def crossing(row: Sequence[object]) -> Crossing:
    """Returns a row of the statement as what it is."""
    subject, root, episode, at, closed, about, by, change, args = row
    assert isinstance(subject, UUID)
    assert isinstance(root, UUID)
    assert isinstance(at, datetime)
    words = _decoded(args)
    return Crossing(
        subject_id=subject,
        root_id=root,
        episode=str(episode)[:60],
        at=at,
        closed_at=closed if isinstance(closed, datetime) else None,
        about=about if isinstance(about, UUID) else None,
        by=by if isinstance(by, UUID) else None,
        change=change if isinstance(change, UUID) else None,
        args=words,
    )


def _decoded(args: object) -> dict[str, str]:
    found = json.loads(args) if isinstance(args, str) else args
    assert isinstance(found, dict)
    return {name: "" if value is None else str(value) for name, value in found.items()}


def as_of(one: Crossing, instant: datetime) -> Crossing:
    """Returns the crossing as it stood then: what closed later was open."""
    return replace(one, closed_at=None) if one.closed_at is not None and one.closed_at > instant else one
