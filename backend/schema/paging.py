"""Pages of a list: keyset cursors over the columns of its order and the id, forwards or backwards, at most 100 rows;
for scripts of those who lead 10,000, where the list is compiled.

A cursor names a row by the values that it is ordered by. PostgreSQL writes it, for every row of a page, in the statement that
reads the page; it says which order it is of, and is refused by another."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F, Func, Model, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import Cast

from backend.identity.actor import Actor
from backend.kit.errors import Invalid

M = TypeVar("M", bound=Model)
L = TypeVar("L")
MOST = 100
LARGE = 10_000
"""How many rows a page has for a script, which reads all of a list, and has the memory for it."""

USUAL = 20
"""How many rows a page has when nobody says."""

CURSOR = "page_cursor"


class Key(NamedTuple):
    """One column of an order. `nulls_first`: where rows without a value come; None: there are none."""

    path: str
    descending: bool = False
    nulls_first: bool | None = None

    @property
    def turned(self) -> "Key":
        """Returns the same from the other end."""
        return Key(self.path, not self.descending, None if self.nulls_first is None else not self.nulls_first)

    def sorts(self) -> str | OrderBy:
        """Returns what the ORM orders by; as plainly as an index has it, where it has."""
        if self.nulls_first is None or self.nulls_first == self.descending:  # PostgreSQL's own habit
            return f"-{self.path}" if self.descending else self.path
        column, placed = F(self.path), {"nulls_first": True} if self.nulls_first else {"nulls_last": True}
        return column.desc(**placed) if self.descending else column.asc(**placed)

    def at(self, value: str | None) -> Q:
        """Returns the rows that have the value."""
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})

    def behind(self, value: str | None) -> Q | None:
        """Returns the rows behind those that have the value; None: there are none."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if self.nulls_first else None
        found = Q(**{f"{self.path}__{'lt' if self.descending else 'gt'}": value})
        return found | Q(**{f"{self.path}__isnull": True}) if self.nulls_first is False else found


Order = tuple[Key, ...]
ID = Key("id")


def ordered_by(*names: str) -> Order:
    """Returns the order by columns that are never null ("-placed_at": from the highest), and then by id."""
    keys = tuple(Key(name.removeprefix("-"), name.startswith("-")) for name in names)
    return (*keys, Key("id", keys[-1].descending))


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for, as the Relay specification names it. Raises Invalid for what cannot be."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    most: int = MOST

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None:
            raise Invalid("FIRST_OR_LAST", "Ask for the first rows or for the last.", fields={"last": "with first"})
        for name in ("first", "last"):
            check_first(getattr(self, name), name, self.most)

    @property
    def size(self) -> int:
        """How many rows are shown at the most."""
        return self.last or self.first or USUAL

    @property
    def backwards(self) -> bool:
        """Whether the rows are counted from the end."""
        return self.last is not None

    def ends(self, *, more: bool) -> tuple[bool, bool]:
        """Returns whether rows come before the page, and behind it. Towards the end that the page was not read to, a cursor
        was given of a row there, or the list was read from its end."""
        before = more if self.backwards else self.after is not None
        return before, self.before is not None if self.backwards else more


@dataclass(frozen=True, slots=True)
class Slice(Generic[L]):
    """The rows of a page, the cursor of each, and whether there are rows before and behind."""

    rows: list[L]
    cursors: list[str]
    has_previous: bool
    has_next: bool


def most_for(actor: Actor) -> int:
    """Returns how many rows a page of a compiled list has at the most: more for who leads, with a token of no device."""
    return LARGE if actor.leads and actor.device_id is None else MOST


def check_first(first: int | None, name: str = "first", most: int = MOST) -> int | None:
    """Refuses a page of less than 1 or more than 100, or than `most`."""
    if first is not None and not 1 <= first <= most:
        raise Invalid("OUT_OF_RANGE", f"{name} is from 1 to {most}.", fields={name: "out of range"})
    return first


class _Written(Func):
    """The cursor of a row: base64 of JSON, in the alphabet of addresses."""

    template = (
        "translate(encode(convert_to(json_build_array(%(expressions)s)::text, 'UTF8'), 'base64'), E'+/=\\n', '-_')"
    )
    output_field = TextField()


def cursor(rows: QuerySet[Any], by: Order) -> Combinable:
    """Returns the cursor of each of the rows, as an expression over them."""
    return _Written(Cast(Value(_mark(rows.model._meta.label, by)), TextField()), *keys(by))


def keys(by: Order) -> list[Combinable]:
    """Returns what a cursor is made of, as expressions over the rows: texts."""
    return [Cast(F(key.path), TextField()) for key in by]


def cursor_of(model: type[Model], by: Order, values: Sequence[str | None]) -> str:
    """Returns the cursor of a row with these keys, as PostgreSQL writes it: for a page, of which only the ends are told."""
    parts = [_mark(model._meta.label, by), *values]
    text = b"[" + b", ".join(map(orjson.dumps, parts)) + b"]"
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@cache
def _mark(label: str, by: Order) -> str:
    return hashlib.sha256(repr((label, [tuple(key) for key in by])).encode()).hexdigest()[:8]


def _decode(rows: QuerySet[Any], by: Order, given: str, name: str) -> list[str | None]:
    values: list[Any]
    try:
        mark, *values = orjson.loads(base64.urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise _bad_cursor(name) from error
    strings = all(
        isinstance(one, str) or (one is None and key.nulls_first is not None)
        for one, key in zip(values, by, strict=False)
    )
    if mark != _mark(rows.model._meta.label, by) or len(values) != len(by) or not strings:
        raise _bad_cursor(name)
    return values


def _bad_cursor(name: str) -> Invalid:
    return Invalid("BAD_CURSOR", f"{name} is not a cursor of this list in this order.", fields={name: "not a cursor"})


def _behind(by: Order, values: list[str | None]) -> Q:
    """Returns the rows behind the one that has the values."""
    found = Q(pk__in=[])
    for number, key in enumerate(by):
        if (step := key.behind(values[number])) is None:
            continue
        for upper, value in zip(by[:number], values, strict=False):
            step = upper.at(value) & step
        found |= step
    first, value = by[0], values[0]
    if (
        first.nulls_first is None and len(by) > 1
    ):  # says no more than the rest, but so that an index is read from there on
        found = Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": value}) & found
    return found


def beyond(rows: QuerySet[M], by: Order, window: Window) -> QuerySet[M]:
    """Returns a page's rows and one more, in order; where it is read backwards, from its last row to its first."""
    turned = tuple(key.turned for key in by)
    for name, given, along in (("after", window.after, by), ("before", window.before, turned)):
        if given is None:
            continue
        values = _decode(rows, by, given, name)
        try:
            rows = rows.filter(_behind(along, values))
        except (ValidationError, ValueError, TypeError, ArithmeticError) as error:  # no such instant, no such id
            raise _bad_cursor(name) from error
    towards = turned if window.backwards else by
    return rows.order_by(*(key.sorts() for key in towards))[: window.size + 1]


def page(rows: QuerySet[M], by: Order, window: Window) -> Slice[M]:
    """Returns one page."""
    found = list(beyond(rows.annotate(**{CURSOR: cursor(rows, by)}), by, window))
    shown = found[: window.size]
    if window.backwards:
        shown.reverse()
    previous, following = window.ends(more=len(found) > window.size)
    return Slice(shown, [getattr(row, CURSOR) for row in shown], previous, following)


def counted(found: list[L], window: Window, skipped: int) -> Slice[L]:
    """Returns the page of a list that is read forwards and counted: its cursors are positions. `found` has one row more."""
    shown = found[: window.size]
    cursors = [str(skipped + number) for number in range(1, len(shown) + 1)]
    previous, following = window.ends(more=len(found) > window.size)
    return Slice(shown, cursors, previous, following)
