"""Random questions to the schema that are valid: the same for the same dice."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_list_type, is_required_argument
from graphql.type import GraphQLNonNull

FILTERED = ("accounts", "opportunities", "leads", "activities", "orders", "visits")
LISTS = (*FILTERED, "products", "orderLines", "pipelines", "visitsOfDay")
SINGLE = ("account", "opportunity", "visit", "order")
DEEPEST = 4
PAGED = ("nodes", "edges")


@dataclass(slots=True)
class Question:
    """A document and its variables."""

    document: str
    variables: dict[str, Any]


@dataclass(slots=True)
class Asker:
    """Makes questions; `ids`: what may be asked for by root field, `cursors` likewise."""

    schema: GraphQLSchema
    dice: Random
    ids: dict[str, list[UUID]]
    territories: list[UUID]
    cursors: dict[str, list[str]]
    days: list[tuple[UUID, str]]
    _variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _fragments: list[str] = field(default_factory=list)

    def question(self) -> Question:
        """Makes one question."""
        self._variables, self._fragments = {}, []
        roots = [self._root(f"r{number}") for number in range(self.dice.choice([1, 1, 1, 2]))]
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        head = f"query Q({declared})" if declared else "query Q"
        document = "\n".join([f"{head} {{ {' '.join(roots)} }}", *self._fragments])
        return Question(document, {name: value for name, (_, value) in self._variables.items()})

    def _root(self, alias: str) -> str:
        query = self.schema.query_type
        assert query is not None
        name = self.dice.choice(LISTS + SINGLE)
        kind = get_named_type(query.fields[name].type)
        assert isinstance(kind, GraphQLObjectType)
        given = self._arguments(name)
        called = f"{name}({', '.join(given)})" if given else name
        many = is_list_type(_bare(query.fields[name].type))
        return f"{alias}: {called} {self._selection(kind, 0, 1 if many or name in LISTS else 0)}"

    def _arguments(self, name: str) -> list[str]:
        dice = self.dice
        if name in SINGLE:
            return [f"id: {self._value('UUID!', str(dice.choice(self.ids[name])))}"]
        if name == "visitsOfDay":
            rep, day = dice.choice(self.days)
            return [f'day: "{day}"', f'repId: "{rep}"']
        if name == "pipelines":
            return []
        given = [f"{dice.choice(['first', 'first', 'last'])}: {self._value('Int!', dice.choice([1, 2, 3, 7]))}"]
        given += [
            f"{way}: {self._value('String', dice.choice(self.cursors[name]))}"
            for way in ("after", "before")
            if name in self.cursors and dice.random() < 0.15
        ]
        if name == "orderLines":
            given.append(f'accountId: "{dice.choice(self.ids["account"])}"')
        if name in FILTERED and dice.random() < 0.5:
            given.append(f"filter: {{{', '.join(self._filter(name))}}}")
        if name in FILTERED and dice.random() < 0.3:
            given.append(f"orderBy: [{', '.join(self._order(name))}]")
        return given

    def _filter(self, name: str) -> list[str]:
        dice = self.dice
        text = json.dumps(dice.choice(["%", "a", "Zoë", "漢", "_", chr(92)]))
        account = f'{{eq: "{dice.choice(self.ids["account"])}"}}'
        of_account = [
            f"search: {text}",
            f"name: {{contains: {text}}}",
            f"not: {{name: {{startsWith: {text}}}}}",
            'tier: {ne: "A"}',
            'lifecycle: {in: ["active", "prospect"]}',
            "boost: {isNull: true}",
            f'territoryId: {{eq: "{dice.choice(self.territories)}"}}',
            'lastVisitAt: {lt: "2026-06-01T00:00:00Z"}',
        ]
        related = f"account: {{{dice.choice(of_account)}}}"
        ways = {
            "accounts": of_account,
            "opportunities": ["open: true", "open: false", f"accountId: {account}", "amount: {lte: 100}", related],
            "orders": ['state: {eq: "submitted"}', f"accountId: {account}", related, "total: {gt: 5}"],
            "visits": ['state: {notIn: ["skipped"]}', f"accountId: {account}", related, "startedAt: {isNull: false}"],
            "activities": ["open: true", "dueAt: {isNull: true}", f"accountId: {account}", related],
            "leads": [f"company: {{contains: {text}}}", 'status: {eq: "new"}'],
        }
        one, other = dice.choice(ways[name]), dice.choice(ways[name])
        return [
            dice.choice([one, f"or: [{{{one}}}, {{{other}}}]", f"not: {{{one}}}", f"and: [{{{one}}}, {{{other}}}]"])
        ]

    def _order(self, name: str) -> list[str]:
        columns = {
            "accounts": "name tier number updatedAt boost",
            "opportunities": "amount closeDate name updatedAt",
            "orders": "total settledAt placedAt",
            "visits": "startedAt plannedStart state",
            "activities": "dueAt subject kind",
            "leads": "company createdAt",
        }
        ways = ("ASC", "DESC", "DESC_NULLS_LAST", "ASC_NULLS_FIRST")
        chosen = self.dice.sample(columns[name].split(), self.dice.choice([1, 2]))
        return [f"{{{one}: {self.dice.choice(ways)}}}" for one in chosen]

    def _value(self, kind: str, value: Any) -> str:
        """Returns a value as a variable."""
        name = f"v{len(self._variables)}"
        self._variables[name] = (kind, value)
        return f"${name}"

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
        if name == "candidates":
            name = "verdict"
        alias = f"{name}_{dice.randrange(3)}: " if dice.random() < 0.25 else ""
        if "nodes" in kind.fields and dice.random() < 0.5:
            name, alias = dice.choice(PAGED), ""
        of = get_named_type(kind.fields[name].type)
        below = ""
        if isinstance(of, GraphQLObjectType):
            deeper = lists + (name not in PAGED and is_list_type(_bare(kind.fields[name].type)))
            below = f" {self._selection(of, depth + (name not in (*PAGED, 'node')), deeper)}"
        return f"{alias}{name}{self._directive()}{below}"

    def _directive(self) -> str:
        if self.dice.random() > 0.12:
            return ""
        value = self.dice.random() < 0.5
        said = self._value("Boolean!", value) if self.dice.random() < 0.5 else str(value).lower()
        return f" @{self.dice.choice(['skip', 'include'])}(if: {said})"


def _bare(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind
