"""Which roots a device holds, may hold, gains and loses. A generation is one step of that set.

A root is *certain* at generation g when it was added by then and no later generation took it away; rows of generations
that the device never confirmed make a root uncertain, and an uncertain root is sent again whole or evicted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Q

from backend.kit import clock
from backend.sync.models import DeviceScope, Stream

ROUTE = (timedelta(days=2), timedelta(days=8))
"""A visit from yesterday to seven days ahead, wherever its day begins and ends, brings its account before others."""

# What the stream may know of: not what is surely gone.
_COMPARE = """
    SELECT array_agg(k.root::text ORDER BY k.root) FILTER (WHERE v.root IS NULL),
           array_agg(k.root::text ORDER BY k.root) FILTER (WHERE v.root = k.root),
           count(v.root),
           COALESCE(bool_or((v.root IS NULL) <> (k.root IS NULL OR k.removed_gen IS NOT NULL)), FALSE)
    FROM all_visible_roots(%(user)s, %(now)s) v
    FULL JOIN (
        SELECT root, added_gen, removed_gen FROM sync_streamscope
        WHERE stream_id = %(stream)s AND (removed_gen IS NULL OR removed_gen > %(gen)s)
    ) k ON k.root = v.root
    WHERE v.root IS NULL OR k.root IS NULL OR k.added_gen > %(gen)s OR k.removed_gen IS NOT NULL
"""

_RANKED = """(
    SELECT a.root, CASE
        WHEN a.kind IN ('org', 'territory') OR a.root = %(user)s OR a.root IN (
            SELECT x.account_id FROM field_visit x WHERE x.rep_id = %(user)s AND x.deleted_at IS NULL
               AND x.planned_start >= %(first)s AND x.planned_start < %(last)s)
        THEN 0 ELSE 1 END AS priority
    FROM all_visible_roots(%(user)s, %(now)s) a
) v"""

_VISIBLE = f"""
    INSERT INTO sync_streamscope (stream_id, root, added_gen, priority)
    SELECT %(stream)s, v.root, %(next)s, v.priority FROM {_RANKED}
"""

# What is there already stays as it came: who holds the generation in which it entered need not be sent it again.
_ENTER = f"""{_VISIBLE}
    LEFT JOIN sync_streamscope k ON k.stream_id = %(stream)s AND k.root = v.root
    WHERE k.root IS NULL OR k.removed_gen IS NOT NULL
    ON CONFLICT (stream_id, root) DO UPDATE
    SET added_gen = EXCLUDED.added_gen, removed_gen = NULL, removed_at = NULL, priority = EXCLUDED.priority
"""

_RANK_AGAIN = f"""
    UPDATE sync_streamscope k SET priority = v.priority FROM {_RANKED}
    WHERE k.stream_id = %(stream)s AND k.root = v.root AND k.removed_gen IS NULL AND k.priority <> v.priority
"""

_DRIFT = """
    SELECT array_agg(k.root::text ORDER BY k.root) FILTER (WHERE v.root IS NULL), count(v.root)
    FROM all_visible_roots(%(user)s, %(now)s) v
    FULL JOIN (
        SELECT root FROM sync_streamscope WHERE stream_id = %(stream)s AND removed_gen IS NULL
    ) k ON k.root = v.root
    WHERE v.root IS NULL OR k.root IS NULL
"""


@dataclass(frozen=True, slots=True)
class ScopeDiff:
    """What changes between what the stream holds at its generation and what its user sees now.

    `leave`: what it must be told to drop. `entering`: how many roots it must be sent whole; `doubtful` are those of them that
    it may hold in part. `moved`: what is seen is not what its newest generation says, so there must be another one; without
    that the newest is told again, however often it is asked for."""

    leave: list[str]
    doubtful: list[str]
    entering: int
    moved: bool


def confirm(stream: Stream, gen: int) -> None:
    """Notes that the stream holds generation `gen`: what had left by then is surely gone."""
    stream.acked_gen = gen


def compare(stream: Stream, user_id: UUID, gen: int | None) -> ScopeDiff:
    """Returns what must leave and enter, seen from a phone that surely holds generation `gen`, None for nothing."""
    if gen is None:
        return _compare_with_nothing(stream, user_id)
    leave, doubtful, entering, moved = _ask(_COMPARE, stream, user_id, gen=gen)
    return ScopeDiff(leave or [], doubtful or [], entering, moved)


def _compare_with_nothing(stream: Stream, user_id: UUID) -> ScopeDiff:
    """A phone that begins anew is sent all there is, what it needs today before the rest."""
    if stream.last_gen == 0:
        return ScopeDiff([], [], 1, moved=True)
    lost, entering = drift(stream, user_id)
    with connection.cursor() as cursor:
        cursor.execute(_RANK_AGAIN, _ranked(stream, user_id))
        ranked_again = cursor.rowcount > 0
    return ScopeDiff(lost, [], 1, moved=bool(lost) or entering or ranked_again)


def drift(stream: Stream, user_id: UUID) -> tuple[list[str], bool]:
    """Returns what was lost since the newest generation, and whether anything could enter."""
    lost, entering = _ask(_DRIFT, stream, user_id)
    return lost or [], bool(entering)


def _ask(sql: str, stream: Stream, user_id: UUID, **more: int) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"stream": stream.pk, "user": user_id, "now": clock.now(), **more})
        return tuple(cursor.fetchone())


def begin(stream: Stream) -> int:
    """Opens a new generation and returns its number."""
    stream.last_gen += 1
    return stream.last_gen


def enter(stream: Stream, user_id: UUID, gen: int) -> None:
    """Gives the stream, under generation `gen`, all that its user sees and it was not given yet."""
    with connection.cursor() as cursor:
        # Where nothing can be, nothing need be looked for.
        cursor.execute(_ENTER if gen > 1 else _VISIBLE, {**_ranked(stream, user_id), "next": gen})


def _ranked(stream: Stream, user_id: UUID) -> dict[str, UUID | datetime | int]:
    now = clock.now()
    before, ahead = ROUTE
    return {"stream": stream.pk, "user": user_id, "now": now, "first": now - before, "last": now + ahead}


def remove(stream: Stream, roots: Collection[str], gen: int) -> None:
    """Notes that generation `gen` tells the stream to drop these roots; what an earlier one told is told again."""
    if not roots:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_streamscope SET removed_gen = COALESCE(removed_gen, %s), removed_at = %s "
            "WHERE stream_id = %s AND root = ANY(%s::uuid[])",
            [gen, clock.now(), stream.pk, "{" + ",".join(roots) + "}"],
        )


def was_given(device_id: UUID, root: UUID) -> bool:
    """Says whether a stream of the device holds the root, or was told to drop it within the grace (SYNC_GRACE_HOURS)."""
    return (
        DeviceScope.objects.filter(stream__device_id=device_id, root=root)
        .filter(Q(removed_gen=None) | Q(removed_at__gt=clock.now() - timedelta(hours=settings.SYNC_GRACE_HOURS)))
        .exists()
    )


def purge_gone(before: datetime) -> int:
    """Deletes the markers of roots that were told to leave before an instant and are surely gone; returns how many."""
    gone = DeviceScope.objects.filter(removed_at__lt=before, removed_gen__lte=F("stream__acked_gen"))
    return gone.delete()[0]
