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
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from strawberry.types.unset import UnsetType

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.ids import new_id
from backend.telemetry import metrics

MOST_KEPT = 500
_MOST_ASKED = 5_000

Rows = Callable[[], QuerySet[Any]]


class Made(NamedTuple):
    """A statement, its parameters, and whose rows it reads."""

    sql: str
    params: Sequence[object]
    model: type[Model]


Make = Callable[[Rows, Actor], Made]


class _Slot(NamedTuple):
    """Stands for the value of that number."""

    number: int


class _Unkeepable(Exception):
    """Something else than a value that is understood here."""


_Said = str | int | float | Decimal | Enum | UnsetType | type | None
_TIMES = (datetime(2031, 5, 17, 3, 22, 41, 123457, UTC), datetime(2077, 11, 4, 19, 48, 2, 654323, UTC))


class _Values:
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
        raise _Unkeepable

    def function(self, rows: Rows) -> Rows:
        """Returns the function with what stands in place of what it knows."""
        if not isinstance(rows, FunctionType) or rows.__defaults__ or rows.__kwdefaults__:
            raise _Unkeepable
        self.said += (rows.__module__, rows.__code__)
        closure = tuple(CellType(self.of(cell.cell_contents)) for cell in rows.__closure__ or ())
        return FunctionType(rows.__code__, rows.__globals__, rows.__name__, None, closure)


_kept: "OrderedDict[Hashable, tuple[str, tuple[object, ...], type[Model]] | None]" = OrderedDict()
_asked: "OrderedDict[Hashable, None]" = OrderedDict()
_counted: Counter[str] = Counter(hits=0, misses=0, unkept=0)
_lock = Lock()


def counted() -> dict[str, int]:
    """Returns how often a statement was found (hits), made (misses), or is made each time (unkept) in this process, and how
    many are kept."""
    with _lock:
        return {**_counted, "kept": sum(one is not None for one in _kept.values())}


def forget() -> None:
    """Forgets every statement."""
    with _lock:
        _kept.clear()
        _asked.clear()


def statement(rows: Rows, actor: Actor, key: Hashable, make: Make) -> Made:
    """Returns what `make` makes of rows for an actor, whatever else it depends on being told by the key."""
    values = _Values()
    try:
        values.actor(actor)
        values.function(rows)
        whole = (key, tuple(values.said))
        known = _find(whole)
    except (_Unkeepable, TypeError):  # a value that is no key
        _count("unkept")
        return make(rows, actor)
    if isinstance(known, tuple):
        sql, params, model = known
        bound: list[object] = [*values.ids, clock.now()]
        return Made(sql, [bound[one.number] if isinstance(one, _Slot) else one for one in params], model)
    if known:
        found = _tried(rows, actor, make, len(values.ids))
        with _lock:
            _kept[whole] = found
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return make(rows, actor)


def _count(what: str) -> None:
    with _lock:
        _counted[what] += 1


def _find(whole: Hashable) -> "tuple[str, tuple[object, ...], type[Model]] | bool":
    """Returns what is kept; else whether to try: what is asked for only once is not worth it, nor what failed before."""
    with _lock:
        if whole in _kept:
            _kept.move_to_end(whole)
            found = _kept[whole]
            _counted["unkept" if found is None else "hits"] += 1
            metrics.STATEMENTS.add("unkept" if found is None else "hit")
            return False if found is None else found
        _counted["misses"] += 1
        metrics.STATEMENTS.add("miss")
        if whole in _asked:
            del _asked[whole]
            return True
        _asked[whole] = None
        if len(_asked) > _MOST_ASKED:
            _asked.popitem(last=False)
        return False


def _tried(rows: Rows, actor: Actor, make: Make, ids: int) -> "tuple[str, tuple[object, ...], type[Model]] | None":
    made: list[Made] = []
    slots: list[dict[object, _Slot]] = []
    for time in _TIMES:
        instead = [new_id() for _ in range(ids)]
        values = _Values(instead)
        try:
            with _without_database(), clock.supposed(time):
                other = values.actor(actor)
                made.append(make(values.function(rows), other))
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
    return first.sql, tuple(params), first.model


@contextmanager
def _without_database() -> Iterator[None]:
    def refuse(*_: Any) -> NoReturn:
        raise _Unkeepable

    logged = connection.force_debug_cursor
    connection.force_debug_cursor = False  # what is refused here is no statement of the request
    try:
        with connection.execute_wrapper(refuse):
            yield
    finally:
        connection.force_debug_cursor = logged
