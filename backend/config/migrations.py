"""How far the database is along the migrations of this program, and bringing it there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from backend.config.checks import CannotStart
from backend.kit.locks import Lock

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Migrations as (app, name): what the database has, what it misses, and what only a newer program knows."""

    applied: frozenset[Key]
    missing: tuple[Key, ...]
    unknown: tuple[Key, ...]


@cache
def _known() -> tuple[frozenset[Key], frozenset[str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations), frozenset(loader.migrated_apps)


def migration_state() -> MigrationState:
    """Reads the database; raises django.db.OperationalError when it is out of reach."""
    known, apps = _known()
    applied = frozenset(MigrationRecorder(connection).applied_migrations())
    return MigrationState(
        applied=applied,
        missing=tuple(sorted(known - applied)),
        unknown=tuple(sorted(key for key in applied - known if key[0] in apps)),
    )


def check_migrations(state: MigrationState) -> None:
    """Raises CannotStart when the database is behind this program, or ahead of it."""
    if state.unknown:
        app, name = state.unknown[0]
        raise CannotStart(
            f"The database is ahead of this Fieldbeat ({app}.{name} and {len(state.unknown) - 1} more are unknown); upgrade Fieldbeat."
        )
    check_not_behind(state)


def check_not_behind(state: MigrationState) -> None:
    """Raises CannotStart when the database lacks what this program needs; one that a newer program brought on will do."""
    if not state.applied:
        raise CannotStart(
            "The database is empty; `make run` or .venv/bin/fieldbeat migrate fills it. "
            "If you mean another, name it with FIELDBEAT_DATA_DIR or DATABASE_URL."
        )
    if state.missing:
        app, name = state.missing[0]
        raise CannotStart(
            f"The database is behind by {len(state.missing)} migrations (the first is {app}.{name}); "
            "make a backup, then run: .venv/bin/fieldbeat migrate"
        )


class _Lines(StringIO):
    """Passes on each whole line."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__()
        self._report = report
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            if line.strip().startswith("Applying"):
                self._report(line.strip().removeprefix("Applying ").removesuffix("... OK"))
        return len(text)


def migrate(report: Callable[[str], None]) -> None:
    """Applies what is missing; two processes may call it at once, and one waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [int(Lock.MIGRATE)])
        try:
            call_command("migrate", interactive=False, verbosity=1, no_color=True, stdout=_Lines(report))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [int(Lock.MIGRATE)])
