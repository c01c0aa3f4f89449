"""What a rule would have fired over a span that is past: asked of the same question as live evaluation, and of nothing else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Invalid
from backend.notifications import texts
from backend.notifications.alerting.audience import Wanted, hearers, key
from backend.notifications.alerting.kinds.base import Crossing, Kind, Span
from backend.notifications.alerting.models import AlertEpisode, AlertRule
from backend.notifications.alerting.parameters import Values
from backend.territories.coverage import visible_roots_sql

MOST = 2_000
EXAMPLES = 10
LONGEST = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Heard:
    """A person who would have heard, and how often."""

    user: User
    count: int


@dataclass(frozen=True, slots=True)
class Example:
    """One crossing as it would have been told, in the words and the language of who looks."""

    at: datetime
    closed_at: datetime | None
    subject_entity: str
    subject_id: UUID
    title: str
    body: str
    heard_by: int


@dataclass(frozen=True, slots=True)
class Day:
    """How many fired on a day, where the one who looks lives."""

    day: date
    fired: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`fired` crossings of (since, until], `more` if there were more than are counted; `still_open` of them to this hour.

    `people`: those whom who looks may see; `others`: how many more. `noted`: how many a rule that exists really noted in that
    time, None for one that does not. `unheard`: nobody would have heard of these. `as_now`: what history does not tell."""

    since: datetime
    until: datetime
    fired: int
    more: bool
    still_open: int
    unheard: int
    noted: int | None
    as_now: str
    days: list[Day]
    people: list[Heard]
    others: int
    examples: list[Example]


def check_span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Returns the span asked for, by default the last seven days; refuses the future, and more than 92 days."""
    now = clock.now()
    end = now if until is None else clock.checked(until, "until")
    begin = end - timedelta(days=7) if since is None else clock.checked(since, "since")
    if end > now:
        raise Invalid(
            "ALERT_PERIOD", "What has not happened yet cannot be previewed.", fields={"until": "in the future"}
        )
    if not timedelta(0) < end - begin <= LONGEST:
        raise Invalid(
            "ALERT_PERIOD",
            f"A preview looks at {LONGEST.days} days at most.",
            fields={"since": f"before until, at most {LONGEST.days} days"},
        )
    return begin, end


def preview(
    *,
    actor: Actor,
    kind: Kind,
    values: Values,
    hears: Mapping[str, object],
    branch: User | None,
    since: datetime,
    until: datetime,
    rule: AlertRule | None = None,
) -> Preview:
    """Returns what the rule would have fired, of what the actor sees: few queries, however much there is."""
    within = {actor.user_id} | ({branch.pk} if branch is not None else set())
    span = Span(actor.org_id, since, until, within=tuple(sorted(within)), most=MOST + 1)
    found = [one for one in kind.crossings(values, span) if one.at > since]
    crossings = found[:MOST]
    heard = hearers(kind, Wanted.of(hears), actor.org_id, crossings)
    times = Counter(user for people in heard for user in people)
    shown = User.objects.filter(pk__in=times, org_id=actor.org_id, id__in=visible_roots_sql(actor))
    people = sorted((Heard(user, times[user.pk]) for user in shown), key=lambda one: (-one.count, one.user.username))
    zone = ZoneInfo(actor.timezone)
    by_day = Counter(one.at.astimezone(zone).date() for one in crossings)
    locale = User.objects.values_list("locale", flat=True).get(pk=actor.user_id)
    latest = sorted(zip(crossings, heard, strict=True), key=lambda pair: pair[0].at, reverse=True)[:EXAMPLES]
    return Preview(
        since=since,
        until=until,
        fired=len(crossings),
        more=len(found) > MOST,
        still_open=sum(one.closed_at is None for one in crossings),
        unheard=sum(not people for people in heard),
        noted=None if rule is None else _noted(actor, rule, since, until),
        as_now=kind.as_now,
        days=[Day(day, by_day[day]) for day in sorted(by_day)],
        people=people,
        others=len(times) - len(people),
        examples=[_example(kind, one, len(who), actor, locale) for one, who in latest],
    )


def _noted(actor: Actor, rule: AlertRule, since: datetime, until: datetime) -> int:
    seen = AlertEpisode.objects.filter(rule=rule, root_id__in=visible_roots_sql(actor))
    return seen.filter(opened_at__gt=since, opened_at__lte=until).count()


def _example(kind: Kind, one: Crossing, heard_by: int, actor: Actor, locale: str) -> Example:
    title, body = texts.render(key(kind, one, "named", actor.role), one.args, locale)
    return Example(one.at, one.closed_at, kind.subject_entity, one.subject_id, title, body, heard_by)
