"""No engine's failure in one test is remembered in the next."""

from collections.abc import Iterator

import pytest

from backend.planning.travel import trouble


@pytest.fixture(autouse=True)
def no_trouble() -> Iterator[None]:
    trouble.forget()
    yield
    trouble.forget()
