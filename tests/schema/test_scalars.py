"""Instants as they are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from backend.schema.scalars import instant

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOON, "2026-11-23T12:00:00+00:00"),
        (NOON + timedelta(milliseconds=250), "2026-11-23T12:00:00.25+00:00"),
        (NOON + timedelta(microseconds=1), "2026-11-23T12:00:00.000001+00:00"),
        (NOON.replace(tzinfo=timezone(-timedelta(hours=6)), microsecond=100), "2026-11-23T12:00:00.0001-06:00"),
        (NOON.replace(tzinfo=None, microsecond=500_000), "2026-11-23T12:00:00.5"),
    ],
)
def test_an_instant_has_as_many_digits_as_it_needs(at: datetime, text: str) -> None:
    assert instant(at) == text
    assert datetime.fromisoformat(text) == at
