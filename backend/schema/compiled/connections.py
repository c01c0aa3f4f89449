"""The page of a list as text: its rows, its edges with their cursors, and what is told of the page itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Expression, Func, TextField, Value
from django.db.models.expressions import Combinable
from graphql import GraphQLObjectType, GraphQLSchema

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.schema.compiled.plan import Plan, plan_of
from backend.schema.compiled.refused import Refused
from backend.schema.compiled.shape import TYPENAME, Shape, definition


class _Joined(Func):
    template, arg_joiner = "(%(expressions)s)", " || "
    output_field = TextField()


@dataclass(frozen=True, slots=True)
class _Node:
    """The text of a row."""

    plan: Plan

    def over(self, cursor: Combinable) -> Plan:
        """Returns the plan; a row does not say where it stands."""
        del cursor
        return self.plan


@dataclass(frozen=True, slots=True)
class _Edge:
    """The text of an edge: JSON, cut where its values stand; None is the cursor."""

    pieces: tuple[str, ...]
    values: tuple[Plan | None, ...]

    def over(self, cursor: Combinable) -> "_EdgeOf":
        """Returns the same with its cursor."""
        return _EdgeOf(self, cursor)


@dataclass(frozen=True, slots=True)
class _EdgeOf:
    edge: _Edge
    cursor: Combinable

    def bound(self, actor: Actor) -> Expression:
        """Returns the text as an expression, for this caller and now."""
        parts: list[Combinable] = []
        for number, piece in enumerate(self.edge.pieces):
            parts.append(Value(piece, output_field=TextField()))
            if number < len(self.edge.values):
                value = self.edge.values[number]
                parts.append(self.cursor if value is None else value.bound(actor))
        return _Joined(*parts)


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """What is asked of a connection, by the names of the answer and in their order."""

    lists: dict[str, _Node | _Edge]
    info: dict[str, dict[str, str]]
    names: tuple[str, ...]
    kinds: dict[str, str]

    @property
    def tells_cursors(self) -> bool:
        """Whether the cursors of the page's ends are asked for."""
        return any(of.endswith("_cursor") for asked in self.info.values() for of in asked.values())

    def answer(self, lists: Sequence[object], said: dict[str, object]) -> dict[str, object]:
        """Returns the connection: `lists` in the order of this plan's, `said` by the names of PageInfo's fields."""
        known: dict[str, object] = {**self.kinds, **dict(zip(self.lists, lists, strict=True))}
        for response, asked in self.info.items():
            known[response] = {name: "PageInfo" if of == TYPENAME else said[of] for name, of in asked.items()}
        return {name: known[name] for name in self.names}


def connection_plan(schema: GraphQLSchema, shape: Shape, role: Role) -> ConnectionPlan:
    """Returns the plan of a connection; raises Refused."""
    lists: dict[str, _Node | _Edge] = {}
    info: dict[str, dict[str, str]] = {}
    kinds: dict[str, str] = {}
    for one in shape.chosen:
        name = _name(schema, shape.kind, one.field)
        if one.below is None:
            kinds[one.response] = shape.kind
        elif name == "page_info":
            info[one.response] = {each.response: _name(schema, "PageInfo", each.field) for each in one.below.chosen}
        elif name == "nodes":
            lists[one.response] = _Node(plan_of(schema, one.below, role, (one.response,)))
        elif name == "edges":
            lists[one.response] = _edge(schema, one.below, role, one.response)
        else:
            raise Refused(f"{shape.kind}.{one.field}", "no field of a page")
    return ConnectionPlan(lists, info, tuple(one.response for one in shape.chosen), kinds)


def _edge(schema: GraphQLSchema, shape: Shape, role: Role, at: str) -> _Edge:
    pieces, values, text = [], [], "{"
    for one in shape.chosen:
        text += f'{"" if text == "{" else ","}"{one.response}":'
        if one.field == TYPENAME:
            text += f'"{shape.kind}"'
            continue
        quoted = '"' if one.below is None else ""
        pieces.append(text + quoted)
        values.append(None if one.below is None else plan_of(schema, one.below, role, (at, one.response)))
        text = quoted
    return _Edge((*pieces, text + "}"), tuple(values))


def _name(schema: GraphQLSchema, kind: str, field: str) -> str:
    """Returns a field's name in Python."""
    if field == TYPENAME:
        return field
    parent = schema.type_map[kind]
    assert isinstance(parent, GraphQLObjectType)
    name = definition(parent.fields[field]).python_name
    assert name is not None
    return name
