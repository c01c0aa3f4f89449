"""The commands' common door: options, errors in one line, exit codes."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mobile_client_stub.cli import alerts, look, orders, plan, session, work
from mobile_client_stub.cli.phone import HOME, Phone
from mobile_client_stub.errors import StubError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A rep's handheld: works offline, sends what you did when there is a way.",
)
for room in (session, look, alerts, plan, work, orders):
    room.add_to(app)


@app.callback()
def phone(
    context: typer.Context,
    home: Annotated[Path, typer.Option(envvar="FIELDBEAT_STUB_HOME", help="The folder that holds this phone.")] = HOME,
) -> None:
    """Opens the phone that the commands work on."""
    context.obj = Phone(home=home, server=None, out=Console())
    context.call_on_close(context.obj.close)


def main() -> None:
    """Runs the command line; what goes wrong is one line on standard error, and exit code 1."""
    try:
        app(prog_name="python -m mobile_client_stub")
    except StubError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
