"""Sync is about commits: these tests really commit."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.config import snapshot_door
from backend.identity.models import User
from backend.sync import snapshot
from tests.factories import world
from tests.factories.replica import Replica


@pytest.fixture
def field(transactional_db: None) -> world.World:
    """Returns the world, committed."""
    return world.build()


@pytest.fixture
def phone(field: world.World) -> Callable[[User], Replica]:
    """Returns a maker of new phones."""
    return lambda user: Replica(user, field.phone(user))


@pytest.fixture
def small_pieces_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door of snapshots makes pieces of a few rows, on the test's own connection."""

    async def run(function: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
        return await sync_to_async(function, thread_sensitive=True)(*args, **more)

    monkeypatch.setattr(snapshot_door, "_run", run)
    monkeypatch.setattr(snapshot, "ROWS", 7)
