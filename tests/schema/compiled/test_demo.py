"""Random questions about what `make run` loads: what is compiled answers with the bytes of the resolvers there too.

Slow, for it loads the demo: COMPILED_DEMO says how many questions to ask (`make soak`), from COMPILED_SEED on."""

import os
from collections.abc import Iterator
from random import Random

import pytest
from pytest_django import DjangoDbBlocker

from backend.demo.load import load_demo
from backend.identity.models import User
from backend.schema.compiled.refused import counted
from tests.copies import copied, inside
from tests.schema.compiled.conftest import WRONG, answer, same
from tests.schema.compiled.questions import Asker
from tests.schema.compiled.real import asker_of, askers

CASES = int(os.environ.get("COMPILED_DEMO", "0"))
SEED = int(os.environ.get("COMPILED_SEED", "1"))
PART = 100

pytestmark = pytest.mark.skipif(not CASES, reason="COMPILED_DEMO=5000 asks 5,000 questions of the demo")


@pytest.fixture(scope="module")
def loaded(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Loads the demo as it is into a database of its own, and returns its name."""
    with django_db_blocker.unblock(), copied("asked") as name:
        with inside(name):
            load_demo(lambda step: None)
        yield name


@pytest.fixture(scope="module")
def about(loaded: str, django_db_blocker: DjangoDbBlocker) -> list[tuple[User, Asker]]:
    """Returns who asks, each with what makes their questions."""
    with django_db_blocker.unblock(), inside(loaded):
        made = {one.pk: asker_of(one) for one in askers()}
        return [(one, made[one.pk]) for one in askers()]


@pytest.mark.parametrize("part", range(-(-CASES // PART)))
def test_random_questions_about_the_demo_have_one_answer(
    loaded: str, about: list[tuple[User, Asker]], django_db_blocker: DjangoDbBlocker, part: int
) -> None:
    """All differences of a part are told, each with the number that makes it again."""
    differ, asked, told, large = [], 0, 0, 0
    before = sum(times for (where, _), times in counted().items() if "." not in where)
    with django_db_blocker.unblock(), inside(loaded):
        for number in range(part * PART, min((part + 1) * PART, CASES)):
            user, asker = about[number % len(about)]
            asker.dice = Random(f"demo.{SEED}.{number}")
            question = asker.question()
            if number % 5 == 0:  # so that a statement answers that is kept of others
                for one, _ in about[number % 3 : 5 : 2]:
                    answer(one, question, by_resolvers=False)
            for one_question in (question, question.again())[: 1 + (number % 3 == 0)]:
                asked += 1
                try:
                    said, errors = same(user, one_question)
                except AssertionError as difference:
                    differ.append((number, str(difference)[:4000]))
                    continue
                codes = {error["extensions"]["code"] for error in errors}
                assert codes.isdisjoint(WRONG), (number, one_question, errors)
                told += len(said) > 100
                large += "QUERY_TOO_LARGE" in codes
    assert not differ, differ
    assert told > asked / 10
    assert large < asked / 4
    whole = sum(times for (where, _), times in counted().items() if "." not in where) - before
    assert whole < asked / 2
