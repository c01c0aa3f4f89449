"""Deliberate faults, each of which the model test or a named test must notice. Slow, so run by name:

    python -m pytest tests/sync/mutants.py

A mutant that survives here is a promise nobody keeps."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.sync import capture
from tests.factories import world
from tests.factories.replica import Phone
from tests.sync import (
    broken,
    test_capture,
    test_catching_up,
    test_hidden_fields,
    test_lost_pages,
    test_pull_parts,
    test_pull_shapes,
    test_pull_streams,
    test_push,
    test_said_twice,
    test_side_by_side,
)
from tests.sync.broken import Patch
from tests.sync.test_model import play

SEEDS = (11, 12, 13)
ROUNDS = 50


MODEL_MUTANTS = (
    broken.cursor_of_the_newest_only,
    broken.catch_up_from_now,
    broken.target_not_fixed,
    broken.filter_after_the_limit,
    broken.generation_forgotten,
    broken.doubt_forgotten,
    broken.eviction_lost,
    broken.newest_generation_taken_for_right,
    broken.scope_asked_on_the_first_page_only,
    broken.rows_not_authorised_again,
    broken.any_old_cursor_taken,
    broken.any_old_page_taken,
    broken.no_catch_up,
    broken.covered_too_early,
    broken.first_page_forgets_its_place,
    broken.only_the_new_root_logged,
    broken.moved_children_not_logged,
    broken.children_before_their_parent_not_logged,
    broken.contacts_not_followed,
    broken.alerts_told_to_all,
)


@pytest.fixture
def patch() -> Iterator[Patch]:
    """Returns a place for a mutant, and puts the database's own triggers back after it."""
    with pytest.MonkeyPatch.context() as inside:
        yield inside
    with connection.cursor() as cursor:
        for table in capture.captured_tables():
            cursor.execute(capture.function_sql(table))


@pytest.mark.parametrize("mutant", MODEL_MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_model_notices(transactional_db: None, patch: Patch, mutant: Callable[[Patch], None]) -> None:
    mutant(patch)
    noticed = []
    for seed in SEEDS:
        try:
            play(world.build(f"-{seed}"), seed=seed, rounds=ROUNDS)
        except AssertionError as error:
            noticed.append(str(error).splitlines()[0])
            break
    print(mutant.__name__, noticed)  # noqa: T201
    assert noticed, "the mutant lives"


NAMED: dict[Callable[[Patch], None], Callable[..., None]] = {
    broken.no_device_lock: test_push.test_two_sockets_of_one_phone_take_turns,
    broken.every_statement_its_own_instant: test_side_by_side.test_a_page_is_one_instant_though_others_write_while_it_is_made,
    broken.no_second_try: test_side_by_side.test_pulls_of_one_phone_at_once_wait_for_one_another,
    broken.refresh_without_eviction: test_lost_pages.test_what_was_deleted_under_a_store_that_went_and_came_back_unseen_is_gone,
    broken.covered_too_early: test_lost_pages.test_a_mutation_is_covered_only_once_its_root_is_here,
    broken.ledger_in_its_own_transaction: test_side_by_side.test_a_server_that_dies_in_a_push_has_done_nothing,
    broken.eviction_between_pages_without_a_generation: (
        test_lost_pages.test_a_store_lost_in_a_page_whose_reply_was_lost_leaves_the_phone
    ),
    broken.a_generation_for_each_request: test_said_twice.test_what_was_given_is_not_given_again_for_ever,
    broken.anew_by_the_ranks_of_old: test_said_twice.test_a_phone_that_begins_anew_is_told_todays_route_first,
    broken.ranks_changed_under_pages: test_said_twice.test_a_route_that_changes_while_pages_are_on_their_way,
    broken.pages_never_longer: test_catching_up.test_a_long_page_may_hold_more_characters_too,
    broken.columns_not_sent_again: test_pull_shapes.test_a_shape_nobody_remembers_sends_all_again,
    broken.history_by_each_pages_clock: test_pull_parts.test_a_clock_set_back_between_pages_hides_no_history,
    broken.priorities_by_each_pages_calendar: test_pull_parts.test_a_store_keeps_the_priority_with_which_it_entered,
    broken.cursors_of_any_stream_taken: test_pull_streams.test_the_cursor_of_one_stream_does_not_open_another,
    broken.unconfirmed_markers_purged: (
        test_pull_streams.test_the_marker_of_an_eviction_that_nobody_confirmed_is_never_purged
    ),
    broken.parents_not_locked: test_capture.test_a_line_added_while_its_deal_moves_arrives_where_the_deal_went,
    broken.field_mask_dropped: test_hidden_fields.test_a_hidden_field_is_no_key_at_all,
    broken.inbox_not_masked: test_hidden_fields.test_the_inbox_of_a_demoted_person_forgets_with_them,
    broken.hidden_fields_taken: test_hidden_fields.test_a_conflict_does_not_tell_what_stands_in_a_hidden_field,
    broken.catching_up_without_what_is_hidden_now: (
        test_hidden_fields.test_a_hidden_row_that_moves_away_between_two_pages_goes_too
    ),
    broken.role_asked_once: test_hidden_fields.test_a_role_that_changes_between_two_pages_is_heeded_at_once,
}


@pytest.mark.parametrize("mutant", NAMED, ids=lambda mutant: mutant.__name__)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_named_test_notices(
    field: world.World,
    phone: Phone,
    patch: Patch,
    request: pytest.FixtureRequest,
    mutant: Callable[[Patch], None],
    other: BaseDatabaseWrapper,
) -> None:
    story = NAMED[mutant]
    more: dict[str, Any] = {}
    if mutant is broken.ledger_in_its_own_transaction:
        more["where"] = "before the ledger"
    if "monkeypatch" in story.__code__.co_varnames:
        more["monkeypatch"] = request.getfixturevalue("monkeypatch")
    if "other" in story.__code__.co_varnames:
        more["other"] = other
    mutant(patch)
    with pytest.raises(AssertionError):
        story(field, phone, **more)
