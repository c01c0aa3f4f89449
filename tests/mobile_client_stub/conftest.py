"""Ana's phone and the scripted other end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobile_client_stub.device import Device
from mobile_client_stub.patience import Patience
from tests.mobile_client_stub.scripted import Scripted, page
from tests.mobile_client_stub.world import everything

Phone = Callable[..., Device]
SERVER = "http://server.test"
IMPATIENT = Patience(tries=3, base=0.0, sleep=lambda seconds: None)


def noon() -> datetime:
    """The phone's clock: a Monday noon, as the server has it."""
    return datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Scripted:
    """A server with one whole page to give, and nothing after it."""
    return Scripted(pages={None: [page(*everything(), cursor="c1")], "c1": [page(cursor="c1")]})


@pytest.fixture
def phone(server: Scripted, tmp_path: Path) -> Iterator[Phone]:
    """Makes phones on the same file; calling it again is starting the program again."""
    made: list[Device] = []

    def make(name: str = "ana", **more: object) -> Device:
        device = Device(
            SERVER,
            tmp_path / f"{name}.sqlite3",
            network=server.network(),
            patience=IMPATIENT,
            clock=more.pop("clock", noon),  # type: ignore[arg-type]
            **more,  # type: ignore[arg-type]
        )
        made.append(device)
        return device

    yield make
    for device in made:
        device.close()


@pytest.fixture
def ana(phone: Phone) -> Device:
    """Ana's phone, signed in and synced once."""
    device = phone()
    device.sign_in("ana", "secret")
    device.sync()
    return device
