"""`fieldbeat routing serve`, `routing fit` and `routing forget`."""

import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from backend.config.checks import CannotStart
from backend.config.env import current
from backend.config.progress import Progress

Ready = Callable[[], AbstractContextManager[None]]


def add_to(app: typer.Typer, ready: Ready, out: Console) -> None:
    """Adds the commands; `ready` gives them a database."""
    routing = typer.Typer(
        no_args_is_help=True, help="Travel times: a road engine of your own, and what was learnt of yours."
    )
    app.add_typer(routing, name="routing")

    @routing.command()
    def serve(
        extract: Annotated[Path, typer.Argument(help="Roads from OpenStreetMap: a file that ends with .osm.pbf.")],
        port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 5000,
        host: Annotated[
            str, typer.Option(help="The address to listen on; the engine asks nobody who they are.")
        ] = "127.0.0.1",
        python: Annotated[Path | None, typer.Option(help="A Python of 3.12 or newer for the engine's package.")] = None,
        threads: Annotated[int | None, typer.Option(help="How many answers at once; one for each core.", min=1)] = None,
        only_prepare: Annotated[
            bool, typer.Option("--only-prepare", help="Install and make the map, then end.")
        ] = False,
    ) -> None:
        """Serve travel times from an extract of OpenStreetMap: installs OSRM beside the app, makes the map once, serves."""
        from backend.planning.travel.own_engine.osrm_engine import MOST_PLACES, EngineError, OwnEngine, check_port

        for word in (signal.SIGTERM, signal.SIGINT):
            signal.signal(word, signal.default_int_handler)  # a service manager ends it as Ctrl-C does
        try:
            if not only_prepare:
                check_port(host, port)
            with Progress(Console(stderr=True)) as progress:
                engine = OwnEngine(current().data_dir / "routing", progress.step)
                engine.install(python)
                made = engine.map_of(extract)
                if only_prepare:
                    return
                with engine.serving(made, host, port, threads) as process:
                    progress.done()
                    address = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  (compared with, not listened on)
                    sys.stdout.write(
                        f"FIELDBEAT_ROUTING=osrm FIELDBEAT_ROUTING_URL=http://{address}:{port} FIELDBEAT_ROUTING_BLOCK={MOST_PLACES}\n"
                    )
                    sys.stdout.flush()
                    out.print("Start Fieldbeat with these settings. Ctrl-C ends the engine.", highlight=False)
                    code = process.wait()
                    raise CannotStart(f"The engine ended with code {code}.")
        except EngineError as error:
            raise CannotStart(str(error)) from error
        except KeyboardInterrupt:
            out.print("The engine is stopped.", highlight=False)

    @routing.command()
    def fit(org: Annotated[str, typer.Argument(help="The org's short name.")]) -> None:
        """Learn now from check-ins how fast people get on; the job processes do it each week."""
        with ready():
            from backend.config.routing_page import fits_table
            from backend.identity.models import Org
            from backend.planning.travel.refit import ENOUGH_FOR_ORG, refit

            found = Org.objects.filter(slug=org).first()
            if found is None:
                raise CannotStart(f"There is no org {org}.")
            made = refit(found)
            if made:
                out.print(fits_table(made), highlight=False)
            else:
                out.print(
                    f"Fewer than {ENOUGH_FOR_ORG} drives between visits of one day are known yet: nothing to learn from.",
                    highlight=False,
                    soft_wrap=True,
                )

    @routing.command()
    def forget() -> None:
        """Forget what engines answered, as after a new map."""
        with ready():
            from backend.planning.travel.cache import forget_all

            out.print(f"{forget_all()} places are forgotten.", highlight=False)
