"""The world, in a transaction that is undone."""

import pytest

from tests.factories import world


@pytest.fixture
def field(db: None) -> world.World:
    """Returns the world."""
    return world.build()
