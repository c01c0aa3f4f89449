"""Nobody is shown a row that is not theirs to see: by no root field, over no edge, whoever asks."""

import json
from collections.abc import Iterator
from inspect import getclosurevars
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from graphql import GraphQLArgument, GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLScalarType

from backend.identity.models import Device, User
from backend.schema import sources
from backend.schema.api import schema
from backend.schema.compiled import plan
from backend.schema.context import Context
from backend.schema.frames import encoded
from tests.factories.world import acting
from tests.here import on_this_connection
from tests.schema.leaks.asking import Question, edges_shown, edges_within, questions, whole
from tests.schema.leaks.garden import Grown
from tests.schema.leaks.oracle import PARTNERS_MAY_NOT
from tests.schema.leaks.watching import Watch

NEVER = frozenset({"GRAPHQL_INVALID", "QUERY_TOO_LARGE", "UNEXPECTED"})
"""With these nothing was asked."""

REWORDED = frozenset({"SKU-OF-OURS", "ORDER-OF-OURS"})
"""Planted values in whose place stand the words of the garden."""

_UUID, _SHELF = GraphQLScalarType("UUID"), GraphQLScalarType("Shelf")


def ask(user: User | None, device: Device | None, document: str, variables: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Returns data and errors as a client has them."""
    caller = None if user is None else acting(user, device)
    context = Context(run=on_this_connection, caller=caller)
    result = async_to_sync(schema.execute)(document, variable_values=variables, context_value=context)
    return json.loads(encoded(result.data)), [dict(one.formatted) for one in result.errors or []]


def root(name: str = "query") -> GraphQLObjectType:
    """Returns the root type of an operation."""
    kind = getattr(schema._schema, f"{name}_type")
    assert isinstance(kind, GraphQLObjectType)
    return kind


def asked_by(user: User, grown: Grown, watch: Watch, asked: list[Question]) -> Iterator[str]:
    """Asks everything as one person; yields the roots that gave something, and the edges behind which it stood."""
    for question in asked:
        # From a phone, unless it is another phone that is asked about.
        phone = None if "deviceId" in question.arguments else grown.phones[user.pk]
        data, errors = ask(user, phone, question.document(whole(question.field)), question.arguments)
        watch.read(json.dumps([data, errors]), question.name, question.arguments)
        assert not {error["extensions"]["code"] for error in errors} & NEVER, (question, errors)
        if data is not None and data[question.name] is not None:
            yield f"Query.{question.name}"
            yield from edges_shown(data)


UNSHOWN = {
    "AccountPlacement.areas": "areas are drawn in tests/schema/test_territory_checks.py; they are of the org",
    "AreaProblem.at": "a place on the map, no row",
    "AlignmentWarning.territories": "territories, which everybody of the org may read",
    "MergePreview.gaining": "people of the org, which everybody of it may read",
    "VisitSuggestion.account": "the gardens' days are full; tests/planning asks for suggestions",
}
"""Edges behind which nothing is planted, and why. They are asked all the same, and watched."""


def test_nobody_is_shown_what_is_not_theirs(grown: Grown) -> None:
    leaks, shown = dict[str, str](), set[str]()
    for who, user in grown.people().items():
        oracle = grown.oracles[who]
        watch = Watch(grown, oracle)
        asked = list(questions(root(), grown, oracle))
        shown |= set(asked_by(user, grown, watch, asked))
        leaks |= watch.leaks
        # Who may read what is hidden from partners does read it, so that its not being there says something.
        if oracle.viewer.role == "admin" and oracle.viewer.org_id == grown.here.org.pk:
            assert watch.secrets == PARTNERS_MAY_NOT - REWORDED
    assert leaks == {}
    # Where nothing is ever shown, nothing would be seen to leak: plant rows in garden.py, or tell asking.py what to give.
    assert ({f"Query.{name}" for name in root().fields} | edges_within(root())) - shown <= UNSHOWN.keys()


def _seen_by(who: str, name: str, grown: Grown) -> Watch:
    """Asks one root field as one person."""
    plan.forget()
    watch = Watch(grown, grown.oracles[who])
    asked = [one for one in questions(root(), grown, grown.oracles[who]) if one.name == name]
    list(asked_by(grown.people()[who], grown, watch, asked))
    plan.forget()
    return watch


@pytest.fixture
def without_coverage() -> Iterator[None]:
    """Takes coverage from the edges that lead to an account."""
    root_column = sources.ACCOUNT.root
    object.__setattr__(sources.ACCOUNT, "root", None)
    yield
    object.__setattr__(sources.ACCOUNT, "root", root_column)


@pytest.fixture
def unmasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the amount of a deal from nobody."""
    kind = schema._schema.type_map["Opportunity"]
    assert isinstance(kind, GraphQLObjectType)
    bare = getclosurevars(kind.fields["amount"].resolve).nonlocals["resolve"]
    monkeypatch.setattr(kind.fields["amount"], "resolve", bare)
    monkeypatch.setattr(plan, "barred", lambda *_: frozenset())


def test_what_is_healthy_shows_no_leak(grown: Grown) -> None:
    assert (
        _seen_by("Ana, a rep", "account", grown).leaks == _seen_by("Pat, a partner", "opportunity", grown).leaks == {}
    )


def test_an_edge_without_coverage_is_noticed(grown: Grown, without_coverage: None) -> None:
    # Ana's account has one above it, in the south.
    assert "Ana was shown Account.name" in _seen_by("Ana, a rep", "account", grown).leaks


def test_a_field_that_is_not_masked_is_noticed(grown: Grown, unmasked: None) -> None:
    assert "Pat was shown 24681357.91" in _seen_by("Pat, a partner", "opportunity", grown).leaks


def test_what_is_new_must_be_told_of(grown: Grown) -> None:
    for argument, kind, wanted in (("shelfId", GraphQLNonNull(_UUID), "which rows"), ("shelf", _SHELF, "what to give")):
        field = GraphQLField(root(), args={argument: GraphQLArgument(GraphQLNonNull(kind) if kind is _SHELF else kind)})
        newer = GraphQLObjectType("Query", {"shelf": field})
        with pytest.raises(AssertionError, match=f"(?i)tell the leak test {wanted}"):
            list(questions(newer, grown, grown.oracles["Dee, the admin"]))
