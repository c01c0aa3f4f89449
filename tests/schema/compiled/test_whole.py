"""Operations that are one statement, bound anew: the bytes of the ordinary way, for whoever asks, and nothing of another's."""

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import FieldNode, get_operation_ast, parse, validate

from backend.crm.models import Account
from backend.identity.models import User
from backend.kit import clock, statements
from backend.schema.api import schema
from backend.schema.compiled import whole
from backend.schema.compiled.whole import Operation
from backend.schema.frames import encoded
from backend.territories.models import AccountTerritory
from tests.factories.world import World, acting
from tests.schema.compiled.conftest import answer
from tests.schema.compiled.questions import FAVOURED, Asker

CASES = int(os.environ.get("WHOLE_CASES", "40"))
SEED = int(os.environ.get("COMPILED_SEED", "1"))

pytestmark = pytest.mark.django_db

ONE = "query One($id: UUID!) { account(id: $id) { name tier contacts { fullName } } }"
LIST = "query Many($n: Int!) { accounts(first: $n) { nodes { id name } pageInfo { hasNextPage endCursor } } }"


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    whole.forget()
    yield
    whole.forget()


def operation_of(document: str, variables: dict[str, Any] | None = None) -> Operation | None:
    """Returns a document as an operation of one field, where it is that."""
    node = parse(document)
    operation = get_operation_ast(node)
    assert operation is not None
    [first, *others] = operation.selection_set.selections
    if others or not isinstance(first, FieldNode) or first.directives:
        return None
    return Operation(document, node, None, operation, first, variables)


def learned(operation: Operation, *people: User) -> None:
    """Has an operation asked so often by people that it is known."""
    for _ in range(2):
        for one in people:
            whole.learn(schema._schema, operation, acting(one))


def wholly(user: User, operation: Operation) -> bytes | None:
    """Returns what an operation's statement says to somebody; None where it is not known as one, or says not all."""
    bound = whole.find(operation, acting(user))
    if bound is None:
        return None
    data = bound.told(statements.read(bound.made.sql, bound.made.params))
    return None if data is None else encoded(data)


def test_random_questions_have_the_answer_of_the_ordinary_way(field: World, asker: Asker) -> None:
    """Somebody else of the same role has asked before, with other values: nothing of theirs is in it. WHOLE_CASES for more."""
    before = {field.ana: field.cy, field.ben: field.ben, field.dee: field.dee, field.pat: field.pat}
    told = 0
    for number in range(CASES):
        asker.dice = Random(f"whole.{SEED}.{number}")
        question = asker.question(asker.dice.choice(FAVOURED))
        user = list(before)[number % len(before)]
        if (operation := operation_of(question.document, question.variables)) is None:
            continue
        if validate(schema._schema, operation.document):
            continue
        learned(operation, before[user])
        for again in (question, question.again()):
            same = operation._replace(variables=again.variables)
            with clock.moved_to(clock.now()):
                said = wholly(user, same)
                if said is not None:
                    assert (said, []) == answer(user, again, by_resolvers=False), (user.username, again)
                    told += 1
    assert told > CASES / 4, told


def test_what_one_has_asked_another_is_answered_for_herself(field: World) -> None:
    hers, his = field.account("Hy-Vee", field.north), field.account("Fareway", field.south)
    field.contact(hers)
    one = operation_of(ONE, {"id": str(hers.pk)})
    assert one is not None
    learned(one, field.ana)
    assert b"Hy-Vee" in (wholly(field.ana, one) or b"")
    other = one._replace(variables={"id": str(his.pk)})
    assert b"Fareway" in (wholly(field.cy, other) or b"")
    assert (wholly(field.cy, one), wholly(field.ana, other)) == (None, None)
    many = operation_of(LIST, {"n": 5})
    assert many is not None
    learned(many, field.ana)
    ana, cy = wholly(field.ana, many) or b"", wholly(field.cy, many) or b""
    assert (b"Hy-Vee" in ana, b"Fareway" in ana, b"Hy-Vee" in cy, b"Fareway" in cy) == (True, False, False, True)
    # Of another role nothing is known yet.
    assert wholly(field.ben, many) is None


def test_what_changed_since_is_answered_as_it_is(field: World) -> None:
    store = field.account("Hy-Vee", field.north)
    one = operation_of(ONE, {"id": str(store.pk)})
    assert one is not None
    learned(one, field.ana)
    assert wholly(field.ana, one)
    Account.objects.filter(pk=store.pk).update(name="Casey's")
    assert b"Casey's" in (wholly(field.ana, one) or b"")
    now = clock.now()
    AccountTerritory.objects.filter(account=store).update(valid_to=now)
    field.place(store, field.south, since=now)
    assert wholly(field.ana, one) is None
    assert b"Casey's" in (wholly(field.cy, one) or b"")
    User.objects.filter(pk=field.cy.pk).update(is_active=False)
    assert wholly(field.cy, one) is None


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ me { user { username } } }", None),
        ("{ serverInfo { version } }", None),
        (LIST, {"n": 0}),  # refused
        (LIST, {"n": "five"}),
        (ONE, {"id": "no id"}),
        (ONE, {"id": "6F2C8A10-1111-7000-8000-00000000000A"}),  # an id written otherwise is another text
        (ONE, {"id": {"a": float("nan")}}),
        (ONE, {"id": "x" * (whole.LONGEST + 1)}),
        (
            "query ($a: UUID!) { account(id: $a) { attachments { url } } }",
            {"a": "01a209e1-19de-70d2-92ce-6beaa0ad1836"},
        ),
    ],
)
def test_what_is_no_single_statement_is_not_learned(
    field: World, document: str, variables: dict[str, Any] | None
) -> None:
    operation = operation_of(document, variables)
    assert operation is not None
    learned(operation, field.ana, field.dee)
    assert (wholly(field.ana, operation), wholly(field.dee, operation)) == (None, None)


def test_the_same_id_twice_is_another_question_than_two_ids(field: World) -> None:
    hers, his = field.account("Hy-Vee", field.north), field.account("Kum & Go", field.north)
    document = "query ($a: UUID!, $b: UUID!) { accounts(filter: { id: { in: [$a, $b] } }) { nodes { name } } }"
    one = operation_of(document, {"a": str(hers.pk), "b": str(hers.pk)})
    assert one is not None
    learned(one, field.ana)
    two = one._replace(variables={"a": str(hers.pk), "b": str(his.pk)})
    assert wholly(field.ana, two) is None
    learned(two, field.ana)
    assert b"Kum & Go" in (wholly(field.ana, two) or b"")
