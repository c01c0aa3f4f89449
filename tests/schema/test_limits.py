"""What one document may ask for: a small question must not keep the server busy for minutes."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, Visitor, get_introspection_query, parse, visit

from backend.identity.models import User
from backend.schema import limits
from backend.schema.api import schema
from backend.schema.limits import MOST_ALIASES, MOST_DEPTH, MOST_DIRECTIVES, WIDEST, Judge, Price, TooMuch
from tests.factories import world
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def visited(field: world.World) -> world.World:
    """Returns the world with one visit at one account of Ana's."""
    field.visit(field.account("Hy-Vee", field.north))
    return field


def _visits(levels: int, first: int = 100) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"visits {{ account {{ {inner} }} }}"
    return f"{{ accounts(first: {first}) {{ nodes {{ {inner} }} }} }}"


def test_one_level_of_lists_beneath_a_full_page_is_answered(visited: world.World, ask: Ask) -> None:
    assert ask(visited.ana)(_visits(1))["accounts"]["nodes"]


def test_lists_in_lists_in_lists_are_refused_before_anything_is_read(field: world.World, ask: Ask) -> None:
    client = ask(field.ana)
    assert client.refused(_visits(2))["code"] == "QUERY_TOO_LARGE"
    assert client.queries == 0


def test_a_small_page_may_look_deeper(visited: world.World, ask: Ask) -> None:
    assert ask(visited.ana)(_visits(2, first=2))["accounts"]["nodes"]


def test_the_size_of_a_page_is_read_from_its_variable(visited: world.World, ask: Ask) -> None:
    document = _visits(2).replace("first: 100", "first: $n").replace("{ accounts", "query ($n: Int!) { accounts", 1)
    assert ask(visited.ana)(document, n=2)["accounts"]["nodes"]
    assert ask(visited.ana).refused(document, n=100)["code"] == "QUERY_TOO_LARGE"


def test_a_chain_of_single_rows_has_an_end(field: world.World, ask: Ask) -> None:
    def above(levels: int) -> str:
        return "{ me { user " + "{ manager " * levels + "{ id }" + " }" * levels + " } }"

    assert ask(field.ana)(above(MOST_DEPTH - 3))["me"]
    assert ask(field.ana).refused(above(MOST_DEPTH - 2))["code"] == "QUERY_TOO_LARGE"


@pytest.mark.parametrize("braces", [100, 600])
def test_braces_without_end_are_the_askers_fault(field: world.World, ask: Ask, braces: int) -> None:
    refused = ask(field.ana).refused("{ me { user " + "{ manager " * braces + "{ id }" + " }" * braces + " } }")
    assert refused["code"] in ("QUERY_TOO_LARGE", "GRAPHQL_INVALID")


def test_fragments_that_double_at_each_step_are_priced_without_being_written_out(field: world.World, ask: Ask) -> None:
    steps = "".join(
        f"fragment F{n} on User {{ a: manager {{ ...F{n + 1} }} b: manager {{ ...F{n + 1} }} }} " for n in range(50)
    )
    document = "{ me { user { ...F0 } } } " + steps + "fragment F50 on User { id }"
    assert ask(field.ana).refused(document)["code"] == "QUERY_TOO_LARGE"


def test_fragments_in_a_circle_are_left_to_validation(field: world.World, ask: Ask) -> None:
    document = "{ me { user { ...A } } } fragment A on User { id ...B } fragment B on User { ...A }"
    assert ask(field.ana).refused(document)["code"] == "GRAPHQL_INVALID"


def test_the_same_dear_question_is_asked_a_few_times_at_once_and_not_a_hundred(field: world.World, ask: Ask) -> None:
    def due(times: int) -> str:
        return "{" + " ".join(f'd{n}: dueAccounts(day: "2026-11-23") {{ name }}' for n in range(times)) + "}"

    assert len(ask(field.ana)(due(5))) == 5
    assert ask(field.ana).refused(due(100))["code"] == "QUERY_TOO_LARGE"


def test_passwords_are_not_tried_by_the_dozen_in_one_document(ask: Ask) -> None:
    attempts = " ".join(
        f'a{n}: signIn(input: {{username: "ana", password: "{n}", device: {{installKey: "0123456789abcdef"}}}})'
        " { session { deviceId } }"
        for n in range(3)
    )
    client = ask(None)
    assert client.refused("mutation {" + attempts + "}")["code"] == "QUERY_TOO_LARGE"
    assert client.queries == 0


def test_long_values_are_not_repeated_under_many_names(field: world.World, ask: Ask) -> None:
    names = " ".join(f"n{n}: notes" for n in range(50))
    refused = ask(field.ana).refused(f"{{ accounts(first: 100) {{ nodes {{ {names} }} }} }}")
    assert refused["code"] == "QUERY_TOO_LARGE"


def test_tools_may_read_the_schema(ask: Ask) -> None:
    assert ask(None)(get_introspection_query(input_value_deprecation=True))["__schema"]["types"]


def test_many_small_pages_are_asked_for_in_several_documents(field: world.World, ask: Ask) -> None:
    def pages(times: int) -> str:
        return "{" + " ".join(f"p{n}: accounts(first: 1) {{ nodes {{ id }} }}" for n in range(times)) + "}"

    assert len(ask(field.ana)(pages(20))) == 20
    assert ask(field.ana).refused(pages(40))["code"] == "QUERY_TOO_LARGE"


def _bomb(steps: int, inner: str = "__typename") -> str:
    """Returns a document whose fragments double at each step."""
    fragments = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(steps))
    return f"{{...F0}}{fragments}fragment F{steps} on Query{{{inner}}}"


def _places(document: str) -> int:
    """Returns how many fields, spreads and inline fragments are written in a document."""

    class Count(Visitor):
        places = 0

        def enter(self, node: object, *_: object) -> None:
            self.places += isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode)

    count = Count()
    visit(parse(document), count)
    return count.places


@pytest.mark.parametrize(
    "inner", ["__typename", "a:__typename", "__typename @skip(if:true)", "accounts(first:2){nodes{id}}"]
)
def test_a_bomb_of_fragments_is_judged_by_coming_to_each_place_once(inner: str) -> None:
    bomb = _bomb(23, inner)
    judge = Judge(schema._schema, parse(bomb), {})
    with pytest.raises(TooMuch):
        judge.check()
    assert judge.judged <= _places(bomb)


def test_pages_of_many_lengths_do_not_multiply_the_judging() -> None:
    pages = " ".join(f"a{n}: accounts(first: {n + 1}) {{ ...P }}" for n in range(20))
    document = f"{{ {pages} }} fragment P on AccountPage {{ nodes {{ {' '.join(['id'] * 200)} }} }}"
    judge = Judge(schema._schema, parse(document), {})
    judge.check()
    assert judge.judged == _places(document)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{" + " ".join(f"a{n}: __typename" for n in range(MOST_ALIASES + 1)) + "}", "aliases"),
        (f"{{ {'...F ' * 60} }} fragment F on Query {{ a: __typename b: __typename }}", "aliases"),
        ("{" + " ".join(["__typename @include(if: true)"] * (MOST_DIRECTIVES + 1)) + "}", "directives"),
        ("{ __typename " + "@aa" * 10 + "}", "directives"),
        ("query " + "@aa" * 10 + "{ __typename }", "directives"),
        (f"{{ ...F }} fragment F on Query {'@skip(if: false)' * 5} {{ __typename }}", "directives"),
        ("{" + " __typename" * (WIDEST + 1) + "}", "pair of braces"),
    ],
)
def test_names_directives_and_repetitions_have_an_end(ask: Ask, document: str, told: str) -> None:
    client = ask(None)
    _, [error] = client.both(document)
    assert (error["extensions"]["code"], client.queries) == ("QUERY_TOO_LARGE", 0)
    assert told in error["message"]


def test_a_price_that_is_known_is_no_others(ask: Ask, visited: world.World) -> None:
    two = f"query A {{ serverInfo {{ version }} }} query B {_visits(1)}"
    cheap, dear = (Judge(schema._schema, parse(two), {}).check(name).values for name in ("A", "B"))
    assert cheap < dear
    document = _visits(2).replace("first: 100", "first: $n").replace("{ accounts", "query ($n: Int!) { accounts", 1)
    for _ in range(2):
        assert ask(visited.ana)(document, n=2)["accounts"]["nodes"]
        assert ask(visited.ana).refused(document, n=100)["code"] == "QUERY_TOO_LARGE"


def test_a_price_is_kept_for_each_number_that_it_was_asked_with(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "query ($n: Int = 7, $t: String) { accounts(first: $n, filter: { name: { eq: $t } }) { nodes { name } } }"
    document = parse(text)
    judged: list[Judge] = []
    given: list[dict[str, Any] | None] = [
        {"n": 2}, {"n": 100}, {"n": 2, "t": "x"}, {}, None, {"n": None}, {"n": "missing"}, {"n": [2]}, {"n": True},
    ]  # fmt: skip
    right = [Judge(schema._schema, document, one).check() for one in given]
    assert len({price.values for price in right}) > 4
    check = Judge.check

    def counted(judge: Judge, name: str | None = None) -> Price:
        judged.append(judge)
        return check(judge, name)

    monkeypatch.setattr(Judge, "check", counted)
    prices = limits._Prices()
    for _ in range(2):
        assert [prices.asked(schema._schema, text, document, None, one) for one in given] == right
    # {} and nothing at all are one, so are what is no number, and the text has no say.
    assert len(judged) == 6
    monkeypatch.setattr(limits._Prices, "MOST", 2)
    prices = limits._Prices()
    for _ in range(2):
        assert [prices.asked(schema._schema, text, document, None, one) for one in given] == right
    assert len(prices._kept) == 2
