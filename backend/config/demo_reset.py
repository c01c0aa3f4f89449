"""Empties the database, so that the demo can be loaded anew."""

from collections.abc import Callable

from django.db import connection

from backend.config.checks import CannotStart
from backend.config.env import Env
from backend.config.migrations import migrate
from backend.kit.embedded_postgres import serving


def refuse_while_serving(env: Env) -> None:
    """Raises CannotStart while a server uses the data folder: phones would see its tables vanish."""
    if serving(env.data_dir):
        raise CannotStart(f"A Fieldbeat is running on {env.data_dir}; stop it, then reset the demo.")


def refuse_production(env: Env) -> None:
    """Raises CannotStart in production: what is there is somebody's work, and a habit of --yes is soon made."""
    if env.production:
        raise CannotStart("This is production (FIELDBEAT_ENV): its database is not emptied for the demo.")


def empty_database(report: Callable[[str], None]) -> None:
    """Drops all tables of the schema `public` and makes them anew, empty."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    migrate(report)
