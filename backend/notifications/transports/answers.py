"""What HTTP providers have in common: how they say "later", and whether a message can have left at all."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from backend.kit import clock

QUOTA_PAUSE = 60.0
"""Seconds to wait after a 429 that names no time (Google's own advice)."""

CONFIGURATION_PAUSE = 300.0
"""Seconds to wait when our own set-up is refused: somebody has to change it, so hurrying is of no use."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Returns the seconds that a Retry-After header asks for, in either of its two forms."""
    value = str(headers.get("Retry-After", "")).strip()
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        instant = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max(0.0, (aware - clock.now()).total_seconds())


def never_left(error: Any) -> bool:
    """True when no connection was made, so that nothing can have been taken; `error` is of requests, or None."""
    inner = error.args[0] if error is not None and error.args else None
    reason = getattr(inner, "reason", inner)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)
