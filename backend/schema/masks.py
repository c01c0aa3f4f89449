"""Fields that a role may not read, in GraphQL: null, or an empty list, and no error, whatever asks for them.

A type says which model its fields are columns of (`@shows(models.Account)`), and for a field that shows something else of
which column, or of which whole model. From that the schema wraps the resolvers of what anybody is barred from."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from strawberry.utils.str_converters import to_camel_case

from backend.identity.actor import Actor
from backend.kit.field_rules import WHOLE, field_hidden, may_read, rule_of

T = TypeVar("T", bound=type)
M = TypeVar("M", bound=Model)
Source = tuple[type[Model], str]

_SHOWN: dict[str, tuple[type[Model], dict[str, Source]]] = {}


def shows(model: type[Model], **other: Source) -> Callable[[T], T]:
    """Declares what a GraphQL type shows: columns of `model` of the same names, and `other` fields (model, column)."""

    def declare(kind: T) -> T:
        _SHOWN[kind.__name__] = (model, other)
        return kind

    return declare


def sources(type_name: str, field_name: str) -> list[Source]:
    """Returns what a field (by its Python name) of a type shows; nothing for a type that shows no rows."""
    if type_name not in _SHOWN:
        return []
    model, other = _SHOWN[type_name]
    return [other.get(field_name, (model, field_name))]


def model_of(type_name: str) -> type[Model] | None:
    """Returns the model whose rows stand for objects of a type; None for a type that shows no rows."""
    return _SHOWN[type_name][0] if type_name in _SHOWN else None


def declared() -> set[str]:
    """Returns the names of the types that said what they show."""
    return set(_SHOWN)


def readable(rows: QuerySet[M], actor: Actor) -> QuerySet[M]:
    """Returns the rows, or none where the actor's role may not read anything of their kind."""
    return rows if may_read(rows.model, actor.role) else rows.none()


def writable(values: Mapping[str, Any], actor: Actor, model: type[Model]) -> dict[str, Any]:
    """Returns values by column; raises NotPermitted for one that the actor's role may not read."""
    if hidden := [to_camel_case(name) for name in values if not may_read(model, actor.role, name)]:
        raise field_hidden(hidden)
    return dict(values)


def barred(type_name: str, field_name: str, field: GraphQLField) -> frozenset[str]:
    """Returns the roles that may not read a field: for its column, or for the kind of rows that it leads to.

    Whose kind of rows is hidden whole never comes to a row of it, so that its fields need no bar of their own."""
    named = _rows_behind(get_named_type(field.type))
    roles: frozenset[str] = frozenset()
    if type_name not in _SHOWN and field_name == "node":  # an edge; its list is hidden already
        return roles
    for model, column in sources(type_name, field_name):
        roles |= rule_of(model, column).hidden_from - rule_of(_SHOWN[type_name][0], WHOLE).hidden_from
    if named.name in _SHOWN:
        roles |= rule_of(_SHOWN[named.name][0], WHOLE).hidden_from
    return roles


def _rows_behind(named: GraphQLNamedType) -> GraphQLNamedType:
    """Returns the type of the rows behind the edges of a page."""
    if not isinstance(named, GraphQLObjectType) or named.fields.keys() != {"cursor", "node"}:
        return named
    rows: GraphQLNamedType = get_named_type(named.fields["node"].type)
    return rows


def mask(schema: GraphQLSchema) -> None:
    """Wraps the resolvers of the fields that some role may not read; refuses a schema that could not leave one out."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType):
            continue
        for name, field in kind.fields.items():
            python_name = field.extensions["strawberry-definition"].python_name if field.extensions else name
            if roles := barred(kind.name, python_name, field):
                _wrap(f"{kind.name}.{name}", field, roles)


def _wrap(name: str, field: GraphQLField, roles: frozenset[str]) -> None:
    inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    as_list = isinstance(inner, GraphQLList)
    if not as_list and isinstance(field.type, GraphQLNonNull):
        raise RuntimeError(f"{name} is hidden from {', '.join(sorted(roles))} and must be nullable")
    resolve = field.resolve
    assert resolve is not None

    def masked(source: Any, info: Any, **arguments: Any) -> Any:
        if info.context.actor.role in roles:
            return [] if as_list else None
        return resolve(source, info, **arguments)

    field.resolve = masked
