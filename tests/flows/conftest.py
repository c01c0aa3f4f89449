"""A server as an operator starts it, on a database that commits, and phones that know only its address."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from backend.identity.models import User
from backend.kit.ids import new_id
from mobile_client_stub.device import Device
from tests.config.serving import Serving
from tests.copies import copied, inside, uri_of
from tests.factories.world import PASSWORD, World, build
from tests.flows.watching import Watching

Phone = Callable[[User], Device]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has one worker of xdist run all tests that use the server, so that there is one."""
    for item in items:
        if item.path.parent == Path(__file__).parent and "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("flows"))


@pytest.fixture(scope="package")
def flows_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of these tests: what they commit stays there, in orgs of their own, and nowhere else."""
    with django_db_blocker.unblock(), copied("flows") as name:
        yield name


@pytest.fixture
def db_flows(flows_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets the test look into the database that the server uses."""
    with django_db_blocker.unblock(), inside(flows_database):
        yield


@pytest.fixture(scope="package")
def server(flows_database: str) -> Iterator[Serving]:
    """`fieldbeat serve`: web, worker and the local FCM server; it ends with these tests, for it is busy even when nobody asks."""
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
