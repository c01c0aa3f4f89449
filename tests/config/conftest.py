"""Folders for servers of one test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.serving import environment


@pytest.fixture
def settings(folder: Path, own_database: str) -> dict[str, str]:
    """Returns the environment of commands on a migrated database."""
    return environment(DATABASE_URL=own_database, FIELDBEAT_DATA_DIR=str(folder / "data"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, as the path of a socket must be."""
    made = Path(tempfile.mkdtemp(prefix="fb-"))
    yield made
    shutil.rmtree(made)
