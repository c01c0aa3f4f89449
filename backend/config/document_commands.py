"""`fieldbeat documents`: which GraphQL documents the builds of clients may name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

Ready = Callable[[], AbstractContextManager[None]]
App = Annotated[str, typer.Option("--app", help="The name of the app.")]
Build = Annotated[str, typer.Option("--build", help="The name of the build.")]


def add_to(app: typer.Typer, ready: Ready, out: Console) -> None:
    """Adds the commands; `ready` gives them a database."""
    documents = typer.Typer(no_args_is_help=True, help="Which GraphQL documents the builds of clients may name.")
    app.add_typer(documents, name="documents")

    @documents.command()
    def add(
        file: Annotated[
            Path,
            typer.Argument(
                help="persisted-documents.json (codegen, Relay), or persisted-query-manifest.json (Apollo).",
                exists=True,
                dir_okay=False,
            ),
        ],
        app: App,
        build: Build,
    ) -> None:
        """Make a build's documents known, all or none."""
        with ready():
            from backend.clients import manifest, rules
            from backend.clients.actions import add_build
            from backend.schema.api import schema
            from backend.schema.trusted import trouble

            texts = manifest.read(file.read_text(encoding="utf-8"))
            wrong = [f"{key[:12]} {line}" for key, text in texts.items() for line in trouble(schema._schema, text)]
            if wrong:
                raise rules.bad_manifest("\n".join(("Nothing was added; this server does not answer:", *wrong)))
            new = add_build(app=app, build=build, documents=texts)
            what = f"{len(texts)} documents" if new else "just so, it was here already"
            out.print(f"{app} {build}: {what}.", highlight=False, markup=False)

    @documents.command("list")
    def list_() -> None:
        """Show the builds, the newest first."""
        with ready():
            from backend.clients.queries import builds

            table = Table("App", "Build", "Documents", "Added", "Retired")
            for one in builds():
                gone = one.retired_at.isoformat(timespec="minutes") if one.retired_at else ""
                table.add_row(one.app, one.build, str(one.documents), one.added_at.isoformat(timespec="minutes"), gone)
            out.print(table, highlight=False)

    @documents.command()
    def retire(app: App, build: Build) -> None:
        """End a build: what only it asked is refused, and its phones are told to install a newer one."""
        with ready():
            from backend.clients.actions import retire_build

            done = retire_build(app=app, build=build)
            out.print(f"{app} {build} {'is' if done else 'was'} retired.", highlight=False, markup=False)
