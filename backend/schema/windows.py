"""Points spent in the last minute, by key: in Valkey or Redis, where all web processes meet, or in this process.

A window slides as two counters: what was spent in the minute before counts less by the second. To count exactly would keep
each operation of each phone."""

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from backend.kit import clock
from backend.kit.logs import logger
from backend.telemetry import metrics

SECONDS = 60
PATIENCE = 0.25
"""Seconds: who asks Valkey has waited long enough."""

AGAIN = timedelta(seconds=5)
"""How long nobody asks a Valkey that was lost."""

_log = logger("rates")


@dataclass(frozen=True, slots=True)
class Window:
    """What a key spent: `current` in the minute that ends in `left` seconds, `previous` in the one before, of which
    `previous_left` seconds are still within the last sixty."""

    previous: int = 0
    previous_left: float = 0.0
    current: int = 0
    left: float = float(SECONDS)

    @property
    def spent(self) -> int:
        """Returns the points that count now."""
        return math.floor(self.previous * self.previous_left / SECONDS) + self.current

    def wait(self, limit: int, cost: int) -> int:
        """Returns in how many seconds `cost` can be spent, if nothing else is; 0 for now."""
        room = limit - cost
        if self.spent <= room:
            return 0
        if self.current <= room:
            seconds = self.previous_left - (room - self.current) * SECONDS / self.previous
        else:
            seconds = self.left + SECONDS - max(room, 0) * SECONDS / self.current
        return max(1, math.ceil(seconds))


class Windows(Protocol):
    """Where points are counted."""

    async def spend(self, key: str, limit: int, cost: int) -> tuple[bool, Window]:
        """Spends points unless that would be more than the limit; returns whether it did, and the window after it."""
        ...


class Memory:
    """Counts in this process, of so many keys at the most: those not heard of for longest are forgotten first."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    async def spend(self, key: str, limit: int, cost: int) -> tuple[bool, Window]:
        """Spends points; see Windows."""
        minute, passed = divmod(clock.now().timestamp(), SECONDS)
        number, previous, current = self._kept.pop(key, (int(minute), 0, 0))
        if number != int(minute):
            previous, current = current if number == int(minute) - 1 else 0, 0
        left = SECONDS - passed
        fits = Window(previous, left, current, left).spent + cost <= limit
        current += cost if fits else 0
        self._kept[key] = (int(minute), previous, current)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return fits, Window(previous, left, current, left)


class Valkey:
    """Counts in Valkey or Redis; for as long as it is lost, in this process."""

    def __init__(self, url: str) -> None:
        # Only here: it takes 8 MB, and without Valkey nobody asks for it.
        from limits.aio.storage import RedisStorage
        from redis.exceptions import RedisError

        self._faults = (OSError, RedisError)
        self._storage = RedisStorage(
            url, implementation="redispy", key_prefix="fieldbeat:rates", socket_connect_timeout=PATIENCE
        )
        self._meanwhile = Memory()
        self._again: datetime | None = None
        """When it is asked again; None while it is there."""

    async def spend(self, key: str, limit: int, cost: int) -> tuple[bool, Window]:
        """Spends points; see Windows."""
        lost = self._again is not None
        if self._is_asked():
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await self._there(key, limit, cost)
            except self._faults as error:
                self._lose(error)
            else:
                # What was answered before the others lost it says nothing of now.
                if lost:
                    self._find()
                return answer
        return await self._meanwhile.spend(key, limit, cost)

    def _is_asked(self) -> bool:
        if self._again is None:
            return True
        if self._again > clock.now():
            return False
        # One goes and looks; nobody waits with it.
        self._again = clock.now() + AGAIN
        return True

    def _lose(self, error: Exception) -> None:
        # Many may wait for it at once, and one tells.
        if self._again is None:
            _log.warning("valkey_lost", error=type(error).__name__)
            metrics.VALKEY_LOST.set(1)
        self._again = clock.now() + AGAIN

    def _find(self) -> None:
        _log.warning("valkey_back")
        metrics.VALKEY_LOST.set(0)
        self._again = None

    async def _there(self, key: str, limit: int, cost: int) -> tuple[bool, Window]:
        fits = await self._storage.acquire_sliding_window_entry(key, limit, SECONDS, cost)
        previous, previous_left, current, left = await self._storage.get_sliding_window(key, SECONDS)
        return fits, Window(previous, previous_left, current, max(0.0, left - SECONDS))

    async def close(self) -> None:
        """Closes its lines."""
        lines: Any = self._storage.bridge
        await lines.storage.aclose()
