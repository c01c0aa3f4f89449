"""The one place that asks the time, so that a test can move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

from backend.kit.errors import Invalid

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Beyond these nobody plans anything, and near the ends of the calendar a change of zone has no result."""

SLACK = timedelta(minutes=5)
"""How far ahead a phone's clock may be and still be believed."""

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
_here: ContextVar[datetime | None] = ContextVar("here", default=None)


def now() -> datetime:
    """Returns the present instant, aware, in UTC."""
    return _here.get() or _source()


@contextmanager
def supposed(instant: datetime) -> Iterator[None]:
    """Makes `now` answer `instant` inside the block, for this thread or task alone: to see what becomes of it."""
    before = _here.set(instant)
    try:
        yield
    finally:
        _here.reset(before)


@contextmanager
def moved_to(instant: datetime) -> Iterator[None]:
    """Makes `now` answer `instant` inside the block (this process only)."""
    global _source
    before = _source
    _source = lambda: instant  # noqa: E731
    try:
        yield
    finally:
        _source = before


def checked(instant: datetime, name: str) -> datetime:
    """Returns the instant; raises Invalid for one without a zone, or outside the years 2000 to 2199."""
    if instant.tzinfo is None:
        raise Invalid("BAD_VALUE", f"{name} must be given with its zone.", fields={name: "without zone"})
    if not EARLIEST <= instant < LATEST:
        raise Invalid("OUT_OF_RANGE", f"{name} lies in the years 2000 to 2199.", fields={name: "out of range"})
    return instant


def checked_day(day: date, name: str) -> date:
    """Returns the day; raises Invalid for one outside the years 2000 to 2199."""
    if not EARLIEST.date() <= day < LATEST.date():
        raise Invalid("OUT_OF_RANGE", f"{name} lies in the years 2000 to 2199.", fields={name: "out of range"})
    return day


def believable(claimed: datetime | None, offset: timedelta = timedelta(0)) -> datetime | None:
    """Returns the phone's word, set right by the offset of its clock; None when it is so far off that it says nothing."""
    if claimed is None or claimed.tzinfo is None:
        return None
    try:
        claimed += offset
    except OverflowError:
        return None
    return claimed if EARLIEST <= claimed < LATEST else None


def happened_at(claimed: datetime | None, received: datetime) -> datetime:
    """Returns when a thing happened: the phone's word while it is believable, never the future."""
    if claimed is None or claimed > received + SLACK:
        return received
    return min(claimed, received)
