"""Deliberate faults of compiled reads, each of which random questions or a named test must notice. Slow, so run by name:

python -m pytest tests/schema/compiled/mutants.py"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from backend.schema.compiled import kept, plan
from tests.factories.world import World
from tests.schema.compiled import broken, test_holes, test_same_answer
from tests.schema.compiled.broken import Patch
from tests.schema.compiled.conftest import same
from tests.schema.compiled.questions import Asker
from tests.schema.compiled.test_holes import shop

__all__ = ["shop"]  # a fixture

QUESTIONS = 150

RANDOM = (
    broken.the_first_values_kept,
    broken.the_first_caller_kept,
    broken.edges_without_coverage,
    broken.hidden_fields_compiled,
    broken.first_not_heeded,
    broken.floats_as_the_database_has_them,
    broken.documents_as_the_database_has_them,
    broken.names_of_the_schema,
    broken.arguments_left_out,
    broken.another_rows_cursor,
    broken.ends_swapped,
    broken.one_list_for_all_names,
)

NAMED: dict[Callable[[Patch], None], tuple[Callable[..., None], str]] = {
    broken.the_first_instant_kept: (test_same_answer.test_a_plan_that_is_kept_asks_for_coverage_as_it_is_now, ""),
    broken.times_as_the_database_has_them: (test_same_answer.test_times_of_a_day_are_told_alike, ""),
    broken.missing_is_null: (test_same_answer.test_what_no_resolver_says_is_not_said, "a day before Christ"),
    broken.without_an_end: (test_same_answer.test_what_no_resolver_says_is_not_said, "an instant without end"),
    broken.arguments_left_out: (test_holes.test_edges_are_narrowed_by_values_that_are_no_part_of_the_plan, ""),
    broken.refused_arguments_taken: (test_holes.test_an_edge_says_what_is_wrong_with_its_arguments, "first: -1"),
}


@pytest.fixture
def patch() -> Iterator[Patch]:
    """Returns a place for a mutant; nothing that was made before is used, and nothing of it is left."""
    plan.forget()
    kept.forget()
    with pytest.MonkeyPatch.context() as inside:
        yield inside
    plan.forget()
    kept.forget()


@pytest.mark.parametrize("mutant", RANDOM, ids=lambda mutant: mutant.__name__)
def test_random_questions_notice(field: World, asker: Asker, patch: Patch, mutant: Callable[[Patch], None]) -> None:
    mutant(patch)
    with pytest.raises(AssertionError):
        _ask(field, asker)


def _ask(field: World, asker: Asker) -> None:
    people = [field.dee, field.ana, field.ben, field.cy, field.pat]
    for number in range(QUESTIONS):
        asker.dice = Random(f"mutant.{number}")
        question = asker.question()
        for one in (question, question.again()):
            same(people[number % len(people)], one)
            same(people[(number + 1) % len(people)], one)


@pytest.mark.parametrize("mutant", NAMED, ids=lambda mutant: mutant.__name__)
def test_a_named_test_notices(
    field: World, patch: Patch, request: pytest.FixtureRequest, mutant: Callable[[Patch], None]
) -> None:
    story, said = NAMED[mutant]
    more: dict[str, Any] = {}
    for name in story.__code__.co_varnames[: story.__code__.co_argcount]:
        if name in ("name", "given"):
            more[name] = said
        elif name != "field":
            more[name] = request.getfixturevalue("shop")
    mutant(patch)
    with pytest.raises(AssertionError):
        story(field, **more)
