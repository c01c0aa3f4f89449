"""Stretches of working time, and what is taken out of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from backend.kit.geo import LatLng


@dataclass(frozen=True, slots=True)
class Pause:
    """A break that begins from `first` to `last`; where the two are one, it is at a fixed time."""

    first: datetime
    last: datetime
    length: timedelta

    @property
    def fixed(self) -> bool:
        """Says whether it can be at one time only."""
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of work on a day, in UTC; it begins and ends at home, or at the places named. Breaks are in order."""

    day: date
    start: datetime
    end: datetime
    start_place: LatLng | None = None
    end_place: LatLng | None = None
    breaks: tuple[Pause, ...] = ()

    def begun(self, at: datetime, place: LatLng | None = None) -> "Span | None":
        """Returns what is left of it from an instant on, from the place where one is then; None when nothing is."""
        if at >= self.end:
            return None
        start = max(self.start, at)
        left = replace(self, start=start, breaks=(), start_place=place or self.start_place)
        return with_breaks([left], self.breaks)[0]


@dataclass(frozen=True, slots=True)
class Busy:
    """Time that is taken, from one instant to another. With a `place` one goes there and on from there; with `stays` one
    does not work but is where one was; with neither one is away, and comes from home."""

    start: datetime
    end: datetime
    place: LatLng | None = None
    stays: bool = False


def without(spans: Sequence[Span], busy: Iterable[Busy]) -> list[Span]:
    """Returns what is left of stretches; the breaks of each stay with a piece that has room for them, or are gone."""
    taken = list(busy)
    left: list[Span] = []
    for span in spans:
        pieces = [replace(span, breaks=())]
        for one in sorted((one for one in taken if not one.stays), key=lambda one: one.start):
            pieces = [part for piece in pieces for part in _cut(piece, one)]
        for start, end in _joined(one for one in taken if one.stays):
            pieces = [part for piece in pieces for part in _paused(piece, start, end)]
        left += with_breaks(pieces, span.breaks)
    return left


def with_breaks(pieces: Sequence[Span], breaks: Iterable[Pause]) -> list[Span]:
    """Returns the stretches with each break in the one, and at the time of it, that leaves it most freedom."""
    found = list(pieces)
    for pause in breaks:
        choices = [
            (last - first, number, Pause(first, last, pause.length))
            for number, piece in enumerate(found)
            for first, last in _gaps(piece, pause)
        ]
        if choices:
            _, number, chosen = max(choices, key=lambda one: (one[0], -one[1]))
            kept = (*found[number].breaks, chosen)
            found[number] = replace(found[number], breaks=tuple(sorted(kept, key=lambda one: one.first)))
    return found


def _gaps(piece: Span, pause: Pause) -> list[tuple[datetime, datetime]]:
    """Returns from when until when the break may begin in the stretch, between those that are there already."""
    edges = [piece.start, *(edge for one in piece.breaks for edge in (one.first, one.last + one.length)), piece.end]
    found = []
    for free, taken in zip(edges[::2], edges[1::2], strict=True):
        first, last = max(free, pause.first), min(taken - pause.length, pause.last)
        if first <= last:
            found.append((first, last))
    return found


def _cut(span: Span, busy: Busy) -> list[Span]:
    if busy.end <= span.start or busy.start >= span.end:
        return [span]
    parts = []
    if busy.start > span.start:
        parts.append(replace(span, end=busy.start, end_place=busy.place))
    if busy.end < span.end:
        parts.append(replace(span, start=busy.end, start_place=busy.place))
    return parts


def _paused(span: Span, start: datetime, end: datetime) -> list[Span]:
    if end <= span.start or start >= span.end:
        return [span]
    if start <= span.start:
        return [replace(span, start=end)] if end < span.end else []
    if end >= span.end:
        return [replace(span, end=start)]
    return [replace(span, breaks=(*span.breaks, Pause(start, start, end - start)))]


def _joined(busy: Iterable[Busy]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for one in sorted(busy, key=lambda one: one.start):
        if joined and one.start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], one.end))
        else:
            joined.append((one.start, one.end))
    return joined
