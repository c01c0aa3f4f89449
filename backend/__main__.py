"""The command line: `fieldbeat serve` and its kin. Each command loads its own room only."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from backend.config import (
    alert_commands,
    document_commands,
    plan_commands,
    planning_commands,
    routing_commands,
    territory_commands,
)
from backend.config.boot import database, setup_django
from backend.config.checks import CannotStart, check_database, listen
from backend.config.env import SettingsError, current
from backend.config.progress import Progress
from backend.config.sync_commands import add_to
from backend.kit.embedded_postgres import EmbeddedError, Holder
from backend.kit.errors import DomainError

if TYPE_CHECKING:
    from backend.config.serve import Demo

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
_out = Console()
_err = Console(stderr=True)


@contextmanager
def _ready(holder: Holder = "command", *, migrated: bool = True) -> Iterator[None]:
    """Runs the block with a database and Django, refusing one that is empty or behind unless `migrated` is False.

    Its steps go to standard error, so that output can be piped."""
    with Progress(_err) as progress:
        quietly = progress.step if _err.is_terminal else lambda text: None
        with database(holder=holder, report=quietly):
            url = current().database_url
            if url is not None:
                check_database(url)
            setup_django()
            if migrated:
                _check_migrated()
            progress.done()
            yield


def _check_migrated() -> None:
    from django.db import connection

    from backend.config.migrations import check_not_behind, migration_state

    check_not_behind(migration_state())
    connection.close()


@app.command()
def serve() -> None:
    """Start everything: database, web, worker, and the demo at the first start."""
    from backend.config.serve import Supervisor

    Supervisor(current(), demo=_demo, console=_out).run()


def _demo() -> "Demo":
    from backend.config.serve import Demo
    from backend.demo.load import load_demo, sign_ins, wants_loading

    return Demo(wants_loading=wants_loading, load=load_demo, sign_ins=sign_ins)


@app.command()
def migrate() -> None:
    """Bring the database up to date with this program."""
    with _ready(migrated=False):
        from backend.config.migrations import migrate, migration_state

        with Progress(_out) as progress:
            progress.step("Bringing the database up to date")
            migrate(progress.detail)
        _out.print(f"The database is up to date ({len(migration_state().applied)} migrations).", highlight=False)


@app.command()
def web(
    fd: Annotated[int | None, typer.Option(hidden=True, help="An open listening socket.")] = None,
) -> None:
    """Serve HTTP and WebSocket in this process alone."""
    env = current()
    listening = listen(env.host, env.port) if fd is None else socket.socket(fileno=fd)
    with _ready("server"):
        from backend.config import web
        from backend.planning.solver import engine

        engine.warm_at_need()
        web.run(listening)


@app.command()
def worker() -> None:
    """Hand events to their handlers and send what waits."""
    with _ready("server"):
        from backend.config import worker

        worker.run()


@app.command()
def jobs() -> None:
    """Do the long work that was put off, such as the plans of a team."""
    with _ready("server"):
        from backend.config import traces
        from backend.config.wiring import SCHEDULES, TASKS
        from backend.jobs import worker
        from backend.planning.solver import engine

        engine.warm_beside()
        with traces.told("jobs"):
            worker.run(TASKS, SCHEDULES)


@app.command("dev-fcm")
def dev_fcm(port: Annotated[int, typer.Option(help="The port to listen on.")] = 9099) -> None:
    """Run a local server that speaks FCM v1, for machines without Firebase credentials."""
    from backend.notifications.devfcm.server import run

    run(port, current().data_dir / "dev-fcm")


@app.command("dev-push")
def dev_push(port: Annotated[int, typer.Option(help="The port to listen on.")] = 9098) -> None:
    """Run a local push service, to which browsers can be pointed in place of their maker's."""
    from backend.notifications.devpush.server import run

    run(port, current().data_dir / "dev-push")


@app.command()
def token(user: Annotated[str, typer.Argument(help="The name that signs in.")]) -> None:
    """Print a short-lived access token, for scripts."""
    with _ready():
        from backend.identity.tokens import access_token_for

        sys.stdout.write(access_token_for(user) + "\n")


@app.command("import")
def import_(
    mapping: Annotated[
        Path, typer.Argument(help="The mapping that says which column is what.", exists=True, dir_okay=False)
    ],
    file: Annotated[Path, typer.Argument(help="A .csv, .xlsx or .parquet file.", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    org: Annotated[str | None, typer.Option(help="The org's short name, when the mapping does not say.")] = None,
    on_error: Annotated[str | None, typer.Option(help="keep the good lines, or refuse the whole file.")] = None,
    report_file: Annotated[Path | None, typer.Option(help="Write every problem there, as JSON lines.")] = None,
) -> None:
    """Import a file through a mapping; the same file twice changes nothing."""
    with _ready():
        from backend.imports.run import run_import

        code = run_import(mapping, file, org=org, dry_run=dry_run, on_error=on_error, report_file=report_file)
    raise typer.Exit(code)


@app.command("demo-reset")
def demo_reset(
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before emptying a database that is not the embedded one.")
    ] = False,
) -> None:
    """Empty the database and load the demo again."""
    from backend.config.demo_reset import empty_database, refuse_production, refuse_while_serving

    refuse_production(current())
    if current().database_url is None:
        refuse_while_serving(current())
    elif not yes:
        typer.confirm("This empties the database of DATABASE_URL. Go on?", abort=True)
    with _ready(migrated=False), Progress(_out) as progress:
        progress.step("Emptying the database")
        empty_database(progress.detail)
        progress.step("Loading the demo")
        _demo().load(progress.step)


@app.command()
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the snapshot is what the program makes.")
    ] = False,
) -> None:
    """Write the GraphQL schema snapshot, or check it."""
    setup_django()
    from backend.schema.snapshot import main

    raise typer.Exit(main(check))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def manage(context: typer.Context) -> None:
    """Run one of Django's own commands."""
    with _ready(migrated=False):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["fieldbeat manage", *context.args])


add_to(app, _ready, _out)
routing_commands.add_to(app, _ready, _out)
planning_commands.add_to(app)
territory_commands.add_to(app)
plan_commands.add_to(app, _ready, _out)
alert_commands.add_to(app, _ready, _out)
document_commands.add_to(app, _ready, _out)


def main() -> None:
    """Runs the command line; a refusal is one line on standard error and an exit code that is not 0."""
    try:
        app()
    except SettingsError as error:
        for sentence in error.sentences:
            sys.stderr.write(f"{sentence}\n")
        sys.exit(2)
    except (CannotStart, EmbeddedError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except DomainError as error:
        sys.stderr.write(f"{error.message} ({error.code})\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
