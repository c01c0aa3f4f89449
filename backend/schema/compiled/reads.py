"""What a root field of rows returns: which rows, not yet read. The executor has them read as text, or as rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar, cast

import orjson
from django.db.models import Model, QuerySet
from graphql import GraphQLSchema

from backend.identity.actor import Actor
from backend.schema.compiled.plan import Plan, plan_of
from backend.schema.compiled.refused import Refused
from backend.schema.compiled.shape import TYPENAME, Shape, definition
from backend.schema.compiled.text import texts
from backend.schema.paging import beyond, cursor_at, page
from backend.schema.types.pages import Page, page_of

T = TypeVar("T")
Rows = Callable[[], QuerySet[Any]]
Answer = Callable[[], object]


class Read(Protocol):
    """Rows that are still to be read."""

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Returns what reads them as JSON text, in one statement; raises Refused."""

    def plain(self) -> object:
        """Reads them as the resolvers show them."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page of rows."""

    rows: Rows
    by: str
    first: int
    after: str | None
    descending: bool

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Plans one text for each name under which `nodes` are asked for."""
        fields = schema.type_map[shape.kind].fields  # type: ignore[attr-defined]
        names = {one.response: _page_field(fields, one.field) for one in shape.chosen}
        below = {one.response: one.below for one in shape.chosen if one.below is not None}
        plans = {response: plan_of(schema, inner, actor.role) for response, inner in below.items()}
        return partial(self._read, shape.kind, names, plans, actor)

    def _read(self, kind: str, names: dict[str, str], plans: dict[str, Plan], actor: Actor) -> dict[str, object]:
        rows = beyond(self.rows(), by=self.by, first=self.first, after=self.after, descending=self.descending)
        found = texts(rows, list(plans.values()), actor, at=(self.by, "pk"), most=self.first)
        lists = dict(zip(plans, found.lists, strict=True))
        known = {
            "end_cursor": None if found.last is None else cursor_at(*found.last),
            "has_next": found.more,
            TYPENAME: kind,
        }
        return {response: lists[response] if name == "nodes" else known[name] for response, name in names.items()}

    def plain(self) -> object:
        """Reads a slice."""
        found = page(self.rows(), by=self.by, first=self.first, after=self.after, descending=self.descending)
        return page_of(Page, found)


def _page_field(fields: dict[str, Any], name: str) -> str:
    if name == TYPENAME:
        return name
    python_name = definition(fields[name]).python_name
    if python_name not in ("nodes", "end_cursor", "has_next"):
        raise Refused(name, "no field of a page")
    return python_name


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list of rows."""

    rows: Rows

    def compiled(self, schema: GraphQLSchema, shape: Shape, actor: Actor) -> Answer:
        """Plans one text."""
        plan = plan_of(schema, shape, actor.role)
        return lambda: texts(self.rows(), [plan], actor).lists[0]

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

    def _read(self, plan: Plan, actor: Actor) -> orjson.Fragment:
        found = texts(self.rows(), [plan], actor, single=True)
        if found.last is None:
            other = self.find()
            found = texts(type(other)._default_manager.filter(pk=other.pk), [plan], actor, single=True)
        return found.lists[0]

    def plain(self) -> object:
        """Finds the row."""
        return self.find()


def a_page(kind: type[T], rows: Rows, *, by: str, first: int, after: str | None, descending: bool = False) -> Page[T]:
    """Returns a page of rows, by a non-null column and then id, where a page of their GraphQL type is asked for."""
    del kind
    return cast(Page[T], ReadPage(rows, by, first, after, descending))


def a_list(kind: type[T], rows: Rows) -> list[T]:
    """Returns rows, in the order they have, where a list of their GraphQL type is asked for."""
    del kind
    return cast("list[T]", ReadList(rows))


def one(kind: type[T], rows: Rows, find: Callable[[], Model]) -> T:
    """Returns a row where its GraphQL type is asked for. `find` finds at least what `rows` has, or raises what is wrong."""
    del kind
    return cast(T, ReadOne(rows, find))
