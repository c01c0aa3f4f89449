"""PostgreSQL dies under phones at work (-9): callers are told so and when to come again, nobody hangs, nothing is
lost or done twice, and all goes on by itself when it is back. `SOAK=1` does it for minutes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from backend.identity.models import User
from backend.kit import embedded_postgres
from backend.kit.embedded_postgres import EmbeddedError, EmbeddedServer
from mobile_client_stub.device import Device
from tests.config.serving import environment, run, until
from tests.factories.world import PASSWORD
from tests.flows.asking import BOUND, Asking
from tests.flows.farm import Farm
from tests.flows.test_killed_processes import Rep
from tests.flows.watching import Watching

OUTAGES = 20 if "SOAK" in os.environ else 1
DOWN = 1.5
WORKS = 2.0


class Cluster:
    """A PostgreSQL of this test alone, which may die."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: EmbeddedServer = embedded_postgres.start(folder)
        self.url = self._server.uri

    def die(self) -> None:
        """Kills it and everything of it, as a machine does that loses power."""
        assert self._server.process is not None
        self._server.process.kill()
        self._server.process.wait(60)
        self._server.stop()

    def rise(self) -> None:
        """Starts it again, once what was left of it is gone."""
        until(self._risen, "the database to come up again")

    def _risen(self) -> bool:
        try:
            self._server = embedded_postgres.start(self._folder)
        except EmbeddedError:
            return False
        return True

    def stop(self) -> None:
        """Ends it."""
        self._server.stop()

    def ask(self, question: str) -> list[Any]:
        """Returns the first column of what a statement gives."""
        with psycopg.connect(self.url) as line:
            return [row[0] for row in line.execute(cast(Any, question)).fetchall()]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Returns the database, migrated and with Ana, Ben, Cy and Bea in it."""
    made = Cluster(tmp_path / "database")
    env = environment(
        DATABASE_URL=made.url,
        FIELDBEAT_DATA_DIR=str(tmp_path),
        FIELDBEAT_SECRET_KEY="only for looking at it from the test",
        DJANGO_SETTINGS_MODULE="backend.config.settings",
    )
    migrated = run("migrate", env=env)
    assert migrated.returncode == 0, migrated.stderr
    planted = subprocess.run([sys.executable, "-m", "tests.flows.planting"], env=env, capture_output=True, check=False)
    assert planted.returncode == 0, planted.stderr
    yield made
    made.stop()


def test_when_the_database_dies_nothing_hangs_and_nothing_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    with ExitStack() as stack:
        farm = stack.enter_context(Farm(cluster.url, tmp_path))
        processes = dict(farm._running)
        people = [SimpleNamespace(username=name, full_name=name.title()) for name in ("ana", "cy", "ben")]
        reps = [
            Rep(number, cast(User, one), farm.base(f"web {1 + number % 2}"), tmp_path)
            for number, one in enumerate(people)
        ]
        for rep in reps:
            stack.callback(rep.device.close)
        reps[0].keep_trying(lambda: reps[0].device.sign_in("ana", PASSWORD))
        watcher = stack.enter_context(Device(farm.base("web 1"), tmp_path / "open.sqlite3"))
        watcher.sign_in("ana", PASSWORD)
        watching = Watching(watcher)
        assert watcher.who is not None
        asking = [Asking(farm.base(name), watcher.who.access_token) for name in farm.ports]
        for rep in reps:
            rep.begin()
        for _ in range(OUTAGES):
            time.sleep(WORKS)
            cluster.die()
            time.sleep(DOWN)
            for one in asking:
                until(lambda one=one: one.last == "DATABASE_UNAVAILABLE", "everybody to be told")  # type: ignore[misc]
            cluster.rise()
            for one in asking:
                until(lambda one=one: one.last == "answered", "answers again")  # type: ignore[misc]
        for rep in reps:
            rep.end()
        for one in asking:
            one.stop()
            assert one.odd == []
            assert set(one.answers) == {"answered", "DATABASE_UNAVAILABLE"}
            assert one.longest < BOUND
        _all_is_there(cluster, reps)
        # The socket that lay open all the time, or the one that took its place, still hears.
        reps[0].sync()
        until(lambda: watcher.store.sizes() == reps[0].device.store.sizes(), "what was done meanwhile to be on it")
        reps[0].device.add_note(reps[0].device.accounts()[0].account["id"], "after all")
        reps[0].sync()
        until(lambda: watcher.store.sizes() == reps[0].device.store.sizes(), "what was done after all to be on it")
        watching.stop()
        # Nobody had to start anything.
        assert farm._running == processes
        assert all(process.poll() is None for process in processes.values())


def _all_is_there(cluster: Cluster, reps: list[Rep]) -> None:
    for rep in reps:
        who = rep.device.who
        assert who is not None
        ledger = cluster.ask(f"SELECT id::text FROM sync_syncop WHERE device_id = '{who.device_id}' ORDER BY seq")
        assert ledger == rep.made, rep.name
        assert rep.made, "nothing was sent"
    assert cluster.ask("SELECT result->>'code' FROM sync_syncop WHERE status <> 'APPLIED'") == []
    subjects = sorted(cluster.ask("SELECT subject FROM crm_activity"))
    assert subjects == sorted(subject for rep in reps for subject in rep.subjects)
