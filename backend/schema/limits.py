"""What one document may ask for, judged before anything of it runs: how deep, and how many values at the most.

The price of a field is 1 and that of what is asked beneath it, as often as its list may be long. A fragment is priced once,
however often it is spread, so that the judging itself stays cheap."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
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
from strawberry.extensions import SchemaExtension

from backend.schema.paging import USUAL
from backend.schema.sources import CHILD_LIMIT

MOST_DEPTH = 12
MOST_VALUES = 100_000
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

JSON = 20
INTROSPECTED = 10
"""How long a list of the schema's own description is taken to be."""


class TooMuch(Exception):
    """The document asks for too much; the message says of what."""


class Judge:
    """Prices one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None) -> None:
        self._schema = schema
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
        self._priced: dict[tuple[str, int], tuple[int, int]] = {}
        self._open: set[str] = set()

    def check(self) -> None:
        """Raises TooMuch when an operation of the document is too deep or asks for too many values."""
        for operation in self._operations:
            root = self._schema.get_root_type(operation.operation)
            depth, price = self._selection(operation.selection_set, root, CHILD_LIMIT, 0)
            if depth > MOST_DEPTH:
                raise TooMuch(f"The operation is {depth} fields deep; at most {MOST_DEPTH} are answered.")
            if price > MOST_VALUES:
                raise TooMuch(f"The operation may give more than {MOST_VALUES} values; ask for fewer at a time.")

    def _selection(
        self, chosen: SelectionSetNode, kind: GraphQLNamedType | None, page: int, chain: int
    ) -> tuple[int, int]:
        """Returns depth and price; `page` is the length of `nodes` and `edges`, when they may be asked for here."""
        if chain > LONGEST_CHAIN:
            raise TooMuch("The document is nested too deeply.")
        deepest, price = 0, 0
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                depth, cost = self._field(one, kind, page, chain + 1)
            elif isinstance(one, FragmentSpreadNode):
                depth, cost = self._spread(one.name.value, page, chain + 1)
            else:
                assert isinstance(one, InlineFragmentNode)
                inner = kind if one.type_condition is None else self._schema.get_type(one.type_condition.name.value)
                depth, cost = self._selection(one.selection_set, inner, page, chain + 1)
            deepest, price = max(deepest, depth), price + cost
        return deepest, price

    def _spread(self, name: str, page: int, chain: int) -> tuple[int, int]:
        fragment = self._fragments.get(name)
        # What is unknown, or goes in a circle, is for validation to refuse.
        if fragment is None or name in self._open:
            return 0, 0
        if (name, page) not in self._priced:
            self._open.add(name)
            kind = self._schema.get_type(fragment.type_condition.name.value)
            self._priced[name, page] = self._selection(fragment.selection_set, kind, page, chain)
            self._open.remove(name)
        return self._priced[name, page]

    def _field(self, node: FieldNode, kind: GraphQLNamedType | None, page: int, chain: int) -> tuple[int, int]:
        name = node.name.value
        known = self._schema.get_field(kind, name) if isinstance(kind, GraphQLObjectType) else None
        own = self._own_price(name, kind, known)
        if node.selection_set is None:
            return 1, own
        inner = None if known is None else get_named_type(known.type)
        first = self._first(node, known)
        depth, below = self._selection(node.selection_set, inner, first, chain)
        # The schema's description nests by its nature, and its depth is limited by a rule of its own.
        described = inner is not None and inner.name.startswith("__")
        times = 1
        if known is not None and is_list_type(get_nullable_type(known.type)):
            times = INTROSPECTED if described else page if name in ("nodes", "edges") else first
        return 1 if described else depth + 1, own + times * below

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
        return wanted if 1 <= wanted <= CHILD_LIMIT else CHILD_LIMIT

    def _number(self, value: ValueNode) -> int | None:
        """Returns the number that a value is, None for null; the most there can be for what is no number."""
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, NullValueNode):
            return None
        if not isinstance(value, VariableNode):
            return CHILD_LIMIT
        name = value.name.value
        if name not in self._variables:
            return self._defaults.get(name)
        known = self._variables[name]
        return known if known is None or isinstance(known, int) else CHILD_LIMIT


class Limits(SchemaExtension):
    """Refuses documents that ask for too much, before validation, which is itself dear for some of them."""

    def on_validate(self) -> Iterator[None]:
        """Leaves the error where validation would leave its own."""
        context = self.execution_context
        assert context.graphql_document is not None
        try:
            Judge(context.schema._schema, context.graphql_document, context.variables).check()
        except TooMuch as error:
            extensions = {"code": "QUERY_TOO_LARGE", "retry": "NEVER", "fields": {"query": "asks for too much"}}
            context.pre_execution_errors = [GraphQLError(str(error), extensions=extensions)]
        yield
