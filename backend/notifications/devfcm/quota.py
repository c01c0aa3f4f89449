"""How many messages a minute the server takes, as FCM counts them for a project."""

from datetime import datetime, timedelta
from math import ceil

from backend.kit import clock

MINUTE = timedelta(minutes=1)


class Quota:
    """No bound until one is set."""

    def __init__(self) -> None:
        self.per_minute: int | None = None
        self._began: datetime | None = None
        self._taken = 0

    def set(self, asked: object) -> None:
        """Takes a whole number from 0, or None for no bound; raises ValueError."""
        if asked is not None and (not isinstance(asked, int) or isinstance(asked, bool) or asked < 0):
            raise ValueError("per_minute must be a whole number from 0, or null")
        self.per_minute, self._began = asked, None

    def wait(self) -> int | None:
        """Counts one message; returns None when it fits, else the seconds until the next minute begins."""
        if self.per_minute is None:
            return None
        now = clock.now()
        if self._began is None or now - self._began >= MINUTE:
            self._began, self._taken = now, 0
        if self._taken >= self.per_minute:
            return max(1, ceil((self._began + MINUTE - now).total_seconds()))
        self._taken += 1
        return None
