"""Live evaluation: what crossed and is not noted yet becomes an episode, and people are told of it, once.

1. The kind is asked for the crossings of the last days (or of what an event named) that this rule has not noted.
2. Each is noted; the database refuses a second note of one crossing, and a second open one of a subject.
3. Who wrote the note tells. Nobody is told of what is over already, or too old to be news; that is noted too.
4. Where a crossing is over, its episode is closed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.alerting.audience import Wanted, hearers
from backend.notifications.alerting.kinds.base import Crossing, Span
from backend.notifications.alerting.models import AlertEpisode, Quiet
from backend.notifications.alerting.standing import Standing
from backend.notifications.delivery.planning import tell_all
from backend.notifications.occurrence import Hearing, Occurrence, severity_of
from backend.telemetry import metrics

_NOTE = """
    INSERT INTO alerting_alertepisode
        (id, rule_id, version_id, subject_entity, subject_id, root_id, episode, opened_at, closed_at, noticed_at, event_id,
         moment, told, quiet)
    SELECT n.id, %(rule)s, %(version)s, %(entity)s, n.subject, n.root, n.episode, n.opened, n.closed, %(now)s, %(event)s,
           %(moment)s, n.told, n.quiet
    FROM unnest(%(id)s::uuid[], %(subject)s::uuid[], %(root)s::uuid[], %(episode)s::text[], %(opened)s::timestamptz[],
                %(closed)s::timestamptz[], %(told)s::int[], %(quiet)s::text[])
        AS n(id, subject, root, episode, opened, closed, told, quiet)
    ORDER BY n.opened, n.id
    ON CONFLICT DO NOTHING
    RETURNING id
"""
_CLOSE = """
    UPDATE alerting_alertepisode e SET closed_at = greatest(n.closed, e.opened_at)
    FROM unnest(%(subject)s::uuid[], %(episode)s::text[], %(closed)s::timestamptz[]) AS n(subject, episode, closed)
    WHERE e.rule_id = %(rule)s AND e.subject_id = n.subject AND e.episode = n.episode AND e.closed_at IS NULL
"""
# A subject that crosses anew was back before: what ended unnoticed, while nobody looked, ends here.
_CLOSE_EARLIER = """
    UPDATE alerting_alertepisode e SET closed_at = n.opened
    FROM unnest(%(subject)s::uuid[], %(episode)s::text[], %(opened)s::timestamptz[]) AS n(subject, episode, opened)
    WHERE e.rule_id = %(rule)s AND e.subject_id = n.subject AND e.episode <> n.episode AND e.closed_at IS NULL
      AND e.opened_at < n.opened
"""
_WRITTEN = """
    SELECT entity_id, max(xid::text::bigint) FROM sync_log
    WHERE root = ANY(%s::uuid[]) AND entity_id = ANY(%s::uuid[]) GROUP BY 1
"""
BATCH = 500


@transaction.atomic
def evaluate(standing: Standing, *, only: UUID | None = None, event_id: int | None = None) -> int:
    """Notes what crossed under the rule and is not noted yet (of `only`, what an event named), tells people of it, and closes
    what is over. Returns how many crossings are new. At most BATCH at a time: what is left is found again."""
    rule, kind, now = standing.rule, standing.kind, clock.now()
    since = max(rule.began_at, now - kind.reach)
    span = Span(
        org_id=rule.org_id,
        since=since,
        until=now,
        only=only,
        within=(rule.branch_id,) if rule.branch_id else (),
        rule=rule.pk,
        most=BATCH,
    )
    crossings = kind.crossings(standing.version.parameters, span)
    _close(standing, [one for one in crossings if one.closed_at is not None])
    return _note(standing, [one for one in crossings if one.at > since], event_id)


def _close(standing: Standing, over: Sequence[Crossing]) -> None:
    if over:
        _run(
            _CLOSE,
            rule=standing.rule.pk,
            subject=[one.subject_id for one in over],
            episode=[one.episode for one in over],
            closed=[one.closed_at for one in over],
        )


def _note(standing: Standing, crossings: Sequence[Crossing], event_id: int | None) -> int:
    if not crossings:
        return 0
    now = clock.now()
    heard = hearers(standing.kind, Wanted.of(standing.version.hears), standing.rule.org_id, crossings)
    quiet = [_quiet(standing, one, people) for one, people in zip(crossings, heard, strict=True)]
    ids = [new_id() for _ in crossings]
    named: dict[str, Any] = {
        "rule": standing.rule.pk,
        "subject": [one.subject_id for one in crossings],
        "episode": [one.episode for one in crossings],
        "opened": [one.at for one in crossings],
    }
    _run(_CLOSE_EARLIER, **named)
    noted = _run(
        _NOTE,
        **named,
        version=standing.version.pk,
        entity=standing.kind.subject_entity,
        now=now,
        event=event_id,
        moment=standing.kind.moment,
        id=ids,
        root=[one.root_id for one in crossings],
        closed=[one.closed_at for one in crossings],
        told=[0 if why else len(people) for why, people in zip(quiet, heard, strict=True)],
        quiet=[str(why) for why in quiet],
    )
    fresh = {row[0] for row in noted}
    for key, why in zip(ids, quiet, strict=True):
        if key in fresh:
            metrics.ALERTS.add(standing.kind.name, str(why))
    telling = [
        (one, people)
        for key, one, people, why in zip(ids, crossings, heard, quiet, strict=True)
        if key in fresh and not why
    ]
    written = _written([one for one, _ in telling])
    tell_all(
        occurrences=[
            occurrence(standing, one, people, event_id, written.get(one.change) if one.change else None)
            for one, people in telling
        ]
    )
    return len(fresh)


def _quiet(standing: Standing, one: Crossing, people: dict[UUID, Hearing]) -> Quiet:
    if one.closed_at is not None and not standing.kind.moment:
        return Quiet.OVER
    if one.at <= clock.now() - standing.keeps:
        return Quiet.OLD
    return Quiet.NO if people else Quiet.NOBODY


def occurrence(
    standing: Standing, one: Crossing, people: dict[UUID, Hearing], event_id: int | None, xid: int | None
) -> Occurrence:
    """Returns a crossing as delivery is told of it."""
    rule, version = standing.rule, standing.version
    escalates = version.escalate_minutes
    return Occurrence(
        org_id=rule.org_id,
        rule_id=rule.pk,
        rule_version_id=version.pk,
        rule=rule.key,
        category=standing.kind.category,
        severity=severity_of(version.severity),
        subject_entity=standing.kind.subject_entity,
        subject_id=one.subject_id,
        episode=one.episode,
        root_id=one.root_id,
        event_id=event_id,
        occurred_at=one.at,
        change_xid=xid,
        keeps=standing.keeps,
        escalate_after=None if escalates is None else timedelta(minutes=escalates),
        args=dict(one.args),
        heard_by=people,
    )


def _written(crossings: Sequence[Crossing]) -> dict[UUID, int]:
    """Returns in which transaction each change was last written, as far as the sync log still knows."""
    changes = {one.change for one in crossings if one.change is not None}
    if not changes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [sorted({one.root_id for one in crossings}), sorted(changes)])
        return {entity: int(xid) for entity, xid in cursor.fetchall()}


def _run(statement: str, **asked: Any) -> list[tuple[UUID, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall()) if cursor.description else []


def close_all(rule_id: UUID) -> None:
    """Ends every open episode of a rule: it says something else from now on, or nothing."""
    AlertEpisode.objects.filter(rule_id=rule_id, closed_at=None, opened_at__lte=clock.now()).update(
        closed_at=clock.now()
    )
