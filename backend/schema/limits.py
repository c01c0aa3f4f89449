"""What one document may ask for, judged before anything of it runs: how deep, how many values at the most, under how many
names of the asker's own, and with how many directives.

The price of a field is 1 and that of what is asked beneath it, as often as its list may be long. The judge comes to each
place of the document once, also to a fragment that is spread a million times: fragments that double at each step, in
800 letters, would keep it busy for half a minute otherwise."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from strawberry.types import ExecutionContext

from backend.identity.actor import Actor
from backend.schema.context import Context
from backend.schema.paging import LARGE, MOST, USUAL, most_for
from backend.schema.sources import CHILD_LIMIT

MOST_TOKENS = 2_000
MOST_DEPTH = 12
MOST_VALUES = 100_000
MOST_VALUES_OF_SCRIPTS = 1_000_000
"""For who may ask for large pages."""

BEYOND = 20
"""So many rows of a large page behind its first hundred cost what one does: no resolver sees them."""

MOST_ALIASES = 100
MOST_DIRECTIVES = 100
MOST_DIRECTIVES_HERE = 4
"""On one field or fragment: there are two that may stand there."""

WIDEST = 250
"""Fields and fragments in one pair of braces; to compare each with each, validation takes the square of it."""

LONGEST_CHAIN = 60
"""Fields and spreads from the operation down: what bounds the judge's own recursion."""

ROOT = 3_000
"""What a field of the root costs however little it gives: it asks the database."""

DEAR = {
    "signIn": 50_000,
    "syncPull": 25_000,
    "syncPush": 25_000,
    **dict.fromkeys(("proposeDay", "replanFromHere", "proposeWeek", "proposeCallCycle"), 25_000),
    "publishPlanRun": 50_000,
    "publishWholePlanRun": 25_000,
    **dict.fromkeys(("addPlanStop", "movePlanStop", "removePlanStop"), 5_000),
    "dueAccounts": 10_000,
    "alertPreview": 25_000,
    "alignmentPreview": 50_000,
    "activateAlignment": 50_000,
    "rollBackAlignment": 50_000,
    "alignmentVisits": 10_000,
    "alignmentAppointments": 10_000,
    "alignmentDeals": 10_000,
    "watermelonPull": 50_000,
    "watermelonPush": 50_000,
    **dict.fromkeys(
        (f"{what}{of}" for what in ("pull", "push") for of in ("Account", "Contact", "Opportunity", "Visit")), 25_000
    ),
}
"""Fields of the root that work long for one answer."""

BULKY = {"area": 100, "notes": 50, "summary": 50, "journal": 50, "base": 10, "mine": 10, "theirs": 10}
"""Values that may be thousands of letters long: asked for under many names they make a small question a huge answer. An
issue has few fields in conflict, and what stands in them is mostly short."""

NARROWED = {"filter": 1_000, "orderBy": 1_000}
"""Arguments that make a list dearer: rows are looked at that are not shown."""

JSON = 20
INTROSPECTED = 10
"""How long a list of the schema's own description is taken to be."""


class TooMuch(Exception):
    """The document asks for too much; the message says of what."""


@dataclass(frozen=True, slots=True)
class Price:
    """What an operation may cost: so many values at the most, so deep. `root`: the first field that it asks for,
    empty where that is none of the schema's."""

    values: int
    depth: int
    root: str


@dataclass(slots=True)
class _Sum:
    """Of a pair of braces. `fixed` and `each`: the price is fixed + each * n where `nodes` or `edges` here have n rows."""

    depth: int = 0
    fixed: int = 0
    each: int = 0
    aliases: int = 0
    directives: int = 0

    def add(self, other: "_Sum") -> None:
        self.depth = max(self.depth, other.depth)
        self.fixed += other.fixed
        self.each += other.each
        self.aliases += other.aliases
        self.directives += other.directives


class Judge:
    """Prices one document.

    `judged` counts the fields, spreads and inline fragments come to; `numbers`: the variables that had a say."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any] | None,
        most: int = MOST_VALUES,
    ) -> None:
        self._schema, self._most = schema, most
        self._variables = variables or {}
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        # Of several operations, the one that asks for most; what is no number is validation's to refuse.
        self._defaults: dict[str, int] = {}
        for operation in self._operations:
            for one in operation.variable_definitions or ():
                if isinstance(one.default_value, IntValueNode):
                    name, size = one.variable.name.value, int(one.default_value.value)
                    self._defaults[name] = max(size, self._defaults.get(name, 0))
        self._priced: dict[str, _Sum] = {}
        self._open: set[str] = set()
        self.judged = 0
        self.numbers: set[str] = set()

    def check(self, name: str | None = None) -> Price:
        """Returns the price of the operation of that name, or of the first. Raises TooMuch when any is too deep, or asks for
        too many values, under too many aliases, or with too many directives."""
        prices = {one.name.value if one.name else None: self._price(one) for one in self._operations}
        return prices.get(name) or next(iter(prices.values()), Price(values=1, depth=0, root=""))

    def _price(self, operation: OperationDefinitionNode) -> Price:
        root = self._schema.get_root_type(operation.operation)
        found = self._selection(operation.selection_set, root, 0)
        found.directives += _directives(operation.directives)
        price = found.fixed + found.each * CHILD_LIMIT
        if found.depth > MOST_DEPTH:
            raise TooMuch(f"The operation is {found.depth} fields deep; at most {MOST_DEPTH} are answered.")
        if price > self._most:
            raise TooMuch(f"The operation may give more than {self._most} values; ask for fewer at a time.")
        if found.aliases > MOST_ALIASES:
            raise TooMuch(f"The operation has more than {MOST_ALIASES} aliases; ask in several.")
        if found.directives > MOST_DIRECTIVES:
            raise TooMuch(f"The operation has more than {MOST_DIRECTIVES} directives; ask in several.")
        return Price(values=price, depth=found.depth, root=self._first_field(operation, root))

    def _first_field(self, operation: OperationDefinitionNode, root: GraphQLObjectType | None) -> str:
        first = operation.selection_set.selections[0]
        name = first.name.value if isinstance(first, FieldNode) else ""
        return name if root is not None and name in root.fields else ""

    def _selection(self, chosen: SelectionSetNode, kind: GraphQLNamedType | None, chain: int) -> _Sum:
        if chain > LONGEST_CHAIN:
            raise TooMuch("The document is nested too deeply.")
        if len(chosen.selections) > WIDEST:
            raise TooMuch(f"More than {WIDEST} fields stand in one pair of braces.")
        whole = _Sum()
        for one in chosen.selections:
            self.judged += 1
            if isinstance(one, FieldNode):
                whole.add(self._field(one, kind, chain + 1))
            elif isinstance(one, FragmentSpreadNode):
                whole.add(self._spread(one.name.value, chain + 1))
            else:
                assert isinstance(one, InlineFragmentNode)
                inner = kind if one.type_condition is None else self._schema.get_type(one.type_condition.name.value)
                whole.add(self._selection(one.selection_set, inner, chain + 1))
            whole.directives += _directives(one.directives)
        return whole

    def _spread(self, name: str, chain: int) -> _Sum:
        fragment = self._fragments.get(name)
        # What is unknown, or goes in a circle, is for validation to refuse.
        if fragment is None or name in self._open:
            return _Sum()
        if name not in self._priced:
            self._open.add(name)
            kind = self._schema.get_type(fragment.type_condition.name.value)
            self._priced[name] = self._selection(fragment.selection_set, kind, chain)
            self._priced[name].directives += _directives(fragment.directives)
            self._open.remove(name)
        return self._priced[name]

    def _field(self, node: FieldNode, kind: GraphQLNamedType | None, chain: int) -> _Sum:
        name = node.name.value
        known = self._schema.get_field(kind, name) if isinstance(kind, GraphQLObjectType) else None
        own = self._own_price(name, kind, known) + sum(NARROWED.get(one.name.value, 0) for one in node.arguments or ())
        found = _Sum(depth=1, fixed=own, aliases=0 if node.alias is None else 1)
        if node.selection_set is None:
            return found
        inner = None if known is None else get_named_type(known.type)
        below = self._selection(node.selection_set, inner, chain)
        found.aliases += below.aliases
        found.directives = below.directives
        first = self._first(node, known)
        price = below.fixed + below.each * first
        # The schema's description nests by its nature, and its depth is limited by a rule of its own.
        described = inner is not None and inner.name.startswith("__")
        # `edges { node }` is what `nodes` says in one step.
        found.depth = 1 if described else below.depth + (name != "edges")
        if known is None or not is_list_type(get_nullable_type(known.type)):
            found.fixed += price
        elif name in ("nodes", "edges") and not described:
            found.each = price
        else:
            found.fixed += price * (INTROSPECTED if described else first)
        return found

    def _own_price(self, name: str, kind: GraphQLNamedType | None, known: GraphQLField | None) -> int:
        if kind in (self._schema.query_type, self._schema.mutation_type, self._schema.subscription_type):
            return 1 if name.startswith("__") else DEAR.get(name, ROOT)
        if known is not None and get_named_type(known.type).name == "JSON":
            return BULKY.get(name, JSON)
        return BULKY.get(name, 1)

    def _first(self, node: FieldNode, known: GraphQLField | None) -> int:
        """Returns how many rows are asked for by `first` or `last`; the most there can be when that cannot be told."""
        if known is None or "first" not in known.args:
            return CHILD_LIMIT
        asked = [self._number(one.value) for one in node.arguments or () if one.name.value in ("first", "last")]
        given = [one for one in asked if one is not None]
        usual: object = known.args["first"].default_value
        wanted = max(given) if given else usual if isinstance(usual, int) else USUAL
        # One out of range is refused by the field itself.
        if not 1 <= wanted <= LARGE:
            return CHILD_LIMIT
        return wanted if wanted <= MOST else MOST + (wanted - MOST) // BEYOND

    def _number(self, value: ValueNode) -> int | None:
        """Returns the number that a value is, None for null; the most there can be for what is no number."""
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, NullValueNode):
            return None
        if not isinstance(value, VariableNode):
            return CHILD_LIMIT
        name = value.name.value
        self.numbers.add(name)
        if name not in self._variables:
            return self._defaults.get(name)
        known = self._variables[name]
        return known if known is None or isinstance(known, int) else CHILD_LIMIT


def _directives(nodes: Sequence[DirectiveNode] | None) -> int:
    if nodes is None:
        return 0
    if len(nodes) > MOST_DIRECTIVES_HERE:
        raise TooMuch(f"More than {MOST_DIRECTIVES_HERE} directives stand in one place.")
    return len(nodes)


def most_values(actor: Actor | None) -> int:
    """Returns how many values an operation of somebody may give at the most."""
    return MOST_VALUES if actor is None or most_for(actor) == MOST else MOST_VALUES_OF_SCRIPTS


def _most(context: object) -> int:
    return most_values(context.caller if isinstance(context, Context) else None)


class _Prices:
    """The prices of documents asked last, for the numbers that they were asked with."""

    MOST = 1_000
    LONGEST = 2**14

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str | None, int], tuple[str, ...]] = {}
        self._kept: OrderedDict[tuple[Any, ...], Price] = OrderedDict()

    def of(self, context: ExecutionContext) -> Price:
        """Returns the price of the operation at hand; raises TooMuch."""
        assert context.graphql_document is not None
        text, most = context.query or "", _most(context.context)
        schema = context.schema._schema
        return self.asked(schema, text, context.graphql_document, context.operation_name, context.variables, most)

    def asked(
        self,
        schema: GraphQLSchema,
        text: str,
        document: DocumentNode,
        name: str | None,
        variables: dict[str, Any] | None,
        most: int = MOST_VALUES,
    ) -> Price:
        """Returns the price of a document's operation, of at most so many values; raises TooMuch."""
        asked = (text, name, most)
        given = variables or {}
        if (numbers := self._numbers.get(asked)) is not None:
            key = (asked, *(_number(given, one) for one in numbers))
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return known
        judge = Judge(schema, document, variables, most)
        price = judge.check(name)
        if 0 < len(text) <= self.LONGEST:
            self._keep(asked, tuple(sorted(judge.numbers)), given, price)
        return price

    def _keep(
        self, asked: tuple[str, str | None, int], numbers: tuple[str, ...], given: Mapping[str, Any], price: Price
    ) -> None:
        self._numbers[asked] = numbers
        self._kept[asked, *(_number(given, one) for one in numbers)] = price
        while len(self._kept) > self.MOST:
            (gone, *_), _ = self._kept.popitem(last=False)
            self._numbers.pop(gone, None)


class _Other(Enum):
    """What is no number."""

    MISSING = "missing"
    NONE = "none"


def _number(given: Mapping[str, Any], name: str) -> int | _Other | None:
    """Returns what a price knows of a variable: its number, null, or that it is missing or none."""
    value: object = given.get(name, _Other.MISSING)
    return value if value is None or isinstance(value, int | _Other) else _Other.NONE


prices = _Prices()
