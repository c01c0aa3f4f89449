"""Brings the database to where a server can start on it: running, up to date, and with the demo when it is wanted."""

from collections.abc import Callable

from backend.config.boot import setup_django
from backend.config.checks import CannotStart, check_database
from backend.config.env import Env
from backend.config.migrations import check_migrations, migrate, migration_state
from backend.config.progress import Progress
from backend.kit import embedded_postgres
from backend.kit.embedded_postgres import EmbeddedError, EmbeddedServer

Report = Callable[[str], None]


def start_database(env: Env, report: Report) -> EmbeddedServer | None:
    """Starts the embedded server, or checks the one of DATABASE_URL (None then); raises CannotStart."""
    if env.database_url is None:
        try:
            return embedded_postgres.start(env.data_dir, report=report)
        except EmbeddedError as error:
            raise CannotStart(str(error)) from error
    report("Reaching the database")
    check_database(env.database_url)
    return None


def bring_up_to_date(progress: Progress, *, embedded: bool) -> None:
    """Sets Django up and migrates a database of our own, or an empty one; raises CannotStart when another is behind or ahead."""
    progress.step("Loading the program")
    setup_django()
    state = migration_state()
    if state.missing and (embedded or not state.applied) and not state.unknown:
        progress.step(f"Migrating the database ({len(state.missing)} migrations)")
        migrate(progress.detail)
    else:
        check_migrations(state)
