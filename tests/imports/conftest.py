"""A desk in the org of the usual people."""

from pathlib import Path

import pytest

from tests.factories import world
from tests.imports.desk import Desk


@pytest.fixture
def field(db: None) -> world.World:
    """Returns the world."""
    return world.build()


@pytest.fixture
def desk(field: world.World, tmp_path: Path) -> Desk:
    """Returns the desk of an operator of Ana's org."""
    return Desk(tmp_path, field.org.slug)
