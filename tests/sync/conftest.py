"""Sync is about commits: these tests really commit."""

from collections.abc import Callable

import pytest

from backend.identity.models import User
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
