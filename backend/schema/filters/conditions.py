"""A filter as a condition on rows, for one person: of what their role may not read they may not ask either, or they would
learn it by the answers.

How much may be asked: 40 conditions, 5 levels of and, or, not; lists of 100 values; texts of 100 letters."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from backend.identity.actor import Actor
from backend.kit.errors import Invalid, NotPermitted
from backend.kit.field_rules import may_read
from backend.schema.filters.operators import OPERATORS

M = TypeVar("M", bound=Model)
T = TypeVar("T", bound=type)
Special = Callable[[Actor, str, Any], Q]
"""Returns the condition of a field that is no column, by who asks, the path to the row ("account__" or ""), the value."""

MOST_CONDITIONS, MOST_LEVELS, MOST_VALUES, LONGEST = 40, 5, 100, 100
NOTHING = Q(pk__in=[])
_LOOKUPS = {"eq": "", "in_": "__in", "is_null": "__isnull", "contains": "__icontains", "starts_with": "__istartswith"}
_LOOKUPS |= {name: f"__{name}" for name in ("lt", "lte", "gt", "gte")}
_NEGATED = {"ne": "eq", "not_in": "in_"}


@dataclass(frozen=True, slots=True)
class _Filtered:
    model: type[Model]
    special: Mapping[str, Special]


_FILTERED: dict[type, _Filtered] = {}


def filters(model: type[Model], **special: Special) -> Callable[[T], T]:
    """Declares which rows a filter is of: its fields are columns of the model, or `special`, or filters of a related row."""

    def declare(kind: T) -> T:
        _FILTERED[kind] = _Filtered(model, special)
        return kind

    return declare


def narrowed(rows: QuerySet[M], actor: Actor, where: object | None) -> QuerySet[M]:
    """Returns the rows of which the filter holds. Raises NotPermitted and Invalid."""
    if where is None:
        return rows
    try:
        return rows.filter(_Reader(actor).condition(where, "", 0))
    except (ValidationError, ValueError, ArithmeticError) as error:  # a number that is none, say
        raise _bad("filter", "holds a value that no row can have") from error


def check_readable(actor: Actor, model: type[Model], name: str) -> None:
    """Refuses a column that the actor's role may not read."""
    if not may_read(model, actor.role, name):
        shown = to_camel_case(name)
        raise NotPermitted("FIELD_HIDDEN", f"You may not read {shown}, and so not ask by it.", fields={shown: "hidden"})


class _Reader:
    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._conditions = 0

    def condition(self, where: object, path: str, level: int) -> Q:
        """Returns what a filter says of the row at the path; an empty Q where it says nothing."""
        if level > MOST_LEVELS:
            raise _too_large(f"more than {MOST_LEVELS} levels")
        found = Q()
        filtered = _FILTERED[type(where)]
        for name, value in _given(where):
            self._count()
            found &= self._field(filtered, name, value, path, level)
        return found

    def _field(self, filtered: _Filtered, name: str, value: Any, path: str, level: int) -> Q:
        if name == "and_":
            return _all([self.condition(one, path, level + 1) for one in _few(name, value)])
        if name == "or_":
            return _any([self.condition(one, path, level + 1) for one in _few(name, value)])
        if name == "not_":
            inner = self.condition(value, path, level + 1)
            return ~inner if inner else NOTHING
        if name in filtered.special:
            return filtered.special[name](self._actor, path, value)
        if isinstance(value, OPERATORS):
            check_readable(self._actor, filtered.model, name)
            return self.asked(f"{path}{name}", name, value)
        there = Q(**{f"{path}{name}__isnull": False, f"{path}{name}__deleted_at": None})
        return there & self.condition(value, f"{path}{name}__", level + 1)

    def asked(self, path: str, name: str, given: object) -> Q:
        found = Q()
        for operator, value in _given(given, nulls=True):
            self._count()
            if value is None:
                raise _bad(name, "is compared with null: ask isNull")
            found &= compared(path, name, operator, value)
        return found

    def _count(self) -> None:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise _too_large(f"more than {MOST_CONDITIONS} conditions")


def compared(path: str, name: str, operator: str, value: Any) -> Q:
    """Returns one comparison of a column."""
    if isinstance(value, list):
        _few(name, value)
    if operator in ("contains", "starts_with") and not 1 <= len(value) <= LONGEST:
        raise _bad(name, f"{to_camel_case(operator)} takes 1 to {LONGEST} letters")
    if operator in _NEGATED:
        return ~Q(**{f"{path}{_LOOKUPS[_NEGATED[operator]]}": value})
    return Q(**{f"{path}{_LOOKUPS[operator]}": value})


def comparisons(name: str, given: object) -> Iterator[tuple[str, Any]]:
    """Yields the comparisons of one value, for fields that are no columns. Raises Invalid for null."""
    for operator, value in _given(given, nulls=True):
        if value is None:
            raise _bad(name, "is compared with null: ask isNull")
        yield operator, value


def _given(given: object, *, nulls: bool = False) -> Iterator[tuple[str, Any]]:
    for field in fields(given):  # type: ignore[arg-type]
        value = getattr(given, field.name)
        if value is not UNSET and (nulls or value is not None):
            yield field.name, value


def _all(conditions: list[Q]) -> Q:
    found = Q()
    for one in conditions:
        found &= one
    return found


def _any(conditions: list[Q]) -> Q:
    """One that says nothing holds always; of none, none holds."""
    if not all(conditions):
        return Q() if conditions else NOTHING
    found = NOTHING
    for one in conditions:
        found |= one
    return found


def _few(name: str, values: list[Any]) -> list[Any]:
    if len(values) > MOST_VALUES:
        raise _too_large(f"more than {MOST_VALUES} values in {to_camel_case(name.rstrip('_'))}")
    return values


def _too_large(what: str) -> Invalid:
    return Invalid("FILTER_TOO_LARGE", f"The filter has {what}.", fields={"filter": what})


def _bad(name: str, what: str) -> Invalid:
    shown = to_camel_case(name)
    return Invalid("BAD_FILTER", f"{shown} {what}.", fields={shown: what})
