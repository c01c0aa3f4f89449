"""The embedded PostgreSQL: owned by one, lent to others, and safe against being killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from backend.kit import embedded_postgres
from backend.kit.embedded_postgres import EmbeddedError, EmbeddedServer, InUse
from tests.config.serving import until


@pytest.fixture(scope="module")
def _data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fb-"))
    _start(folder).stop()
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
def made(folder: Path, _data: Path) -> Path:
    """The folder, with data that a server was started on before: making them takes longer than all else here."""
    subprocess.run(["/bin/cp", "-a", str(_data), str(folder)], check=True)
    return folder


def _start(folder: Path) -> EmbeddedServer:
    return embedded_postgres.start(folder, durable=False)


def _note(uri: str, text: str) -> None:
    with psycopg.connect(uri) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def _notes(uri: str) -> list[str]:
    with psycopg.connect(uri) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def test_it_is_a_utf8_postgresql_18_that_nobody_reaches_over_the_network(folder: Path) -> None:
    server = _start(folder)
    with psycopg.connect(server.uri) as connection:
        rows = connection.execute(
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'), "
            "current_setting('listen_addresses'), current_setting('jit'), lower('ÄŁŽ')"
        ).fetchone()
    mode = (folder / "postgres").stat().st_mode & 0o777
    server.stop()
    assert rows == (18, "UTF8", "", "off", "äłž")
    assert mode == 0o700


def test_data_survives_a_stop(made: Path) -> None:
    first = _start(made)
    _note(first.uri, "kept")
    first.stop()
    second = _start(made)
    assert _notes(second.uri) == ["kept"]
    second.stop()


def test_stopping_ends_open_sessions_and_may_be_done_twice(made: Path) -> None:
    server = _start(made)
    open_session = psycopg.connect(server.uri)
    server.stop()
    server.stop()
    assert not server.alive()
    with pytest.raises(psycopg.OperationalError):
        open_session.execute("SELECT 1")
    open_session.close()


def test_a_second_owner_is_refused_and_told_who_has_it(made: Path) -> None:
    server = _start(made)
    with pytest.raises(InUse, match=f"process {os.getpid()}"):
        _start(made)
    server.stop()


def test_who_attaches_leaves_the_server_running(made: Path) -> None:
    owner = _start(made)
    assert embedded_postgres.serving(made)
    guest = embedded_postgres.attach_or_start(made)
    assert (guest.owned, guest.uri) == (False, owner.uri)
    guest.stop()
    _note(owner.uri, "still here")
    owner.stop()
    assert not embedded_postgres.serving(made)


def test_a_command_alone_starts_the_server_and_stops_it(made: Path) -> None:
    command = embedded_postgres.attach_or_start(made)
    assert command.owned
    assert not embedded_postgres.serving(made)
    command.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(command.uri)


def test_a_second_command_waits_for_the_first(made: Path) -> None:
    first = embedded_postgres.attach_or_start(made)
    script = (
        "import sys; from pathlib import Path; from backend.kit import embedded_postgres as e\n"
        "s = e.attach_or_start(Path(sys.argv[1]), report=lambda t: print(t, flush=True)); print(s.owned); s.stop()"
    )
    second = subprocess.Popen([sys.executable, "-c", script, str(made)], stdout=subprocess.PIPE, text=True)
    assert second.stdout is not None
    assert second.stdout.readline() == (
        f"Waiting for another fieldbeat command (process {os.getpid()}) to finish with the database\n"
    )
    first.stop()
    said = second.communicate(timeout=60)[0]
    assert (second.returncode, said.splitlines()[-1]) == (0, "True")


def test_a_folder_too_deep_for_a_socket_works_too(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / "with, comma and space"
    server = _start(deep)
    _note(server.uri, "reached")
    assert _notes(embedded_postgres.uri(deep)) == ["reached"]
    assert server.socket_dir is not None
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700
    server.stop()
    assert not server.socket_dir.exists()


def test_committed_data_survives_kill_9_of_the_whole_server(made: Path) -> None:
    first = embedded_postgres.start(made)
    _note(first.uri, "committed")
    assert first.process is not None
    first.process.kill()
    first.stop()
    assert (made / "postgres" / "postmaster.pid").exists()
    second = embedded_postgres.start(made)
    assert _notes(second.uri) == ["committed"]
    second.stop()


def test_a_stale_number_that_now_belongs_to_somebody_else_is_no_hindrance(made: Path) -> None:
    # PostgreSQL by itself gives way to any living process of its own account.
    account = (made / "postgres").stat().st_uid
    other = subprocess.Popen(["/bin/sleep", "600"], user=account if os.geteuid() == 0 else None)
    (made / "postgres" / "postmaster.pid").write_text(f"{other.pid}\n{made}/postgres\n")
    second = _start(made)
    _note(second.uri, "started")
    second.stop()
    assert other.poll() is None, "somebody else was ended"
    other.kill()
    other.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell a child of its parent's end")
def test_the_server_ends_when_its_owner_is_killed(made: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from backend.kit import embedded_postgres as e\n"
        "s = e.start(Path(sys.argv[1])); print(s.process.pid, flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(made)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    database = psutil.Process(int(owner.stdout.readline()))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    until(lambda: not psutil.pid_exists(database.pid) or database.status() == psutil.STATUS_ZOMBIE, "the server's end")
    server = _start(made)
    server.stop()


def test_a_kill_while_the_database_is_made_leaves_nothing_that_looks_like_one(folder: Path) -> None:
    half = folder / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = _start(folder)
    _note(server.uri, "made anew")
    server.stop()
    assert not half.exists()


def test_a_database_of_another_major_version_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 16"):
        _start(folder)


def test_a_folder_that_cannot_be_made_is_refused(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedError, match="cannot be written"):
        _start(folder / "file" / "data")


def test_a_server_that_cannot_start_says_why(made: Path) -> None:
    (made / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="did not start"):
        _start(made)


def test_two_servers_do_not_meet(folder: Path) -> None:
    one, two = _start(folder / "one"), _start(folder / "two")
    _note(one.uri, "one")
    _note(two.uri, "two")
    assert (_notes(one.uri), _notes(two.uri)) == (["one"], ["two"])
    one.stop()
    two.stop()
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(OSError, match="No such file"):
        probe.connect(str(folder / "one" / "postgres" / ".s.PGSQL.5432"))
