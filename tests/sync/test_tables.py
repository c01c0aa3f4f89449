"""The list of what is synced."""

from backend.sync.tables import BY_ENTITY, RANK, TABLES


def test_each_entity_and_each_table_stands_in_the_list_once() -> None:
    """A second entry of one entity would send its rows twice, and count them twice."""
    assert len(TABLES) == len(RANK) == len(BY_ENTITY) == len({table.table for table in TABLES})
