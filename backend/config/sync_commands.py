"""`fieldbeat sync status`, `sync keep` and `new-epoch`."""

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer
from rich.console import Console

Ready = Callable[[], AbstractContextManager[None]]

_ABOUT_EPOCH = (
    "A new epoch makes every phone fetch anew all that its person may see, at its next pull. Nothing a phone has not sent yet "
    "is lost. Do this after the database was restored from a backup. The change log is emptied: nobody needs the old one."
)


def add_to(app: typer.Typer, ready: Ready, out: Console) -> None:
    """Adds the commands; `ready` gives them a database."""
    sync = typer.Typer(no_args_is_help=True, help="See how sync stands, and tidy its log.")
    app.add_typer(sync, name="sync")

    @sync.command()
    def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False) -> None:
        """Show the size of the change log, the devices behind, open conflicts and the like."""
        with ready():
            from backend.config.sync_page import table
            from backend.sync.status import status as look

            found = look()
            if as_json:
                sys.stdout.write(json.dumps(found.as_json(), indent=2) + "\n")
            else:
                out.print(table(found), highlight=False)

    @sync.command()
    def keep() -> None:
        """Do now what the worker does every five minutes: close, thin and drop parts of the log, forget who is idle."""
        with ready():
            from backend.sync.retention import keep as tidy

            kept = tidy()
            if kept is None:
                out.print("Another process is at it already.", highlight=False)
            else:
                out.print(kept.told(), highlight=False)

    @app.command("new-epoch")
    def new_epoch(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
        """Make every phone start from what is really here: after a restore from a backup."""
        if not yes:
            typer.echo(_ABOUT_EPOCH)
            typer.confirm("Go on?", abort=True)
        with ready():
            from backend.sync.epoch import begin_anew

            out.print(f"The new epoch is {begin_anew()}; the change log is empty.", highlight=False)
