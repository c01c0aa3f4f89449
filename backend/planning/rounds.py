"""How often an account comes round within some days: the visits that its interval asks for, each with the days it may fall on.

Days are numbers on any one axis, such as date.toordinal()."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Round:
    """A visit that is due on the day `due` (earlier than the first day when overdue) and may be made from `begins` to `ends`."""

    due: int
    begins: int
    ends: int


def rounds(
    due: int, interval: int, first: int, last: int, kept: Sequence[int] = (), worked: Sequence[int] | None = None
) -> list[Round]:
    """Returns the visits of an account due first on `due` and then every `interval` days, from the day `first` to `last`.

    The first is not made before it is due, those that follow up to a third of the interval before, so that a visit that
    comes late does not push all others back; each until the next one may be made. On the days in `kept` the account is
    visited at all events: what is due within half an interval of one is seen to, and the next comes an interval after it.
    With `worked`, a visit of which all days are off is made together with the next one, and if that is the end, not at all.
    """
    found: list[Round] = []
    early, target = interval // 3, due
    begins = max(first, due)
    while target <= last:
        day = max(first, target)
        seen = [one for one in kept if abs(one - day) <= interval // 2]
        if seen:
            target = max(seen) + interval
        else:
            found.append(Round(target, begins, last))
            target = day + interval
        begins = target - early
    slots = [Round(one.due, one.begins, min(last, after.begins - 1)) for one, after in pairwise(found)] + found[-1:]
    return slots if worked is None else joined(slots, worked)


def joined(slots: Sequence[Round], worked: Sequence[int]) -> list[Round]:
    """Returns the visits with those that no day is left for joined to the next one."""
    found: list[Round] = []
    waiting: Round | None = None
    for slot in slots:
        one = slot if waiting is None else Round(waiting.due, waiting.begins, slot.ends)
        waiting = None
        if any(one.begins <= day <= one.ends for day in worked):
            found.append(one)
        else:
            waiting = one
    return found


def taken_out(slots: Sequence[Round], days: Sequence[int], most: int) -> dict[int, int]:
    """Returns which visits are not to be made, by their number, and the day that says so: each day takes the visit that may be
    made on it, or the nearest at most so many days from it."""
    found: dict[int, int] = {}
    for day in sorted(days):
        near = [
            (max(slot.begins - day, day - slot.ends, 0), number)
            for number, slot in enumerate(slots)
            if number not in found
        ]
        apart, number = min(near, default=(most + 1, -1))
        if apart <= most:
            found[number] = day
    return found


def gap(interval: int) -> int:
    """Returns how many seconds apart two visits of one account begin at least: half the interval, counted in days.

    Half a day less, so that any two hours of days that far apart will do."""
    return -(-interval // 2) * DAY - DAY // 2 if interval > 0 else 0
