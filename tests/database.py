"""The PostgreSQL of a test run, and the environment that makes Django use it."""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from backend.kit import embedded_postgres

_stops: list[embedded_postgres.EmbeddedServer] = []
_folders: list[Path] = []
_templates: list[str] = []


def begin() -> None:
    """Starts a server, unless TEST_DATABASE_URL names one, and points the settings at it; call it before Django is set up."""
    folder = Path(tempfile.mkdtemp(prefix="fieldbeat-tests-"))
    _folders.append(folder)
    for name in [name for name in os.environ if name.startswith("FIELDBEAT_")]:
        del os.environ[name]
    os.environ.pop("REDIS_URL", None)
    os.environ["FIELDBEAT_DATA_DIR"] = str(folder)
    os.environ["FIELDBEAT_SECRET_KEY"] = "a secret that only the tests of Fieldbeat use"
    os.environ["FIELDBEAT_LOG_LEVEL"] = "WARNING"
    if "TEST_DATABASE_URL" not in os.environ:
        server = embedded_postgres.start(folder, durable=False)
        _stops.append(server)
        # The workers of xdist are born with this environment and use the same server.
        os.environ["TEST_DATABASE_URL"] = server.uri
    if "TEST_TEMPLATE" not in os.environ:
        os.environ["TEST_TEMPLATE"] = f"fieldbeat_tests_{os.getpid()}"
        _templates.append(os.environ["TEST_TEMPLATE"])
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"


def end() -> None:
    """Stops what this process started."""
    while _templates:
        template = _templates.pop()
        if not _stops:
            _forget(template)
    while _stops:
        _stops.pop().stop()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def _forget(template: str) -> None:
    """Drops the template that copies were made of (tests.copies) from a cluster that outlives the run."""
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as line:
        line.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(template)))
