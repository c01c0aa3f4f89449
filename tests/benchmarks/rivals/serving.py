"""Starts ours and the rivals over one database; each connection says whose it is."""

import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from tests.benchmarks.rivals import environments
from tests.benchmarks.running import Running, free_port


def named(database: str, name: str) -> Mapping[str, str]:
    """Returns the environment in which a rival finds the database, and says that it is its."""
    parts = conninfo_to_dict(database)
    return {
        "PGHOST": str(parts["host"]),
        "PGUSER": str(parts["user"]),
        "PGDATABASE": str(parts["dbname"]),
        "PGAPPNAME": name,
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }


def fieldbeat(database: str, folder: Path, **settings: str) -> Running:
    """Starts one web process of ours, as `fieldbeat serve` does."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(2048)
        listening.set_inheritable(True)
        port, fd = int(listening.getsockname()[1]), listening.fileno()
        environment = {
            "DATABASE_URL": f"{database}&application_name={quote('bench-fieldbeat')}",
            "PYTHONPATH": os.pathsep.join(sys.path),
            **settings,
        }
        words = [sys.executable, "-m", "backend", "web", "--fd", str(fd)]
        return Running("bench-fieldbeat", words, port, folder / "fieldbeat.log", environment, (fd,), "/readyz").start()


def asgi(name: str, app: str, database: str, folder: Path, **settings: str) -> Running:
    """Starts a rival in Python on uvicorn, set as ours is."""
    port = free_port()
    words = [
        *(str(environments.python()), "-m", "uvicorn", app, "--app-dir", str(environments.SERVERS)),
        *("--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"),
        *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--lifespan", "off"),
        # A loop that is busy for long must not take its listeners for dead.
        *("--ws-ping-interval", "60", "--ws-ping-timeout", "60"),
        *("--no-access-log", "--log-level", "error", "--no-server-header", "--backlog", "4096"),
    ]
    return Running(name, words, port, folder / f"{name}.log", {**named(database, name), **settings}).start()


def node(name: str, program: str, database: str, folder: Path, *words: str) -> Running:
    """Starts a rival in JavaScript."""
    port = free_port()
    line = [str(environments.node()), str(environments.FOLDER / "node" / program), str(port), *words]
    return Running(name, line, port, folder / f"{name}.log", named(database, name)).start()
