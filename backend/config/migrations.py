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
    """Migrations as (app, name): what the database has, what it misses, and what only a newer program knows.

    `halfway`: those that stand in the place of several earlier ones, of which the database has some and lacks others.
    """

    applied: frozenset[Key]
    missing: tuple[Key, ...]
    unknown: tuple[Key, ...]
    halfway: tuple[Key, ...] = ()


@cache
def _known() -> tuple[dict[Key, frozenset[Key]], frozenset[str]]:
    """Returns the migrations of this program, each with those it replaces; and the apps that have any."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {key: frozenset(one.replaces) for key, one in loader.disk_migrations.items()}, frozenset(
        loader.migrated_apps
    )


def migration_state() -> MigrationState:
    """Reads the database; raises django.db.OperationalError when it is out of reach."""
    known, apps = _known()
    applied = frozenset(MigrationRecorder(connection).applied_migrations())
    replaced = frozenset[Key]().union(*known.values())
    done = applied | {key for key, earlier in known.items() if earlier and earlier <= applied}
    return MigrationState(
        applied=done - replaced,
        missing=tuple(sorted(known.keys() - done)),
        unknown=tuple(sorted(key for key in done - replaced - known.keys() if key[0] in apps)),
        halfway=tuple(sorted(key for key in known.keys() - done if known[key] & applied)),
    )


def check_not_halfway(state: MigrationState) -> None:
    """Raises CannotStart for a database of before the first release that is not at its end; Django would pass over it silently."""
    if state.halfway:
        app, _ = state.halfway[0]
        raise CannotStart(
            f"The database was made by a Fieldbeat of before the first release (its {app} is unfinished), and no way leads on from there; "
            "make a new one, or bring it to the end with the version that made it."
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
    check_not_halfway(state)
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
    """Applies what is missing; two processes may call it at once, and one waits. Raises CannotStart where no way leads on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [int(Lock.MIGRATE)])
        try:
            check_not_halfway(migration_state())
            call_command("migrate", interactive=False, verbosity=1, no_color=True, stdout=_Lines(report))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [int(Lock.MIGRATE)])
