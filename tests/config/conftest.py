"""Folders for servers of one test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, as the path of a socket must be."""
    made = Path(tempfile.mkdtemp(prefix="fb-"))
    yield made
    shutil.rmtree(made)
