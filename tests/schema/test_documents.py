"""Documents are parsed and validated once; what depends on who asks, or for how much, is judged each time."""

from collections.abc import Callable, Iterator

import pytest
from graphql import parse

from backend.identity.models import User
from backend.schema import documents
from backend.schema.documents import Document, Documents
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
NAMES = "query Names($many: Int!) { accounts(first: $many) { nodes { name } } }"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    documents.documents.forget()
    yield
    documents.documents.forget()


def _hits() -> int:
    return documents.documents.counted()["hits"]


def test_what_ana_asked_is_known_when_cy_asks_and_the_answer_is_cys(field: World, ask: Ask) -> None:
    field.account("Hy-Vee", field.north)
    field.account("Kum & Go", field.south)
    before = _hits()
    assert [one["name"] for one in ask(field.ana)(NAMES, many=5)["accounts"]["nodes"]] == ["Hy-Vee"]
    assert _hits() == before
    assert [one["name"] for one in ask(field.cy)(NAMES, many=5)["accounts"]["nodes"]] == ["Kum & Go"]
    assert _hits() == before + 1
    assert ask(None).refused(NAMES, many=5)["code"] == "NOT_SIGNED_IN"


def test_a_document_that_is_refused_is_refused_again(field: World, ask: Ask) -> None:
    for _ in range(2):
        assert ask(field.ana).refused("{ accounts { nodes { shoeSize } } }")["code"] == "GRAPHQL_INVALID"
    assert documents.documents.counted()["kept"] == 0


def test_a_document_that_is_known_may_still_ask_for_too_much(field: World, ask: Ask) -> None:
    inside = " ".join(f"c{number}: contacts {{ fullName }}" for number in range(16))
    wide = f"query Wide($many: Int!) {{ accounts(first: $many) {{ nodes {{ {inside} }} }} }}"
    ask(field.ana)(wide, many=2)
    before = _hits()
    assert ask(field.ana).refused(wide, many=100)["code"] == "QUERY_TOO_LARGE"
    assert _hits() == before + 1


def test_a_document_known_by_other_rules_is_validated_anew(field: World, ask: Ask) -> None:
    text = "{ accounts { nodes { shoeSize } } }"
    documents.documents.keep(text, Document(text, parse(text), ()))
    assert ask(field.ana).refused(text)["code"] == "GRAPHQL_INVALID"


def test_those_not_asked_for_longest_make_way() -> None:
    kept = Documents(most=15)
    for text in ("{ a }", "{ b }", "{ c }"):
        kept.keep(text, Document(text, parse(text), ()))
    assert kept.find("{ a }")
    kept.keep("{ d }", Document("{ d }", parse("{ d }"), ()))
    assert [text for text in ("{ a }", "{ b }", "{ c }", "{ d }") if kept.find(text)] == ["{ a }", "{ c }", "{ d }"]
    kept.keep("x" * (documents.LONGEST + 1), Document("{ a }", parse("{ a }"), ()))
    assert kept.counted()["kept"] == 3
