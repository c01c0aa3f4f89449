"""No engine's failure in one test is remembered in the next."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.planning.travel import trouble


@pytest.fixture(autouse=True)
def no_trouble() -> Iterator[None]:
    trouble.forget()
    yield
    trouble.forget()


@pytest.fixture(scope="session")
def routing_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of tests with a real engine: installed and its map made by the first that needs them, as on a server."""
    return tmp_path_factory.mktemp("data")
