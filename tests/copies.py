"""Databases of their own for tests that commit or start a server: copies of one that is migrated once for a whole run.

Migrating takes seconds, and copying what was migrated a fraction of one. What commits in a copy is seen in no other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.db import connection

LOCK = 20_270_308
"""The workers of xdist share one cluster; the first to come makes the template, and the others wait for it."""


def template() -> str:
    """Returns the name of the migrated database that others are copied from, made by the first who asks in a run."""
    name = os.environ["TEST_TEMPLATE"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            # It has its name when it is whole: whoever is killed before leaves nothing that is taken for it.
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}_begun" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}_begun"')
            with inside(f"{name}_begun"):
                call_command("migrate", verbosity=0)
            cursor.execute(f'ALTER DATABASE "{name}_begun" RENAME TO "{name}"')
    return name


@contextmanager
def copied(purpose: str) -> Iterator[str]:
    """Makes a database for the length of the block, and returns its name."""
    name = f"{template()}_{purpose}_{os.getpid()}"
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{template()}"')
    try:
        yield name
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Lets this process work in another database of the cluster for the length of the block."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def uri_of(name: str) -> str:
    """Returns the address of a database of the cluster."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _administer(*statements: str) -> None:
    connection.close()
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
