"""Rows of the database stand for GraphQL objects as they are: a type's fields carry the names of the row's attributes."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast
from uuid import UUID

T = TypeVar("T")


def one(kind: type[T], row: object) -> T:
    """Returns a row where its GraphQL type is asked for."""
    del kind
    return cast(T, row)


def maybe(kind: type[T], row: object | None) -> T | None:
    """Returns a row, or None, where its GraphQL type is asked for."""
    del kind
    return cast("T | None", row)


def many(kind: type[T], rows: Iterable[Any]) -> list[T]:
    """Returns rows where a list of their GraphQL type is asked for."""
    del kind
    return cast("list[T]", list(rows))


def row(kind: type[T], shown: object) -> T:
    """Returns the row behind a GraphQL object."""
    assert isinstance(shown, kind)
    return shown


def key(row: object, name: str) -> UUID:
    """Returns a foreign key of the row behind a GraphQL object."""
    value = getattr(row, name)
    assert isinstance(value, UUID)
    return value


def maybe_key(row: object, name: str) -> UUID | None:
    """Returns an optional foreign key of the row behind a GraphQL object."""
    value = getattr(row, name)
    assert value is None or isinstance(value, UUID)
    return value
