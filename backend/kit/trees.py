"""Trees kept in rows that point to the row above them."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


def makes_circle(own: UUID, above: T | None, *, key: Callable[[T], UUID], parent: Callable[[T], T | None]) -> bool:
    """Says whether the row `own` would stand above itself if it were hung beneath `above`."""
    seen = {own}
    while above is not None:
        if key(above) in seen:
            return True
        seen.add(key(above))
        above = parent(above)
    return False
