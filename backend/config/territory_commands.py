"""`fieldbeat territories balance`: accounts of a file cut into territories. Needs no database."""

import csv
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

_MAP_ENDINGS = (".svg", ".png", ".geojson")


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    territories = typer.Typer(no_args_is_help=True, help="Cut accounts into territories.")
    app.add_typer(territories, name="territories")

    @territories.callback()
    def about() -> None:
        """Cut accounts into territories."""

    @territories.command()
    def balance(
        file: Annotated[
            Path,
            typer.Argument(
                help="A CSV with columns id, x and y (or lat and lon), and the measure.", exists=True, dir_okay=False
            ),
        ],
        k: Annotated[int, typer.Option("--k", min=1, help="How many territories.")],
        by: Annotated[
            str,
            typer.Option(
                help="The column to balance; count for accounts, workload also from columns visits and minutes."
            ),
        ] = "count",
        capacity: Annotated[
            float | None,
            typer.Option(
                help="At most so much in one territory, around one of its accounts, and the least distance in all."
            ),
        ] = None,
        seed: Annotated[int, typer.Option(help="The same seed gives the same territories.")] = 1,
        tolerance: Annotated[
            float | None,
            typer.Option(min=0.0001, max=1.0, help="Share off the mean; 0.03, and 0.05 when something stands already."),
        ] = None,
        current: Annotated[
            str | None,
            typer.Option(help="The column with the territory of today: as few accounts as can be are moved."),
        ] = None,
        pin: Annotated[str | None, typer.Option(help="The column with the territory an account must stay in.")] = None,
        round_down: Annotated[
            bool, typer.Option("--round-down", help="With a capacity: distances without their fraction.")
        ] = False,
        cpu_seconds: Annotated[
            float | None,
            typer.Option(
                min=0.01, help="With a capacity: search so long; otherwise so many steps, the same everywhere."
            ),
        ] = None,
        figures: Annotated[Path | None, typer.Option(help="Write the figures there, not to standard error.")] = None,
        map_: Annotated[
            Path | None, typer.Option("--map", help="Draw the territories: a file that ends in .svg, .png or .geojson.")
        ] = None,
    ) -> None:
        """Print id,territory for each account, and the figures (JSON) on standard error."""
        if map_ is not None and map_.suffix.lower() not in _MAP_ENDINGS:
            raise typer.BadParameter(f"--map takes a file that ends in {', '.join(_MAP_ENDINGS)}")
        from backend.territories.balance.propose import propose

        found = propose(
            file,
            k=k,
            by=by,
            capacity=capacity,
            seed=seed,
            tolerance=tolerance,
            current=current,
            pin=pin,
            whole=round_down,
            cpu_seconds=cpu_seconds,
        )
        if map_ is not None:
            from backend.territories.balance.draw import draw_to

            draw_to(map_, found)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["id", "territory"])
        writer.writerows(zip(found.table.ids, found.labels_of_accounts(), strict=True))
        text = json.dumps(found.figures, indent=2, ensure_ascii=False) + "\n"
        if figures is None:
            sys.stderr.write(text)
        else:
            figures.write_text(text, encoding="utf-8")
