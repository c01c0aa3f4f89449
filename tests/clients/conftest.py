"""A server of its own for other people's clients, and the people whose phones they are."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from backend.identity.models import User
from backend.kit.ids import new_id
from tests.clients.client import Client
from tests.clients.node import NoClients, install
from tests.config.serving import Serving
from tests.copies import copied, inside
from tests.factories.world import PASSWORD, World, build
from tests.flows.conftest import serving

Start = Callable[..., Client]


@pytest.fixture(scope="session")
def clients() -> None:
    """The clients are installed; where npm cannot, their tests are skipped and say why."""
    try:
        install()
    except NoClients as error:
        pytest.skip(f"no Node clients here: {error}")


@pytest.fixture(scope="package")
def clients_server(clients: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
    """`fieldbeat serve` on a database of its own, as long as these tests; gives its name and the server."""
    with django_db_blocker.unblock(), copied("clients") as name, serving(name) as running:
        yield name, running


@pytest.fixture
def server(clients_server: tuple[str, Serving]) -> Serving:
    """The server."""
    return clients_server[1]


@pytest.fixture
def world(clients_server: tuple[str, Serving], django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Ana, Ben, Cy and the others, in an org of their own, in the server's database."""
    with django_db_blocker.unblock(), inside(clients_server[0]):
        yield build(new_id().hex[-8:])


@pytest.fixture
def start(server: Serving) -> Iterator[Callable[[str, User], Client]]:
    """Starts a client of a kind for a person, signed in."""
    running: list[Client] = []

    def begin(kind: str, person: User) -> Client:
        client = Client(kind)
        running.append(client)
        client.do("start", f"{server.base}/graphql", person.username, PASSWORD, new_id().hex)
        return client

    yield begin
    for client in running:
        client.__exit__(None, None, None)
