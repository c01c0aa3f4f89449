"""Sync is about commits: these tests really commit."""

import pytest

from backend.config import snapshot_door
from backend.sync import snapshot
from tests.factories import world
from tests.here import on_this_connection


@pytest.fixture
def field(transactional_db: None) -> world.World:
    """Returns the world, committed."""
    return world.build()


@pytest.fixture
def small_pieces_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door of snapshots makes pieces of a few rows, on the test's own connection."""
    monkeypatch.setattr(snapshot_door, "_run", on_this_connection)
    monkeypatch.setattr(snapshot, "ROWS", 7)
