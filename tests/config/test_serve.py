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


def test_it_runs_until_ctrl_c_leaves_nobody_and_keeps_the_data(folder: Path, serve: Start) -> None:
    serving = serve(folder)
    family = serving.family()
    assert {"web", "worker", "dev-fcm", "database"} <= set(family)

    asked = {"query": "{ serverInfo { version } }"}
    answer = httpx.post(f"{serving.base}/graphql", json=asked, trust_env=False).json()
    assert answer == {"data": {"serverInfo": {"version": VERSION}}}
    page = httpx.get(serving.base, trust_env=False)
    assert (page.status_code, f"Fieldbeat {VERSION}" in page.text) == (200, True)

    again = run("serve", env=environment(FIELDBEAT_PORT="1", FIELDBEAT_DATA_DIR=str(folder / "data")))
    assert again.returncode == 1

    # A short command beside it uses the running database and leaves it running.
    command = run("manage", "check", env=environment(FIELDBEAT_DATA_DIR=str(folder / "data")))
    assert (command.returncode, command.stdout) == (0, "System check identified no issues (0 silenced).\n")
    refused = run("demo-reset", env=environment(FIELDBEAT_DATA_DIR=str(folder / "data")))
    assert (refused.returncode, "stop it, then reset the demo" in refused.stderr) == (1, True)
    _note(folder)

    assert serving.end(signal.SIGINT) == 0
    assert [role for role, process in family.items() if alive(process)] == []
    assert "Stopping; the data stays.\n" in serving.log.read_text()

    second = serve(folder)
    assert _noted(folder) == [("kept",)]
    assert second.end(signal.SIGTERM) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell a child of its parent's end")
def test_kill_9_of_the_supervisor_leaves_nobody_and_the_next_start_recovers(migrated: Path, serve: Start) -> None:
    serving = serve(migrated)
    family = serving.family()
    _note(migrated)
    assert serving.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not any(alive(process) for process in family.values()), "the end of every child")
    second = serve(migrated)
    assert _noted(migrated) == [("kept",)]
    assert second.end(signal.SIGINT) == 0


def test_whoever_dies_is_started_again(migrated: Path, serve: Start) -> None:
    serving = serve(migrated)
    before = serving.family()
    for role in ("web", "worker", "database"):
        before[role].kill()
    until(lambda: {"web", "worker", "database"} <= set(serving.family()), "new processes")
    until(serving.ready, "readiness with new processes")
    after = serving.family()
    assert {role: after[role].pid == before[role].pid for role in ("web", "worker", "database", "dev-fcm")} == {
        "web": False,
        "worker": False,
        "database": False,
        "dev-fcm": True,
    }
    assert serving.end(signal.SIGINT) == 0
    assert [role for role, process in after.items() if alive(process)] == []


def test_a_second_ctrl_c_does_not_wait_for_a_child_that_hangs(migrated: Path, serve: Start) -> None:
    serving = serve(migrated)
    family = serving.family()
    family["worker"].suspend()
    serving.process.send_signal(signal.SIGINT)
    until(lambda: not alive(family["web"]), "the end of the web process")
    assert alive(family["worker"])
    assert serving.end(signal.SIGINT) == 0
    assert [role for role, process in family.items() if alive(process)] == []


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


def test_two_web_processes_share_the_port_and_one_of_them_may_die(migrated: Path, serve: Start) -> None:
    serving = serve(migrated, FIELDBEAT_WEB_PROCESSES="2")
    webs = [
        child
        for child in psutil.Process(serving.process.pid).children()
        if child.cmdline()[1:4] == ["-m", "backend", "web"]
    ]
    assert len(webs) == 2
    webs[0].kill()
    answers = {httpx.get(f"{serving.base}/healthz", trust_env=False).status_code for _ in range(20)}
    assert answers == {200}
    assert serving.end(signal.SIGINT) == 0


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


def test_a_web_that_cannot_start_is_told_in_one_line(migrated: Path) -> None:
    (migrated / "broken").mkdir()
    (migrated / "broken" / "uvloop.py").write_text("raise ImportError('no uvloop on this machine')")
    env = environment(
        FIELDBEAT_PORT=str(free_port()),
        FIELDBEAT_DATA_DIR=str(migrated / "data"),
        PYTHONPATH=f"{migrated / 'broken'}:{os.getcwd()}",
    )
    ended = run("serve", env=env)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("The web 1 process could not start (exit code 1);")
