"""One chapter: some rounds of one seed in a database of its own, so that it goes the same whatever was played before."""

import os
import time
import traceback
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROUNDS = 25
"""How many rounds a chapter has: enough for a world to become untidy, few enough for it to stay small."""
TEMPLATE = "soak_template"


def uri_of(server: str, database: str) -> str:
    """Returns the address of another database of a server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def environment(server: str, database: str, folder: str) -> dict[str, str]:
    """Returns what makes Django use a database."""
    return {
        "DATABASE_URL": uri_of(server, database),
        "FIELDBEAT_DATA_DIR": folder,
        "FIELDBEAT_SECRET_KEY": "a secret that only the tests of Fieldbeat use",
        "FIELDBEAT_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    }


def begin(server: str, folder: str) -> None:
    """Prepares a process for chapters."""
    os.environ |= environment(server, f"soak_{os.getpid()}", folder)
    import django

    django.setup()


def play_chapter(server: str, seed: int, rounds: int) -> dict[str, Any]:
    """Plays; returns its figures, and under "failure" what went wrong, if anything did."""
    from django.db import connection

    from tests.factories import world
    from tests.sync.crowd.crowd import play

    connection.close()
    name = f"soak_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"'.encode())
    began = time.monotonic()
    try:
        figures: dict[str, Any] = dict(play(world.build(), seed=seed, rounds=rounds).figures())
    except Exception:  # noqa: BLE001 - it is told, with its story, by the process that counts
        figures = {"failure": traceback.format_exc().strip()}
    return {"seed": seed, "seconds": round(time.monotonic() - began, 1), **figures}
