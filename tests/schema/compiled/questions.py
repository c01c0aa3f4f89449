"""Random questions to the schema that are valid: the same for the same dice."""

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

PAGED = ("nodes", "edges")
DEEPEST = 4
MOST_TOKENS = 1900
_TOKEN = re.compile(r"\w+|[^\w\s,]")
PLAIN = {
    "syncPull", "watermelonPull", "pullAccount", "pullContact", "pullOpportunity", "pullVisit",  # move a cursor
    "alignmentPreview", "alignmentDeals", "alignmentVisits", "alignmentAppointments",  # of a draft that was looked at
    "areaOfFeatures", "previewAccountMerge", "alertPreview",  # made of their input, in Python
    "webPushKey", "liveCursor",  # make a key, or a seal
}  # fmt: skip
"""Roots that are not asked: their answers are no rows, and differ from one time to the next, or cost much."""

FAVOURED = (
    "accounts",
    "opportunities",
    "activities",
    "orders",
    "visits",
    "visitsOfDay",
    "account",
    "leads",
    "order",
    "visit",
)
"""Asked as often as all others together: from them most of the schema is reached."""

TEXTS = ["%", "a", "Zoë", "漢", "_", chr(92), "open", "planned", "new", "A", "active", "photo", "rep", "% %s", ""]
DAYS = ["2026-01-15", "2026-03-02", "2026-03-04", "2026-07-01"]
INSTANTS = ["2026-03-02T12:00:00Z", "2026-06-30T00:00:00.250000+02:00", "2031-01-01T00:00:00Z"]


@dataclass(slots=True)
class Question:
    """A document and its variables, and other values that these may have."""

    document: str
    variables: dict[str, Any]
    others: dict[str, Any] = field(default_factory=dict)

    def again(self) -> "Question":
        """Returns the same document with the other values."""
        return Question(self.document, self.variables | self.others)


@dataclass(slots=True)
class Asker:
    """Makes questions. `pools`: values of arguments, by "root.argument", by the argument, or by what it is of (UUID)."""

    schema: GraphQLSchema
    dice: Random
    pools: dict[str, list[Any]]
    days: list[tuple[UUID, str]]
    _variables: dict[str, tuple[str, Any, Any]] = field(default_factory=dict)
    _fragments: list[str] = field(default_factory=list)

    def question(self, root: str | None = None) -> Question:
        """Makes one question that is not too long to be read; of one root field, where it is named."""
        while len(_TOKEN.findall((made := self._question(root)).document)) > MOST_TOKENS:
            pass
        return made

    def _question(self, root: str | None) -> Question:
        self._variables, self._fragments = {}, []
        roots = [self._root(f"r{number}", root) for number in range(self.dice.choice([1, 1, 1, 2, 3]))]
        if " {" in roots[0] and self.dice.random() < 0.1:  # the same twice: what is asked beneath is merged
            roots.append(roots[0].partition(" {")[0] + " { __typename }")
        declared = ", ".join(f"${name}: {kind}" for name, (kind, *_) in self._variables.items())
        head = f"query Q({declared})" if declared else "query Q"
        document = "\n".join([f"{head} {{ {' '.join(roots)} }}", *self._fragments])
        return Question(
            document,
            {name: value for name, (_, value, _) in self._variables.items()},
            {name: value for name, (_, _, value) in self._variables.items()},
        )

    def roots(self) -> list[str]:
        """Returns the root fields that are asked."""
        query = self.schema.query_type
        assert query is not None
        return [name for name in query.fields if name not in PLAIN]

    def _root(self, alias: str, name: str | None) -> str:
        query = self.schema.query_type
        assert query is not None
        if name is None:
            name = self.dice.choice(FAVOURED if self.dice.random() < 0.5 else self.roots())
        asked = query.fields[name]
        kind = get_named_type(asked.type)
        given = self._arguments(name, asked)
        called = f"{alias}: {name}({', '.join(given)})" if given else f"{alias}: {name}"
        if not isinstance(kind, GraphQLObjectType):
            return called
        many = is_list_type(_bare(asked.type)) or "nodes" in kind.fields
        return f"{called} {self._selection(kind, 0, 1 if many else 0)}"

    def _arguments(self, name: str, asked: GraphQLField) -> list[str]:
        dice = self.dice
        if name == "visitsOfDay":
            rep, day = dice.choice(self.days)
            return [f'day: "{day}"', f'repId: "{rep}"']
        given, turned = [], dice.random() < 0.3
        for key, argument in asked.args.items():
            if key in ("first", "last"):
                if "nodes" not in getattr(get_named_type(asked.type), "fields", {}) or turned == (key == "last"):
                    given.append(f"{key}: {self._value('Int!', 'first')}")
            elif key in ("after", "before"):
                if f"{name}.after" in self.pools and dice.random() < 0.15:
                    given.append(f"{key}: {self._value('String', f'{name}.after')}")
            elif key != "drawn" and (is_required_argument(argument) or dice.random() < 0.3):
                pool = next((one for one in (f"{name}.{key}", key) if one in self.pools), None)
                given.append(f"{key}: {self._value(str(argument.type), pool or argument.type)}")
        return given

    def _edge_arguments(self, edge: GraphQLField) -> str:
        """Returns arguments of a field below a root."""
        dice, given = self.dice, []
        for key, argument in edge.args.items():
            if dice.random() < (0.6 if key == "first" else 0.2):
                pool = "few" if key == "first" else key if key in self.pools else argument.type
                given.append(f"{key}: {self._value(str(argument.type), pool)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, kind: str, of: "str | GraphQLInputType") -> str:
        """Returns a value, of a pool or of a type, as a variable."""
        name = f"v{len(self._variables)}"
        self._variables[name] = (kind, self._made(of), self._made(of))
        return f"${name}"

    def _kind_of(self, name: str, kind: GraphQLInputType) -> "str | GraphQLInputType":
        """Returns what a value of that name is made of: a pool, where there is one of single values."""
        return name if name in self.pools and is_leaf_type(get_nullable_type(kind)) else kind

    def _made(self, of: "str | GraphQLInputType") -> Any:
        dice = self.dice
        if isinstance(of, str):
            return dice.choice(self.pools[of])
        if isinstance(of, GraphQLNonNull):
            return self._made(of.of_type)
        if isinstance(of, GraphQLList):
            return [self._made(of.of_type) for _ in range(dice.randrange(3))]
        if isinstance(of, GraphQLEnumType):
            return dice.choice(sorted(of.values))
        if isinstance(of, GraphQLInputObjectType):
            needed = [name for name, one in of.fields.items() if is_required_input_field(one)]
            others = dice.sample(sorted(of.fields), 1 if of.name.endswith("Order") else dice.choice([1, 1, 2]))
            return {
                name: self._made(self._kind_of(name, of.fields[name].type))
                for name in dict.fromkeys((*needed, *others))
            }
        return dice.choice(self.pools[of.name])

    def _selection(self, kind: GraphQLObjectType, depth: int, lists: int) -> str:
        """Returns a selection of a type; `lists`: how many lists lead here, each of which makes it dearer."""
        parts = [part for _ in range(self.dice.randrange(1, 5)) for part in self._part(kind, depth, lists)]
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _part(self, kind: GraphQLObjectType, depth: int, lists: int) -> list[str]:
        dice = self.dice
        way = dice.random()
        if way < 0.08:
            return [f"{dice.choice(['', 'typed: '])}__typename"]
        if way < 0.14 and depth < DEEPEST:
            name = f"F{len(self._fragments)}"
            self._fragments.append("")
            self._fragments[int(name[1:])] = f"fragment {name} on {kind.name} {self._selection(kind, depth, lists)}"
            return [f"...{name}{self._directive()}"]
        if way < 0.2 and depth < DEEPEST:
            on = dice.choice(["", f" on {kind.name}"])
            return [f"...{on}{self._directive()} {self._selection(kind, depth, lists)}"]
        return [self._field(kind, depth, lists)]

    def _field(self, kind: GraphQLObjectType, depth: int, lists: int) -> str:
        dice = self.dice
        names = [name for name, one in kind.fields.items() if not any(map(is_required_argument, one.args.values()))]
        leaves = [name for name in names if not isinstance(get_named_type(kind.fields[name].type), GraphQLObjectType)]
        edges = [
            name
            for name in names
            if name not in leaves
            and (depth < DEEPEST)
            and (name in PAGED or lists < 2 or not is_list_type(_bare(kind.fields[name].type)))
        ]
        name = dice.choice(edges) if edges and (not leaves or dice.random() < 0.45) else dice.choice(leaves)
        alias = f"{name}_{dice.randrange(3)}: " if dice.random() < 0.25 else ""
        if "nodes" in kind.fields and dice.random() < 0.5:
            name, alias = dice.choice(PAGED), ""
        of = get_named_type(kind.fields[name].type)
        if not isinstance(of, GraphQLObjectType):
            return f"{alias}{name}{self._directive()}"
        deeper = lists + (name not in PAGED and is_list_type(_bare(kind.fields[name].type)))
        given = self._edge_arguments(kind.fields[name])
        if given:  # under a name of its own: what is asked with other arguments is another field
            alias = f"{name}_of{len(self._variables)}: "
        called = f"{alias}{name}{given}{self._directive()}"
        times = 2 if given and dice.random() < 0.3 else 1
        to = depth + (name not in (*PAGED, "node"))
        return " ".join(f"{called} {self._selection(of, to, deeper)}" for _ in range(times))

    def _directive(self) -> str:
        if self.dice.random() > 0.12:
            return ""
        value = self.dice.random() < 0.5
        said = self._value("Boolean!", "Boolean") if self.dice.random() < 0.5 else str(value).lower()
        return f" @{self.dice.choice(['skip', 'include'])}(if: {said})"


def _bare(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind
