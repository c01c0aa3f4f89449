"""The one place that asks the time, so that a test can move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """Returns the present instant, aware, in UTC."""
    return _source()


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
