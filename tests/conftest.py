"""Starts one PostgreSQL for the whole run, before Django reads its settings."""

from collections.abc import Iterator

import pytest

from tests import database

# At import, because the conftest files below this one import models at theirs.
database.begin()

import django  # noqa: E402

django.setup()

from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from pytest_django import DjangoDbBlocker  # noqa: E402

from tests.copies import copied, template, uri_of  # noqa: E402
from tests.emptying import empty_instead_of_flush  # noqa: E402
from tests.factories import world  # noqa: E402
from tests.factories.replica import Phone, Replica  # noqa: E402

empty_instead_of_flush()

# A third of a second for each wrong password: it is slow on purpose, and who guesses in a test need not wait.
PBKDF2PasswordHasher.iterations = 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what this process started."""
    del config
    database.end()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker, django_db_keepdb: bool
) -> None:
    """Has the test database be a copy as well, unless the one of an earlier run is used again (--reuse-db)."""
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            connections["default"].settings_dict["TEST"]["TEMPLATE"] = template()


@pytest.fixture
def own_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Returns the address of a migrated database that is the test's alone, for commands and servers that it starts."""
    with django_db_blocker.unblock(), copied("own") as name:
        yield uri_of(name)


@pytest.fixture
def field(db: None) -> world.World:
    """Returns the world; in a transaction that is undone, unless the test asks for `transactional_db`."""
    return world.build()


@pytest.fixture
def phone(field: world.World) -> Phone:
    """Returns a maker of new phones that speak to sync without a line."""
    return lambda user: Replica(user, field.phone(user))


@pytest.fixture
def other() -> Iterator[BaseDatabaseWrapper]:
    """Returns a second line to the database with a transaction of its own."""
    line = connections.create_connection("default")
    line.set_autocommit(False)
    yield line
    line.close()
