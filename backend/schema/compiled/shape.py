"""What a selection asks for, after aliases, fragments, variables and directives: a value that plans are kept under."""

from typing import NamedTuple, TypeAlias

from graphql import GraphQLField, GraphQLNamedType, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from backend.schema.compiled.refused import Refused

TYPENAME = "__typename"


class Chosen(NamedTuple):
    """One field of an answer: under which name, which field, and what of it (nothing of a leaf)."""

    response: str
    field: str
    below: "Shape | None"


class Shape(NamedTuple):
    """What is asked of a type, in the order of the answer."""

    kind: str
    chosen: tuple[Chosen, ...]


Executor: TypeAlias = StrawberryGraphQLCoreExecutionContext


def definition(field: GraphQLField) -> StrawberryField:
    """Returns how a field was declared."""
    found = field.extensions["strawberry-definition"]
    assert isinstance(found, StrawberryField)
    return found


def shape_of(executor: Executor, kind: GraphQLNamedType, asked: FieldDetailsList) -> Shape:
    """Returns what is asked of a type; raises Refused for what only a resolver can judge."""
    if not isinstance(kind, GraphQLObjectType) or kind.interfaces:
        raise Refused(kind.name, "an abstract type")
    collected = executor.collect_subfields(kind, asked).grouped_field_set
    return Shape(kind.name, tuple(_chosen(executor, kind, name, asked) for name, asked in collected.items()))


def _chosen(executor: Executor, kind: GraphQLObjectType, response: str, asked: FieldDetailsList) -> Chosen:
    name = asked[0].node.name.value
    if name == TYPENAME:
        return Chosen(response, name, None)
    field = kind.fields[name]
    if field.args:
        raise Refused(f"{kind.name}.{name}", "arguments")
    named = get_named_type(field.type)
    below = shape_of(executor, named, asked) if isinstance(named, GraphQLObjectType) else None
    return Chosen(response, name, below)
