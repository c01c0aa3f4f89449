"""A server as an operator starts it, on a database that commits, and phones that know only its address."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from backend.identity.models import User
from backend.kit.ids import new_id
from mobile_client_stub.device import Device
from tests.config.serving import Serving
from tests.factories.world import PASSWORD, World, build
from tests.flows.watching import Watching

Phone = Callable[[User], Device]


@pytest.fixture(scope="session")
def flows_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the test database: what its tests commit stays there, in orgs of their own, and nowhere else."""
    with django_db_blocker.unblock():
        migrated = connection.settings_dict["NAME"]
        name = f"{migrated}_flows"
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"')
        connection.settings_dict["NAME"] = name
        # Where no test asked for a database before, the copy is one of nothing.
        call_command("migrate", verbosity=0)
        connection.close()
        connection.settings_dict["NAME"] = migrated
        yield name
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(*statements: str) -> None:
    connection.close()
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def db_flows(flows_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets the test look into the database that the server uses."""
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = flows_database
        yield
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def server(flows_database: str) -> Iterator[Serving]:
    """`fieldbeat serve`: web, worker and the local FCM server."""
    with serving(flows_database) as running:
        yield running


@contextmanager
def serving(database: str) -> Iterator[Serving]:
    """Serves the database for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="fb-"))
    running = Serving.start(folder, DATABASE_URL=uri_of(database))
    try:
        yield running
    finally:
        running.end(signal.SIGTERM)
        shutil.rmtree(folder)


def uri_of(database: str) -> str:
    """Returns the address of a database of this run."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


@pytest.fixture
def world(db_flows: None) -> World:
    """Ana, Ben, Cy and the others, in an org of their own."""
    return build(new_id().hex[-8:])


@pytest.fixture
def phone(server: Serving, tmp_path: Path) -> Iterator[Phone]:
    """Gives a person a phone, signed in and not yet synced; the same person gets the same phone again."""
    phones: dict[str, Device] = {}

    def give(person: User) -> Device:
        if person.username not in phones:
            phones[person.username] = Device(server.base, tmp_path / f"{person.full_name}.sqlite3")
            phones[person.username].sign_in(person.username, PASSWORD)
        return phones[person.username]

    yield give
    for device in phones.values():
        device.close()


@pytest.fixture
def watching() -> Iterator[Callable[[Device], Watching]]:
    """Leaves a phone open on the table, watching."""
    open_now: list[Watching] = []

    def leave_open(device: Device) -> Watching:
        open_now.append(Watching(device))
        return open_now[-1]

    yield leave_open
    for one in open_now:
        one.stop()
