"""Engines that failed a moment ago, in this process: they are left alone for a while, and told once."""

import time

from backend.kit.logs import logger

REST_SECONDS = 30.0
"""How long an engine that failed is left alone: else every plan would wait for it as long as the first did."""

_log = logger("routing")
_last: dict[str, tuple[float, str]] = {}


def resting(engine: str) -> str | None:
    """Returns why the engine is left alone for now, None when it may be asked."""
    since, reason = _last.get(engine, (0.0, ""))
    return reason if reason and time.monotonic() - since < REST_SECONDS else None


def failed(engine: str, reason: str) -> None:
    """Notes a failure; the same reason again is not worth a second line in the log."""
    if _last.get(engine, (0.0, ""))[1] != reason:
        _log.warning("routing_fell_back", reason=reason)
    _last[engine] = (time.monotonic(), reason)


def answered(engine: str) -> None:
    """Notes that the engine answered."""
    if _last.pop(engine, None) is not None:
        _log.info("routing_answers_again")


def forget() -> None:
    """Forgets all failures, as after a new start."""
    _last.clear()
