"""Folders for servers of one test."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.kit import embedded_postgres
from tests.config.serving import environment, run


@pytest.fixture(scope="session")
def _migrated() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="fb-"))
    server = embedded_postgres.start(made / "data", durable=False)
    done = run("migrate", env=environment(DATABASE_URL=server.uri, FIELDBEAT_DATA_DIR=str(made / "data")))
    server.stop()
    assert done.returncode == 0, done.stderr
    yield made / "data"
    shutil.rmtree(made)


@pytest.fixture
def migrated(folder: Path, _migrated: Path) -> Path:
    """The folder, holding the data of a server that was started before."""
    subprocess.run(["/bin/cp", "-a", str(_migrated), str(folder / "data")], check=True)
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, as the path of a socket must be."""
    made = Path(tempfile.mkdtemp(prefix="fb-"))
    yield made
    shutil.rmtree(made)
