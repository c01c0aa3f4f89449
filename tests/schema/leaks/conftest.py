"""The gardens, and who asks there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from backend.kit import clock
from backend.schema import limits
from tests.copies import copied, inside
from tests.schema.leaks.garden import Grown, grow

TODAY = datetime.now(UTC)
WEDNESDAY = TODAY.replace(hour=16, minute=0) + timedelta((2 - TODAY.weekday()) % 7 or 7)
"""People work on that day, and it is after all that is planted."""


@pytest.fixture(scope="package")
def gardens(django_db_blocker: DjangoDbBlocker) -> Iterator[Grown]:
    """Plants once for all tests of this folder, in a transaction that is undone after the last of them."""
    with django_db_blocker.unblock(), copied("leaks") as name, inside(name), transaction.atomic():
        with clock.moved_to(WEDNESDAY):
            made = grow()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def grown(gardens: Grown, monkeypatch: pytest.MonkeyPatch) -> Iterator[Grown]:
    """Returns the gardens; nothing is too large to ask here, and what a test writes is undone."""
    monkeypatch.setattr(limits, "MOST_VALUES", 10**12)
    monkeypatch.setattr(limits, "MOST_VALUES_OF_SCRIPTS", 10**12)
    monkeypatch.setattr(limits, "MOST_TOKENS", 10**6)
    with clock.moved_to(WEDNESDAY), transaction.atomic():
        yield gardens
        transaction.set_rollback(True)
