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
from backend.schema.compiled.plan import plan_of
from backend.schema.compiled.shape import Shape
from backend.schema.compiled.text import Bound, Reading, Texts
from backend.schema.paging import Order, Window, beyond, cursor_of, keys, page
from backend.schema.paging import cursor as page_cursor
from backend.schema.types.pages import Connection, connection_of
from backend.territories.seen import Way

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows that are read as text by one statement. `said`: what is answered of the texts; `otherwise`: where there is no row."""

    reading: Reading
    said: Callable[[Texts], object]
    otherwise: Callable[[], object] | None = None

    def __call__(self) -> object:
        """Reads them; raises Unsayable, and what finding a row otherwise raises."""
        found = self.reading.read()
        return self.otherwise() if self.otherwise is not None and found.last is None else self.said(found)


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
        plan = connection_plan(schema, shape, actor.role)
        window = self.window

        def shaped(rows: QuerySet[Any]) -> tuple[QuerySet[Any], list[Bound]]:
            cursor = page_cursor(rows, self.by)
            return beyond(rows, self.by, window), [one.over(cursor) for one in plan.lists.values()]

        # A cursor holds values of columns, of which more is made than is bound.
        anywhere = window.after is None and window.before is None
        reading = Reading(
            rows=self.rows,
            shaped=shaped,
            actor=actor,
            key=(tuple(plan.lists.values()), self.by, window) if anywhere else None,
            many=len(plan.lists),
            way=_way(actor),
            at=keys(self.by) if plan.tells_cursors else (),
            most=window.size,
            backwards=window.backwards,
        )
        return Answer(reading, partial(self._said, plan))

    def _said(self, plan: ConnectionPlan, found: Texts) -> dict[str, object]:
        previous, following = self.window.ends(more=found.more)
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
        return Answer(Reading(rows=self.rows, shaped=lambda rows: (rows, [plan]), actor=actor, key=plan), _only)

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
        plan = plan_of(schema, shape, actor.role)

        def shaped(rows: QuerySet[Any]) -> tuple[QuerySet[Any], list[Bound]]:
            return rows, [plan]

        def otherwise() -> object:
            other = self.find()
            rows = type(other)._default_manager.filter(pk=other.pk)
            return _only(Reading(rows=lambda: rows, shaped=shaped, actor=actor, single=True).read())

        reading = Reading(rows=self.rows, shaped=shaped, actor=actor, key=plan, way=Way.ONE, single=True)
        return Answer(reading, _only, otherwise)

    def plain(self) -> object:
        """Finds the row."""
        return self.find()


def _only(found: Texts) -> orjson.Fragment | Holed:
    return found.lists[0]


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
