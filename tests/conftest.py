"""Starts one PostgreSQL for the whole run, before Django reads its settings."""

import pytest

from tests import database

# At import, because the conftest files below this one import models at theirs.
database.begin()

import django  # noqa: E402

django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what this process started."""
    del config
    database.end()
