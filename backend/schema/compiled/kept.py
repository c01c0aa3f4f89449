"""Statements that are made once and bound anew: to make one by the ORM takes longer than PostgreSQL takes to answer it.

What makes a root's rows is a function without arguments: it knows who asks, and what for, as the variables of its closure. Here
it is run with others in their places, which nobody has: twice, so that whatever was made of them differs. Where that gives one
text, and parameters that are either the same or exactly what was put in, then the text is kept and only these are bound: who
asks, ids, and the time. All else (numbers, texts, what is missing, which ids are the same, the role) is part of what it is kept
under. What depends on these in any other way, or asks the database, is made anew each time."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from threading import Lock
from types import CellType, FunctionType
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from strawberry.types.unset import UnsetType

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.ids import new_id
from backend.telemetry import metrics
from backend.telemetry.tally import Count

MOST_KEPT = 500
_MOST_ASKED = 5_000

Rows = Callable[[], QuerySet[Any]]


class Made(NamedTuple):
    """A statement, its parameters, and whose rows it reads."""

    sql: str
    params: Sequence[object]
    model: type[Model]


Make = Callable[[Rows, Actor], Made]


class Kept(NamedTuple):
    """A statement to be bound."""

    sql: str
    params: tuple[object, ...]
    model: type[Model]

    def bound(self, ids: Sequence[UUID]) -> Made:
        """Binds it to ids and to now."""
        values: list[object] = [*ids, clock.now()]
        params = [values[one.number] if isinstance(one, _Slot) else one for one in self.params]
        return Made(self.sql, params, self.model)


class _Slot(NamedTuple):
    """Stands for the value of that number."""

    number: int


class Unkeepable(Exception):
    """Something else than a value that is understood here."""


_Said = str | int | float | Decimal | Enum | UnsetType | type | None
_TIMES = (datetime(2031, 5, 17, 3, 22, 41, 123457, UTC), datetime(2077, 11, 4, 19, 48, 2, 654323, UTC))


class Values:
    """What a function knows: ids by their numbers, and the rest as it is. `instead`: what stands in place of the ids."""

    def __init__(self, instead: Sequence[UUID] | None = None) -> None:
        self.ids: list[UUID] = []
        self.said: list[Hashable] = []
        self._instead = instead

    def id(self, value: UUID) -> UUID:
        if value not in self.ids:
            self.ids.append(value)
        number = self.ids.index(value)
        self.said.append(_Slot(number))
        return value if self._instead is None else self._instead[number]

    def actor(self, actor: Actor) -> Actor:
        self.said += (actor.role, actor.platform, actor.device_id is None, actor.generation is None)
        user, org = self.id(actor.user_id), self.id(actor.org_id)
        if self._instead is None:
            return actor
        other = self._instead[0]
        zones = ("Asia/Tokyo", "Europe/Paris")
        return replace(
            actor,
            user_id=user,
            org_id=org,
            username=other.hex,
            timezone=zones[other.int % 2],
            device_id=None if actor.device_id is None else UUID(int=other.int ^ 1),
            generation=None if actor.generation is None else other.int % 2**30,
        )

    def variable(self, value: Any) -> Any:
        """Returns a variable of GraphQL's, which comes as JSON, or what stands in its place: ids are texts there."""
        if isinstance(value, str) and (found := _as_id(value)) is not None:
            other = self.id(found)
            return value if self._instead is None else str(other)
        if isinstance(value, list):
            self.said.append(len(value))
            return [self.variable(one) for one in value]
        if isinstance(value, dict):
            self.said.append(tuple(value))
            return {name: self.variable(one) for name, one in value.items()}
        return self.of(value)

    def of(self, value: Any) -> Any:
        """Returns the value, or what stands in its place."""
        if isinstance(value, Actor):
            return self.actor(value)
        if isinstance(value, UUID):
            return self.id(value)
        kind = type(value)
        self.said.append((kind.__module__, kind.__qualname__))
        if isinstance(value, _Said):
            self.said.append(value)
            return value
        if isinstance(value, list):
            self.said.append(len(value))
            return [self.of(one) for one in value]
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{one.name: self.of(getattr(value, one.name)) for one in fields(value)})
        raise Unkeepable

    def function(self, rows: Rows) -> Rows:
        """Returns the function with what stands in place of what it knows."""
        if not isinstance(rows, FunctionType) or rows.__defaults__ or rows.__kwdefaults__:
            raise Unkeepable
        self.said += (rows.__module__, rows.__code__)
        closure = tuple(CellType(self.of(cell.cell_contents)) for cell in rows.__closure__ or ())
        return FunctionType(rows.__code__, rows.__globals__, rows.__name__, None, closure)


K = TypeVar("K")


def _as_id(text: str) -> UUID | None:
    if len(text) != 36:
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    # Written in another way it is the same id, and another variable.
    return found if str(found) == text else None


class Shelf(Generic[K]):
    """What is kept under keys, those asked for last; what is asked for only once is not worth it."""

    def __init__(self, counts: Count) -> None:
        self._kept: OrderedDict[Hashable, K | None] = OrderedDict()
        self._asked: OrderedDict[Hashable, None] = OrderedDict()
        self._counted: Counter[str] = Counter(hits=0, misses=0, unkept=0)
        self._counts = counts
        self._lock = Lock()

    def find(self, key: Hashable) -> K | None:
        """Returns what is kept, and counts."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            self._count("hits" if found is not None else "unkept" if key in self._kept else "misses")
            return found

    def worth(self, key: Hashable) -> bool:
        """Says whether to try to keep something: it was asked for before, and did not fail then."""
        with self._lock:
            if key in self._kept:
                return False
            if key in self._asked:
                del self._asked[key]
                return True
            self._asked[key] = None
            if len(self._asked) > _MOST_ASKED:
                self._asked.popitem(last=False)
            return False

    def put(self, key: Hashable, found: K | None) -> None:
        """Keeps it; None: it cannot be."""
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def unkept(self) -> None:
        """Counts what has no key."""
        with self._lock:
            self._count("unkept")

    def forget(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._kept.clear()
            self._asked.clear()

    def counted(self) -> dict[str, int]:
        """Returns how often something was found (hits), not (misses), or is known not to be kept (unkept), and how many are."""
        with self._lock:
            return {**self._counted, "kept": sum(one is not None for one in self._kept.values())}

    def _count(self, what: str) -> None:
        self._counted[what] += 1
        self._counts.add({"hits": "hit", "misses": "miss"}.get(what, what))


_shelf: Shelf[Kept] = Shelf(metrics.STATEMENTS)
counted, forget = _shelf.counted, _shelf.forget


def statement(rows: Rows, actor: Actor, key: Hashable, make: Make) -> Made:
    """Returns what `make` makes of rows for an actor, whatever else it depends on being told by the key."""
    values = Values()
    try:
        values.actor(actor)
        values.function(rows)
        whole = (key, tuple(values.said))
        known = _shelf.find(whole)
    except (Unkeepable, TypeError):  # a value that is no key
        _shelf.unkept()
        return make(rows, actor)
    if known is not None:
        return known.bound(values.ids)
    if _shelf.worth(whole):

        def made(others: Values) -> Made:
            other = others.actor(actor)
            return make(others.function(rows), other)

        _shelf.put(whole, tried(made, len(values.ids)))
    return make(rows, actor)


def tried(make: Callable[[Values], Made], ids: int) -> Kept | None:
    """Returns what can be kept of what is made of values that nobody has, in the order in which they were taken; else None."""
    made: list[Made] = []
    slots: list[dict[object, _Slot]] = []
    for time in _TIMES:
        instead = [new_id() for _ in range(ids)]
        try:
            with _without_database(), clock.supposed(time):
                made.append(make(Values(instead)))
        # Whatever goes wrong with what nobody has, does not go wrong for those who ask: theirs is made as ever.
        except Exception:  # noqa: BLE001
            return None
        slots.append({**{one: _Slot(number) for number, one in enumerate(instead)}, time: _Slot(ids)})
    first, second = made
    if first.sql != second.sql or first.model is not second.model or len(first.params) != len(second.params):
        return None
    params: list[object] = []
    for one, other_one in zip(first.params, second.params, strict=True):
        slot = slots[0].get(one) if isinstance(one, UUID | datetime) else None
        if slot is not None and slots[1].get(other_one) == slot:
            params.append(slot)
        elif type(one) is type(other_one) and isinstance(one, str | int | float | Decimal | None) and one == other_one:
            params.append(one)
        else:
            return None
    return Kept(first.sql, tuple(params), first.model)


@contextmanager
def _without_database() -> Iterator[None]:
    def refuse(*_: Any) -> NoReturn:
        raise Unkeepable

    logged = connection.force_debug_cursor
    connection.force_debug_cursor = False  # what is refused here is no statement of the request
    try:
        with connection.execute_wrapper(refuse):
            yield
    finally:
        connection.force_debug_cursor = logged
