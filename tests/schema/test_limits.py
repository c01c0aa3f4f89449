"""What one document may ask for: a small question must not keep the server busy for minutes."""

from collections.abc import Callable

import pytest
from graphql import get_introspection_query

from backend.identity.models import User
from backend.schema.limits import MOST_DEPTH
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
