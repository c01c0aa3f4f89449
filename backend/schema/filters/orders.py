"""The order that somebody asks for, as columns with their directions."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from django.db.models import Model
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from backend.identity.actor import Actor
from backend.kit.errors import Invalid
from backend.schema.filters.conditions import check_readable
from backend.schema.filters.operators import Ordering
from backend.schema.paging import Key, Order

T = TypeVar("T", bound=type)
MOST_KEYS = 4
_ORDERED: dict[type, type[Model]] = {}


def orders(model: type[Model]) -> Callable[[T], T]:
    """Declares which rows are ordered by a type's fields, which are columns of the model."""

    def declare(kind: T) -> T:
        _ORDERED[kind] = model
        return kind

    return declare


def asked_order(actor: Actor, given: Sequence[object] | None, usual: Order) -> Order:
    """Returns the order that is asked for, or the usual one; ends with the id. Raises NotPermitted and Invalid."""
    if not given:
        return usual
    if len(given) > MOST_KEYS:
        raise _bad(f"has more than {MOST_KEYS} fields")
    keys: list[Key] = []
    for one in given:
        name, way = _chosen(one)
        model = _ORDERED[type(one)]
        check_readable(actor, model, name)
        if name in {key.path for key in keys}:
            raise _bad(f"names {to_camel_case(name)} twice")
        keys.append(_key(model, name, way))
    return (*keys, Key("id", keys[-1].descending))


def _chosen(one: object) -> tuple[str, Ordering]:
    chosen: list[tuple[str, Any]] = [
        (field.name, value)
        for field in fields(one)  # type: ignore[arg-type]
        if (value := getattr(one, field.name)) is not UNSET
    ]
    [(name, way)] = chosen
    return name, way


def _key(model: type[Model], name: str, way: Ordering) -> Key:
    descending = way.value.startswith("DESC")
    if not model._meta.get_field(name).null:
        return Key(name, descending)
    if way.value.endswith("_FIRST") or way.value.endswith("_LAST"):
        return Key(name, descending, way.value.endswith("_FIRST"))
    return Key(name, descending, descending)


def _bad(what: str) -> Invalid:
    return Invalid("BAD_ORDER", f"orderBy {what}.", fields={"orderBy": what})
