"""The gardens, and who asks there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from backend.kit import clock
from backend.schema import limits
from tests.schema.leaks.garden import Grown, grow

TODAY = datetime.now(UTC)
WEDNESDAY = TODAY.replace(hour=16, minute=0) + timedelta((2 - TODAY.weekday()) % 7 or 7)
"""People work on that day, and it is after all that is planted."""


@pytest.fixture
def grown(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Grown]:
    """Returns the gardens; nothing is too large to ask here."""
    monkeypatch.setattr(limits, "MOST_VALUES", 10**12)
    monkeypatch.setattr(limits, "MOST_VALUES_OF_SCRIPTS", 10**12)
    monkeypatch.setattr(limits, "MOST_TOKENS", 10**6)
    with clock.moved_to(WEDNESDAY):
        yield grow()
