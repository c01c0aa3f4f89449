"""One page of a list, of whatever kind: a connection, as the Relay specification has it."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import strawberry

from backend.schema.paging import Slice
from backend.schema.types import rows

T = TypeVar("T")


@strawberry.type(description="Whether there is more in either direction, and from where to ask on.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A row of a list, and where it stands in it.")
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type(
    description="A page of a list: first (20 when left out, 100 at the most) rows after a cursor, or last rows before one."
)
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The rows without their cursors.")
    page_info: PageInfo


def connection_of(kind: type[T], found: Slice[Any], nodes: Sequence[T] | None = None) -> Connection[T]:
    """Returns a slice of rows where a page of their GraphQL type is asked for; `nodes`: what is shown in their stead."""
    shown = rows.many(kind, found.rows) if nodes is None else list(nodes)
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, shown, strict=True)],
        nodes=shown,
        page_info=PageInfo(
            has_next_page=found.has_next,
            has_previous_page=found.has_previous,
            start_cursor=found.cursors[0] if shown else None,
            end_cursor=found.cursors[-1] if shown else None,
        ),
    )
