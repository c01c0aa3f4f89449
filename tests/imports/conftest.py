"""A desk in the org of the usual people."""

from pathlib import Path

import pytest

from tests.factories.world import World
from tests.imports.desk import Desk


@pytest.fixture
def desk(field: World, tmp_path: Path) -> Desk:
    """Returns the desk of an operator of Ana's org."""
    return Desk(tmp_path, field.org.slug)
