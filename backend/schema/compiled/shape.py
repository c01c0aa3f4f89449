"""What a selection asks for, after aliases, fragments, variables and directives: a value that plans are kept under."""

from typing import NamedTuple, TypeAlias

from graphql import GraphQLError, GraphQLField, GraphQLNamedType, GraphQLObjectType, get_argument_values, get_named_type
from graphql.execution.collect_fields import FieldDetails, FieldDetailsList
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from backend.kit.errors import DomainError
from backend.schema.compiled.refused import Refused
from backend.schema.types.edges import EdgeField

TYPENAME = "__typename"


class Given(tuple[object, ...]):
    """Values of arguments: bound anew for each request, and so no part of what plans are kept under."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, Given)

    def __hash__(self) -> int:
        return 0


class Chosen(NamedTuple):
    """One field of an answer: under which name, which field, and what of it (nothing of a leaf). Of an edge also which
    arguments narrow it, and their values."""

    response: str
    field: str
    below: "Shape | None" = None
    narrowed: tuple[str, ...] = ()
    given: Given = Given()
    why: str | None = None
    """Why only a resolver can answer it."""


class Shape(NamedTuple):
    """What is asked of a type, in the order of the answer."""

    kind: str
    chosen: tuple[Chosen, ...]

    def given(self) -> tuple[object, ...]:
        """Returns the values of all arguments, those of a field before those beneath it."""
        return tuple(
            value for one in self.chosen for value in (*one.given, *(() if one.below is None else one.below.given()))
        )


Executor: TypeAlias = StrawberryGraphQLCoreExecutionContext


def definition(field: GraphQLField) -> StrawberryField:
    """Returns how a field was declared."""
    found = field.extensions["strawberry-definition"]
    assert isinstance(found, StrawberryField)
    return found


def shape_of(executor: Executor, kind: GraphQLNamedType, asked: FieldDetailsList) -> Shape:
    """Returns what is asked of a type; raises Refused for a type that is none of rows."""
    if not isinstance(kind, GraphQLObjectType) or kind.interfaces:
        raise Refused(kind.name, "an abstract type")
    collected = executor.collect_subfields(kind, asked).grouped_field_set
    return Shape(kind.name, tuple(_chosen(executor, kind, name, asked) for name, asked in collected.items()))


def _chosen(executor: Executor, kind: GraphQLObjectType, response: str, asked: FieldDetailsList) -> Chosen:
    name = asked[0].node.name.value
    if name == TYPENAME:
        return Chosen(response, name)
    field = kind.fields[name]
    declared = definition(field)
    named = get_named_type(field.type)
    narrowed: tuple[str, ...] = ()
    given = Given()
    if field.args:
        if not isinstance(declared, EdgeField):
            return Chosen(response, name, why="arguments")
        try:
            narrowed, given = _narrowed(executor, declared, field, asked[0])
        except (GraphQLError, DomainError):
            return Chosen(response, name, why="arguments that are refused")
    below = None
    if isinstance(named, GraphQLObjectType) and (isinstance(declared, EdgeField) or declared.is_basic_field):
        below = shape_of(executor, named, asked)
    return Chosen(response, name, below, narrowed, given)


def _narrowed(
    executor: Executor, declared: EdgeField, field: GraphQLField, asked: FieldDetails
) -> tuple[tuple[str, ...], Given]:
    values = get_argument_values(field, asked.node, executor.variable_values, asked.fragment_variable_values)
    wanted = declared.source.wanted({declared.names[name]: value for name, value in values.items()})
    return tuple(wanted), Given(wanted.values())
