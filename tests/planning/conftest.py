"""The people of the story, on Sunday evening before the Monday that is planned."""

from collections.abc import Iterator

import pytest

from backend.kit import clock
from tests.planning.story import SUNDAY_EVENING, Story, begin


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    with clock.moved_to(SUNDAY_EVENING):
        yield begin()
