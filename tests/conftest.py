"""Starts one PostgreSQL for the whole run, before Django reads its settings."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from backend.kit import embedded_postgres

_stops: list[embedded_postgres.EmbeddedServer] = []
_folders: list[Path] = []


def _begin() -> None:
    folder = Path(tempfile.mkdtemp(prefix="fieldbeat-tests-"))
    _folders.append(folder)
    os.environ["FIELDBEAT_DATA_DIR"] = str(folder)
    os.environ["FIELDBEAT_SECRET_KEY"] = "a secret that only the tests of Fieldbeat use"
    if "TEST_DATABASE_URL" not in os.environ:
        server = embedded_postgres.start(folder, durable=False)
        _stops.append(server)
        # The workers of xdist are born with this environment and use the same server.
        os.environ["TEST_DATABASE_URL"] = server.uri
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    os.environ["FIELDBEAT_LOG_LEVEL"] = "WARNING"
    for name in (
        "REDIS_URL",
        "FIELDBEAT_ENV",
        "FIELDBEAT_FCM_CREDENTIALS",
        "FIELDBEAT_FCM_URL",
        "FIELDBEAT_ALLOWED_HOSTS",
    ):
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"


# At import, because the conftest files below this one import models at theirs.
_begin()

import django  # noqa: E402

django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what this process started."""
    del config
    while _stops:
        _stops.pop().stop()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)
