"""What a root field of rows returns: which rows, not yet read. The executor has them read as text, or as rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar, cast

import orjson
from django.db.models import Model, QuerySet
from graphql import GraphQLSchema

from backend.identity.actor import Actor
from backend.schema.compiled.connections import ConnectionPlan, connection_plan
from backend.schema.compiled.holes import Holed
from backend.schema.compiled.kept import Rows
from backend.schema.compiled.plan import Plan, plan_of
from backend.schema.compiled.shape import Shape
from backend.schema.compiled.text import Bound, texts
from backend.schema.paging import Order, Window, beyond, cursor_of, keys, page
from backend.schema.paging import cursor as page_cursor
from backend.schema.types.pages import Connection, connection_of
from backend.territories.seen import Way

T = TypeVar("T")
Answer = Callable[[], object]


class Read(Protocol):
    """Rows that are still to be read."""

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Returns what reads them as JSON text, in one statement; raises Refused."""

    def plain(self) -> object:
        """Reads them as the resolvers show them."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page of rows, as a connection."""

    rows: Rows
    by: Order
    window: Window

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Plans one text for each name under which rows are asked for."""
        return partial(self._read, connection_plan(schema, shape, actor.role), actor)

    def _read(self, plan: ConnectionPlan, actor: Actor) -> dict[str, object]:
        def shaped(rows: QuerySet[Any]) -> tuple[QuerySet[Any], list[Bound]]:
            cursor = page_cursor(rows, self.by)
            return beyond(rows, self.by, self.window), [one.over(cursor) for one in plan.lists.values()]

        window = self.window
        # A cursor holds values of columns, of which more is made than is bound.
        anywhere = window.after is None and window.before is None
        key = (tuple(plan.lists.values()), self.by, window) if anywhere else None
        at = keys(self.by) if plan.tells_cursors else ()
        found = texts(
            self.rows,
            shaped,
            actor,
            key=key,
            many=len(plan.lists),
            way=_way(actor),
            at=at,
            most=window.size,
            backwards=window.backwards,
        )
        previous, following = window.ends(more=found.more)
        said: dict[str, object] = {"has_next_page": following, "has_previous_page": previous}
        if plan.tells_cursors:
            ends = {"start_cursor": found.first, "end_cursor": found.last}
            said |= {name: None if end is None else cursor_of(found.model, self.by, end) for name, end in ends.items()}
        return plan.answer(found.lists, said)

    def plain(self) -> object:
        """Reads a slice."""
        return connection_of(object, page(self.rows(), self.by, self.window))


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list of rows."""

    rows: Rows

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Plans one text."""
        plan = plan_of(schema, shape, actor.role)
        return lambda: texts(self.rows, lambda rows: (rows, [plan]), actor, key=plan).lists[0]

    def plain(self) -> object:
        """Reads the rows."""
        return list(self.rows())


@dataclass(frozen=True, slots=True)
class ReadOne:
    """One row: of those that are seen, or as `find` finds it, who knows of more ways and of errors."""

    rows: Rows
    find: Callable[[], Model]

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Plans one text."""
        return partial(self._read, plan_of(schema, shape, actor.role), actor)

    def _read(self, plan: Plan, actor: Actor) -> orjson.Fragment | Holed:
        def shaped(rows: QuerySet[Any]) -> tuple[QuerySet[Any], list[Bound]]:
            return rows, [plan]

        found = texts(self.rows, shaped, actor, key=plan, way=Way.EACH, single=True)
        if found.last is None:
            other = self.find()
            found = texts(lambda: type(other)._default_manager.filter(pk=other.pk), shaped, actor, single=True)
        return found.lists[0]

    def plain(self) -> object:
        """Finds the row."""
        return self.find()


def _way(actor: Actor) -> Way:
    # Who leads sees much of the org, and what they see is soon met in an order that an index has.
    return Way.EACH if actor.leads else Way.WHOLE


def a_page(kind: type[T], rows: Rows, by: Order, window: Window) -> Connection[T]:
    """Returns a page of rows where a connection of their GraphQL type is asked for."""
    del kind
    return cast(Connection[T], ReadPage(rows, by, window))


def a_list(kind: type[T], rows: Rows) -> list[T]:
    """Returns rows, in the order they have, where a list of their GraphQL type is asked for."""
    del kind
    return cast("list[T]", ReadList(rows))


def one(kind: type[T], rows: Rows, find: Callable[[], Model]) -> T:
    """Returns a row where its GraphQL type is asked for. `find` finds at least what `rows` has, or raises what is wrong."""
    del kind
    return cast(T, ReadOne(rows, find))
