"""Asks a schema everything: each root field with arguments that fit, and from there every field within a few edges."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

EDGES = 2


@dataclass(frozen=True, slots=True)
class Root:
    """A root field, and arguments to ask it with."""

    name: str
    field: GraphQLField
    head: str
    asked: str
    variables: dict[str, Any]

    def probe(self) -> str:
        """Returns a document that says only whether anything is there."""
        return f"{self.head} {self._least()} }}"

    def _least(self) -> str:
        return "" if is_leaf_type(get_named_type(self.field.type)) else "{ __typename }"

    def questions(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Yields documents, with the "Type.field" names each reads."""
        for body, reads in selections(self.field, "Query", self.name):
            yield f"{self.head} {body} }}", reads


def together(some: Sequence[Root]) -> tuple[str, dict[str, Any]]:
    """Returns one document, and its variables, that asks the probes of some of the same name, as p0, p1 and so on."""
    declared, asked, variables = [], [], dict[str, Any]()
    for number, root in enumerate(some):
        body = root.asked
        for key, value in root.variables.items():
            body = re.sub(rf"\${key}\b", f"$p{number}_{key}", body)
            declared.append(f"$p{number}_{key}: {root.field.args[key].type}")
            variables[f"p{number}_{key}"] = value
        asked.append(f"p{number}: {body} {root._least()}")
    head = f"query ({', '.join(declared)})" if declared else "query"
    return f"{head} {{ {' '.join(asked)} }}", variables


def roots(schema: GraphQLSchema, by_type: dict[str, list[Any]]) -> Iterator[Root]:
    """Yields every root field of the schema; `by_type` has the values to try for an argument that must be given."""
    query = schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        required = {key: arg for key, arg in field.args.items() if is_required_argument(arg)}
        try:
            tried = [by_type[get_named_type(arg.type).name] for arg in required.values()]
        except KeyError as error:
            raise AssertionError(f"tell the walk what to ask {name} with: {error}") from error
        declared = ", ".join(f"${key}: {arg.type}" for key, arg in required.items())
        given = [f"{key}: ${key}" for key in required]
        if "first" in field.args and "first" not in required:
            given.append("first: 3")  # so that nothing is refused for what it might give
        asked = f"{name}({', '.join(given)})" if given else name
        head = f"query ({declared}) {{ {asked}" if required else f"{{ {asked}"
        for values in product(*tried):
            yield Root(name, field, head, asked, dict(zip(required, values, strict=True)))


def selections(field: GraphQLField, owner: str, name: str, edges: int = EDGES) -> Iterator[tuple[str, frozenset[str]]]:
    """Yields selections below a field: its leaves, then each edge on its own."""
    kind = get_named_type(field.type)
    here = frozenset({f"{owner}.{name}"})
    if not isinstance(kind, GraphQLObjectType):
        yield "", here
        return
    free = {key: one for key, one in kind.fields.items() if not any(map(is_required_argument, one.args.values()))}
    leaves = [key for key, one in free.items() if is_leaf_type(get_named_type(one.type))]
    if leaves:
        yield "{ " + " ".join(leaves) + " }", here | {f"{kind.name}.{key}" for key in leaves}
    if edges == 0:
        return
    for key, one in free.items():
        if key not in leaves:
            # The rows of a page are no step further away than the page.
            inner = one.type.of_type if isinstance(one.type, GraphQLNonNull) else one.type
            cost = 0 if key == "nodes" and is_list_type(inner) else 1
            for body, reads in selections(one, kind.name, key, edges - cost):
                yield f"{{ {key} {body} }}", here | reads
