"""`fieldbeat serve` with its real processes: it starts, keeps them, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from backend.kit import embedded_postgres
from backend.kit.version import VERSION
from tests.config.serving import Serving, alive, environment, free_port, run, until

Start = Callable[..., Serving]


@pytest.fixture
def serve() -> Iterator[Start]:
    """Starts a server that a failing test does not leave behind."""
    started: list[Serving] = []

    def start(folder: Path, **given: str) -> Serving:
        started.append(Serving.start(folder, **given))
        return started[-1]

    yield start
    for serving in started:
        sys.stdout.write(serving.log.read_text())  # pytest shows it when the test has failed
        if serving.process.poll() is None:
            serving.end(signal.SIGTERM)


def _note(folder: Path) -> None:
    with psycopg.connect(embedded_postgres.uri(folder / "data")) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")


def _noted(folder: Path) -> list[tuple[str]]:
    with psycopg.connect(embedded_postgres.uri(folder / "data")) as connection:
        return connection.execute("SELECT text FROM note").fetchall()


def _left(family: dict[str, psutil.Process]) -> list[str]:
    return [role for role, process in family.items() if alive(process)]


def test_it_runs_until_ctrl_c_leaves_nobody_and_keeps_the_data(folder: Path, serve: Start) -> None:
    serving = serve(folder)
    family = serving.family()
    assert {"web", "worker", "dev-fcm", "database"} <= set(family)

    asked = {"query": "{ serverInfo { version } }"}
    answer = httpx.post(f"{serving.base}/graphql", json=asked, trust_env=False).json()
    assert answer == {"data": {"serverInfo": {"version": VERSION}}}
    page = httpx.get(serving.base, trust_env=False)
    assert (page.status_code, f"Fieldbeat {VERSION}" in page.text) == (200, True)

    # A short command beside it uses the running database and leaves it running.
    command = run("manage", "check", env=environment(FIELDBEAT_DATA_DIR=str(folder / "data")))
    assert (command.returncode, command.stdout) == (0, "System check identified no issues (0 silenced).\n")
    refused = run("demo-reset", env=environment(FIELDBEAT_DATA_DIR=str(folder / "data")))
    assert (refused.returncode, "stop it, then reset the demo" in refused.stderr) == (1, True)
    _note(folder)

    assert serving.end(signal.SIGINT) == 0
    assert _left(family) == []
    said = serving.log.read_text()
    assert "Stopping; the data stays.\n" in said
    assert "worker_stopped" in said, "the worker was not let finish"
    database = embedded_postgres.start(folder / "data")
    assert _noted(folder) == [("kept",)]
    database.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell a child of its parent's end")
def test_whoever_dies_is_started_again_and_who_is_killed_leaves_nobody(folder: Path, serve: Start) -> None:
    serving = serve(folder, FIELDBEAT_WEB_PROCESSES="2")
    _note(folder)
    webs = serving.all_of("web")
    assert len(webs) == 2

    webs[0].kill()
    assert {httpx.get(f"{serving.base}/healthz", trust_env=False).status_code for _ in range(20)} == {200}

    before = serving.family()
    for role in ("worker", "database"):
        before[role].kill()
    until(lambda: {"worker", "database"} <= set(serving.family()), "a new worker and a new database")
    until(lambda: len(serving.all_of("web")) == 2, "a new web process")
    until(serving.ready, "readiness with new processes")
    after = serving.family()
    assert {role: after[role].pid == before[role].pid for role in ("worker", "database", "dev-fcm")} == {
        "worker": False,
        "database": False,
        "dev-fcm": True,
    }

    # The supervisor itself is killed: the kernel tells its children.
    assert serving.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: _left(after) == [], "the end of every child")

    # The next start recovers what was committed; a worker that hangs then does not outlive a second Ctrl-C.
    second = serve(folder)
    assert _noted(folder) == [("kept",)]
    family = second.family()
    family["worker"].suspend()
    second.process.send_signal(signal.SIGINT)
    until(lambda: not alive(family["web"]), "the end of the web process")
    assert alive(family["worker"])
    assert second.end(signal.SIGINT) == 0
    assert "Ending everything at once.\n" in second.log.read_text()
    assert _left(family) == []


def test_ctrl_c_while_it_starts_leaves_nobody(folder: Path) -> None:
    log = folder / "serve.log"
    env = environment(FIELDBEAT_PORT=str(free_port()), FIELDBEAT_DATA_DIR=str(folder / "data"))
    with log.open("wb") as words:
        process = subprocess.Popen([sys.executable, "-m", "backend", "serve"], env=env, stdout=words, stderr=words)
    until(lambda: b"Migrating" in log.read_bytes(), "the migrations' beginning")
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    assert [child for child in family if alive(child)] == []
    assert "Traceback" not in log.read_text()


def test_an_empty_database_of_ones_own_is_migrated_and_watched(folder: Path, serve: Start) -> None:
    other = embedded_postgres.start(folder / "other", durable=False)
    serving = serve(folder, DATABASE_URL=other.uri)
    assert "database" not in serving.family()
    assert not (folder / "data" / "postgres").exists()

    with psycopg.connect(other.uri) as connection:
        connection.execute("DELETE FROM django_migrations WHERE (app, name) = ('sessions', '0001_initial')")
    until(lambda: serving.readiness() == (503, {"database": "ok", "migrations": "1 to apply"}), "the missing migration")
    with psycopg.connect(other.uri) as connection:
        connection.execute("INSERT INTO django_migrations VALUES (DEFAULT, 'sessions', '0001_initial', now())")
    until(serving.ready, "readiness with all migrations")

    other.stop()
    until(lambda: serving.readiness() == (503, {"database": "unreachable", "migrations": "unknown"}), "unreachable")
    assert httpx.get(f"{serving.base}/healthz", trust_env=False).status_code == 200
    other = embedded_postgres.start(folder / "other", durable=False)
    until(serving.ready, "readiness with the database back")

    assert serving.end(signal.SIGINT) == 0
    assert other.alive()
    other.stop()


def test_a_web_that_cannot_start_is_told_in_one_line(folder: Path, settings: dict[str, str]) -> None:
    (folder / "uvloop.py").write_text("raise ImportError('no uvloop on this machine')")
    ended = run("serve", env=settings | {"FIELDBEAT_PORT": str(free_port()), "PYTHONPATH": f"{folder}:{os.getcwd()}"})
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("The web 1 process could not start (exit code 1);")
