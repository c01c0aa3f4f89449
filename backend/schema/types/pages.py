"""One page of a list, of whatever kind."""

from typing import Generic, TypeVar

import strawberry
from django.db.models import Model

from backend.schema.paging import Slice
from backend.schema.types import rows

T = TypeVar("T")
M = TypeVar("M", bound=Model)


@strawberry.type
class Page(Generic[T]):
    nodes: list[T]
    end_cursor: str | None
    has_next: bool


def page_of(kind: type[T], found: Slice[M]) -> Page[T]:
    """Returns a slice of rows where a page of their GraphQL type is asked for."""
    return Page(nodes=rows.many(kind, found.rows), end_cursor=found.end_cursor, has_next=found.has_next)
