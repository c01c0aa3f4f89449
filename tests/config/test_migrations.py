"""What a database of before the first release, whose migrations many stand for now, is taken for."""

import pytest
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from backend.config.checks import CannotStart
from backend.config.migrations import check_migrations, check_not_halfway, migration_state

Applied = MigrationRecorder.Migration


@pytest.fixture
def of_before(db: None) -> None:
    """Notes of the database only what one of before has noted."""
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if migration.replaces:
            Applied.objects.filter(app=app, name=name).delete()


def test_one_that_is_at_its_end_goes_on_as_it_stands(of_before: None) -> None:
    state = migration_state()
    assert (state.missing, state.unknown, state.halfway) == ((), (), ())
    check_migrations(state)
    assert {("crm", "0001_tables"), ("sync", "0002_triggers")} <= state.applied
    assert not Applied.objects.filter(app="crm", name="0001_tables").exists()


def test_one_that_is_not_is_refused_and_not_passed_over(of_before: None) -> None:
    Applied.objects.filter(app="crm", name="0005_opportunity_amounts").delete()
    state = migration_state()
    assert state.halfway == (("crm", "0001_tables"),)
    with pytest.raises(CannotStart, match="its crm is unfinished"):
        check_not_halfway(state)
    with pytest.raises(CannotStart, match="its crm is unfinished"):
        check_migrations(state)


def test_what_only_a_newer_program_knows_is_told_from_what_was_replaced(of_before: None) -> None:
    Applied.objects.create(app="crm", name="9999_of_next_year")
    assert migration_state().unknown == (("crm", "9999_of_next_year"),)
