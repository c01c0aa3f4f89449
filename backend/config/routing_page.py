"""What `fieldbeat routing fit` learnt, as a table for people."""

from collections.abc import Sequence

from rich.table import Table

from backend.planning.travel.choose import profile_from
from backend.planning.travel.models import TravelProfile


def fits_table(made: Sequence[TravelProfile]) -> Table:
    """Returns a line for each fit: whose, on what, and how far estimates of unseen drives were off before and with it."""
    table = Table(box=None)
    for column in ("of", "drives", "with a pause", "1 km", "3 km", "10 km", "off before", "off now", "in use"):
        table.add_column(column, justify="left" if column in ("of", "in use") else "right")
    for one in made:
        profile = profile_from(one)
        minutes = (f"{profile.minutes(metres):.1f} min" for metres in (1_000, 3_000, 10_000))
        table.add_row(
            "the whole org" if one.rep is None else one.rep.name_shown,
            f"{one.drives:,}",
            f"{one.pauses:.0%}",
            *minutes,
            f"{one.error_before:.0f} %",
            f"{one.error_after:.0f} %",
            "yes" if one.adopted else "no, the one before was better",
        )
    return table
