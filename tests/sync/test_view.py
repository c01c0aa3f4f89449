"""What a version of the protocol shows to a role."""

import pytest
from django.apps import apps

from backend.identity.models import Role
from backend.sync import pictures, versions
from backend.sync.protocol import CURRENT, FLOOR
from backend.sync.tables import TABLES
from backend.sync.versions import UpgradeNeeded
from backend.sync.view import view_for

COLUMNS = {model._meta.db_table: {field.column for field in model._meta.concrete_fields} for model in apps.get_models()}


def test_behind_each_column_of_the_wire_stands_a_column_of_a_model() -> None:
    """Else no rule of a model would ever be found for it."""
    for table in TABLES:
        for name in table.columns:
            behind = table.shown(name)
            assert behind, (table.entity, name)
            assert [one for one in behind if one[1] not in COLUMNS.get(one[0], ())] == [], (table.entity, name)


def test_the_first_version_is_told_what_it_was_told_when_it_was_frozen() -> None:
    shown = {t.entity: sorted({"id", *t.columns}) for t in view_for(1, Role.ADMIN).tables if t is not None}
    assert shown == versions.picture(1).entities


def test_older_phones_miss_nothing_and_may_say_all_they_could() -> None:
    assert pictures.broken_promises() == []


def test_the_newest_version_shows_an_admin_everything() -> None:
    assert view_for(CURRENT, Role.ADMIN).tables == TABLES


def test_a_version_that_nobody_speaks_is_refused() -> None:
    for number in (FLOOR - 1, CURRENT + 1):
        with pytest.raises(UpgradeNeeded, match="This server speaks") as refusal:
            view_for(number, Role.REP)
        assert (refusal.value.code, refusal.value.family) == ("SCHEMA_UNSUPPORTED", "UPGRADE")


def test_the_history_and_the_constants_say_the_same() -> None:
    assert [one.number for one in versions.HISTORY] == list(range(1, CURRENT + 1))
    assert versions.newest() == CURRENT
    assert max(1, CURRENT - versions.KEPT_BEHIND) >= FLOOR
    assert versions.spoken()[0].number == FLOOR
