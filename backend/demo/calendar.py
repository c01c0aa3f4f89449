"""Made-up visits of the past: when each account was called on, so that the day of loading looks like any working day."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

OVERDUE = 0.25
DUE_TODAY = 0.08
"""Shares of a rep's accounts."""
WEEKS_BACK = 26
DAY_START = time(8, 30)
SLOT = timedelta(minutes=45)
VISIT = timedelta(minutes=30)
SLOTS = 11


@dataclass(frozen=True, slots=True)
class Called:
    """An account on whom somebody calls every `interval` days; `seed` tells it from others, the same at every load."""

    id: UUID
    seed: str
    interval: int


def visits(accounts: Iterable[Called], *, today: date, zone: ZoneInfo) -> Iterator[tuple[UUID, datetime, datetime]]:
    """Gives (account, start, end) of one rep's visits before `today`: weekdays, one after another, none twice a day."""
    by_day: dict[date, list[tuple[float, UUID]]] = {}
    for account, days in _days(list(accounts), today):
        draw = random.Random(f"hour {account.seed}")  # noqa: S311
        for day in days:
            free = day
            while len(by_day.setdefault(free, [])) >= SLOTS or any(one == account.id for _, one in by_day[free]):
                free = _weekday(free - timedelta(days=1))
            by_day[free].append((draw.random(), account.id))
    for day, called in by_day.items():
        for slot, (_, account_id) in enumerate(sorted(called)):
            start = datetime.combine(day, DAY_START, zone) + slot * SLOT
            yield account_id, start, start + VISIT


def _days(accounts: list[Called], today: date) -> Iterator[tuple[Called, list[date]]]:
    """Gives each account's days, newest first."""
    shuffled = sorted(accounts, key=lambda one: random.Random(f"order {one.seed}").random())  # noqa: S311
    overdue = round(OVERDUE * len(shuffled))
    due_today = overdue + round(DUE_TODAY * len(shuffled))
    for place, account in enumerate(shuffled):
        draw = random.Random(f"days {account.seed}")  # noqa: S311
        if place < overdue:
            age = account.interval + draw.randint(1, max(1, account.interval // 2))
        elif place < due_today:
            age = account.interval
        else:
            # Two days short of due, because a weekend may push the visit back by as many.
            age = draw.randint(1, max(1, account.interval - 3))
        days = [_weekday(today - timedelta(days=age))]
        while days[-1] > today - timedelta(weeks=WEEKS_BACK):
            step = round(account.interval * draw.uniform(0.8, 1.2))
            days.append(_weekday(days[-1] - timedelta(days=max(1, step))))
        yield account, days


def _weekday(day: date) -> date:
    """Returns the day, or the Friday before when it falls on a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
