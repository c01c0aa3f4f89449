"""What keeps a server from starting is told in one line, with an exit code that is not 0."""

import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from backend.kit import embedded_postgres
from tests.config.serving import environment, free_port, run


def _refused(**given: str) -> str:
    ended = run("serve", env=environment(**{"FIELDBEAT_PORT": str(free_port())} | given))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_wrong_settings_are_all_named_with_exit_code_2() -> None:
    ended = run("serve", env=environment(DATABASE_URL="sqlite:///crm.db", FIELDBEAT_PORT="many"))
    assert ended.returncode == 2
    assert [line.split()[0] for line in ended.stderr.splitlines()] == ["DATABASE_URL", "FIELDBEAT_PORT=many"]


@pytest.mark.parametrize("words", [("migrate",), ("token", "ana"), ("worker",), ("web",), ("manage", "check")])
def test_every_command_refuses_wrong_settings(words: tuple[str, ...]) -> None:
    ended = run(*words, env=environment(FIELDBEAT_DB_POOL="0"))
    assert (ended.returncode, ended.stderr.splitlines()) == (
        2,
        ["FIELDBEAT_DB_POOL=0 is out of range; write a whole number from 1 to 100."],
    )


def test_a_busy_port(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        said = _refused(FIELDBEAT_PORT=str(port), FIELDBEAT_DATA_DIR=str(folder / "data"))
    assert said.startswith(f"Port {port} of 127.0.0.1 is in use;")
    assert f"PORT={port}" not in said
    assert not (folder / "data" / "postgres").exists()


def test_an_address_of_another_machine(folder: Path) -> None:
    said = _refused(FIELDBEAT_HOST="192.0.2.1", FIELDBEAT_DATA_DIR=str(folder))
    assert said.startswith("FIELDBEAT_HOST=192.0.2.1 is not an address of this machine;")


def test_an_unwritable_data_folder(folder: Path) -> None:
    (folder / "file").write_text("")
    said = _refused(FIELDBEAT_DATA_DIR=str(folder / "file" / "data"))
    assert said.startswith(f"The data folder {folder}/file/data cannot be written (Not a directory);")


def test_an_unreachable_database(folder: Path) -> None:
    url = f"postgresql://ana:hunter2@127.0.0.1:{free_port()}/crm"
    said = _refused(DATABASE_URL=url, FIELDBEAT_DATA_DIR=str(folder))
    assert said.startswith("The database of DATABASE_URL cannot be reached:")
    assert "hunter2" not in said


def test_an_unreachable_redis(folder: Path, database: str) -> None:
    said = _refused(
        DATABASE_URL=database, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", FIELDBEAT_DATA_DIR=str(folder)
    )
    assert said.startswith("The Redis of REDIS_URL cannot be reached;")


def test_a_database_older_than_15(folder: Path) -> None:
    with _old_postgres() as port:
        said = _refused(DATABASE_URL=f"postgresql://ana@127.0.0.1:{port}/crm", FIELDBEAT_DATA_DIR=str(folder))
    assert said == "The database is PostgreSQL 14, and Fieldbeat needs 15 or newer; upgrade it first."


def test_a_database_that_is_behind(folder: Path, database: str) -> None:
    _mark(database, "identity", "0001_tables")
    said = _refused(DATABASE_URL=database, FIELDBEAT_DATA_DIR=str(folder))
    assert re.match(r"The database is behind by \d+ migrations \(the first is admin\.0001_initial\);", said)
    assert said.endswith(".venv/bin/fieldbeat migrate")


@pytest.mark.parametrize("words", [("web",), ("worker",), ("token", "ana")])
def test_every_command_refuses_a_database_that_is_behind(words: tuple[str, ...], folder: Path, database: str) -> None:
    env = environment(DATABASE_URL=database, FIELDBEAT_DATA_DIR=str(folder), FIELDBEAT_PORT=str(free_port()))
    empty = run(*words, env=env)
    assert (empty.returncode, len(empty.stderr.splitlines())) == (1, 1)
    assert empty.stderr.startswith("The database is empty; `make run` or .venv/bin/fieldbeat migrate fills it.")
    _mark(database, "identity", "0001_tables")
    behind = run(*words, env=env)
    assert behind.returncode == 1
    assert re.match(r"The database is behind by \d+ migrations", behind.stderr)
    assert len(behind.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("serve",), ("migrate",), ("token", "ana")])
def test_a_database_that_stopped_before_the_first_release(words: tuple[str, ...], folder: Path, database: str) -> None:
    _mark(database, "identity", "0002_touch")
    env = environment(DATABASE_URL=database, FIELDBEAT_DATA_DIR=str(folder), FIELDBEAT_PORT=str(free_port()))
    ended = run(*words, env=env)
    assert ended.returncode == 1
    said = ended.stderr.splitlines()[-1]
    assert said.startswith(
        "The database was made by a Fieldbeat of before the first release (its identity is unfinished)"
    )
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM django_migrations").fetchone() == (1,)


def test_a_database_that_is_ahead(folder: Path, database: str) -> None:
    _mark(database, "crm", "9999_of_next_year")
    said = _refused(DATABASE_URL=database, FIELDBEAT_DATA_DIR=str(folder))
    assert said.startswith("The database is ahead of this Fieldbeat (crm.9999_of_next_year and 0 more are unknown);")


def test_a_database_in_another_encoding(folder: Path) -> None:
    with _database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0") as url:
        said = _refused(DATABASE_URL=url, FIELDBEAT_DATA_DIR=str(folder))
    assert said.startswith("The database keeps its text as LATIN1, and Fieldbeat needs UTF8;")


def test_a_data_folder_that_another_server_holds(folder: Path) -> None:
    server = embedded_postgres.start(folder, durable=False)
    said = _refused(FIELDBEAT_DATA_DIR=str(folder))
    server.stop()
    assert said == (f"Another Fieldbeat (process {os.getpid()}) is using the data folder {folder}; stop it first.")


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database of its own on the server of the tests."""
    with _database("") as url:
        yield url


@contextmanager
def _database(options: str) -> Iterator[str]:
    server = os.environ["TEST_DATABASE_URL"]
    name = f"refusal_{os.getpid()}_{free_port()}"
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} ").format(sql.Identifier(name)) + sql.SQL(options))
        try:
            info = psycopg.conninfo.conninfo_to_dict(make_conninfo(server, dbname=name))
            yield "postgresql:///?" + "&".join(f"{key}={_quoted(str(value))}" for key, value in info.items())
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _quoted(text: str) -> str:
    return "".join(letter if letter.isalnum() else f"%{ord(letter):02X}" for letter in text)


def _mark(url: str, app: str, name: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE django_migrations (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
            "app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL)"
        )
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [app, name])


@contextmanager
def _old_postgres() -> Iterator[int]:
    """Greets as a PostgreSQL 14 would, which no machine of ours runs any more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            client, _ = listening.accept()
            with client:
                first = client.recv(1024)
                if struct.unpack("!I", first[4:8])[0] == 80877103:  # asks for TLS
                    client.sendall(b"N")
                    client.recv(1024)
                client.sendall(
                    _message(b"R", struct.pack("!I", 0))
                    + _message(b"S", b"server_version\x0014.9\x00")
                    + _message(b"S", b"server_encoding\x00UTF8\x00")
                    + _message(b"S", b"client_encoding\x00UTF8\x00")
                    + _message(b"K", struct.pack("!II", 1, 1))
                    + _message(b"Z", b"I")
                )
                client.recv(1024)

        thread = threading.Thread(target=greet)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=60)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body
