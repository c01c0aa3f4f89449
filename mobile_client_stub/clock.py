"""The phone's own clock, which may lie, and ids that sort by birth."""

from collections.abc import Callable
from datetime import UTC, datetime

import uuid_utils

Clock = Callable[[], datetime]
"""Answers the present instant as the phone believes it, aware."""


def phone_clock() -> datetime:
    """Returns this machine's time in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Returns a fresh UUIDv7 as text."""
    return str(uuid_utils.uuid7())


def iso(instant: datetime) -> str:
    """Returns the instant as the wire writes it: ISO 8601 in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Reads an instant of the wire."""
    return datetime.fromisoformat(text)
