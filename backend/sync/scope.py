"""Which roots a device holds, may hold, gains and loses. A generation is one step of that set.

A root is *certain* at generation g when it was added by then and no later generation took it away; rows of generations
that the device never confirmed make a root uncertain, and an uncertain root is sent again whole or evicted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from backend.kit import clock
from backend.sync.models import DeviceScope, Stream

GRACE = timedelta(hours=72)
"""How long after the word to drop a root the work that was done on it offline is still taken."""


@dataclass(frozen=True, slots=True)
class ScopeDiff:
    """What changes between what the device holds at its generation and what its user sees now."""

    leave: list[UUID]
    enter: list[UUID]
    doubtful: list[UUID]

    @property
    def empty(self) -> bool:
        """Says that nothing enters or leaves."""
        return not (self.leave or self.enter)


def forget(stream: Stream, gen: int) -> None:
    """Notes that the stream holds nothing at generation `gen`: it starts from nothing."""
    stream.scope.update(removed_gen=gen, removed_at=Coalesce("removed_at", Value(clock.now())))


def confirm(stream: Stream, gen: int) -> None:
    """Notes that the stream holds generation `gen`: what had left by then is surely gone."""
    stream.acked_gen = gen


def compare(stream: Stream, gen: int, visible: Collection[UUID]) -> ScopeDiff:
    """Returns what must leave and enter, seen from a stream that surely holds generation `gen`."""
    known = stream.scope.exclude(removed_gen__lte=gen).values_list("root", "added_gen", "removed_gen")
    certain: set[UUID] = set()
    uncertain: set[UUID] = set()
    for root, added, removed in known:
        (certain if added <= gen and removed is None else uncertain).add(root)
    enter = [root for root in visible if root not in certain]
    return ScopeDiff(
        leave=sorted((certain | uncertain) - set(visible)),
        enter=sorted(enter),
        doubtful=sorted(root for root in enter if root in uncertain),
    )


def begin(stream: Stream) -> int:
    """Opens a new generation and returns its number."""
    stream.last_gen += 1
    return stream.last_gen


def apply(stream: Stream, diff: ScopeDiff, gen: int) -> None:
    """Writes the diff down under generation `gen`."""
    remove(stream, diff.leave, gen)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_streamscope (stream_id, root, added_gen) "
            "SELECT %s, root, %s FROM unnest(%s::uuid[]) root "
            "ON CONFLICT (stream_id, root) "
            "DO UPDATE SET added_gen = EXCLUDED.added_gen, removed_gen = NULL, removed_at = NULL",
            [stream.pk, gen, diff.enter],
        )


def remove(stream: Stream, roots: Iterable[UUID], gen: int) -> None:
    """Notes that generation `gen` tells the stream to drop these roots."""
    stream.scope.filter(root__in=list(roots)).update(removed_gen=gen, removed_at=clock.now())


def held(stream: Stream, *, until: int | None = None, after: int | None = None) -> set[UUID]:
    """Returns the roots the stream holds or is being given: all, those entered by generation `until`, or those `after`."""
    rows = stream.scope.filter(removed_gen=None)
    if until is not None:
        rows = rows.filter(added_gen__lte=until)
    if after is not None:
        rows = rows.filter(added_gen__gt=after)
    return set(rows.values_list("root", flat=True))


def was_given(device_id: UUID, root: UUID) -> bool:
    """Says whether a stream of the device holds the root, or was told to drop it within the grace (72 hours)."""
    return (
        DeviceScope.objects.filter(stream__device_id=device_id, root=root)
        .filter(Q(removed_gen=None) | Q(removed_at__gt=clock.now() - GRACE))
        .exists()
    )


def purge_gone(before: datetime) -> int:
    """Deletes the markers of roots that were told to leave before an instant and are surely gone; returns how many."""
    gone = DeviceScope.objects.filter(removed_at__lt=before, removed_gen__lte=F("stream__acked_gen"))
    return gone.delete()[0]
