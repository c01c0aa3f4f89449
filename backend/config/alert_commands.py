"""`fieldbeat alerts trace` and `fieldbeat alerts status`: why somebody was told, and how the queue stands."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from backend.notifications.delivery.figures import Figures

Ready = Callable[[], AbstractContextManager[None]]

_ROWS: "dict[str, Callable[[Figures], str]]" = {
    "oldest due": lambda one: "" if one.age is None else f"{one.age.total_seconds():.0f} s",
    "due": lambda one: f"{one.due}",
    "in flight": lambda one: f"{one.in_flight}",
    "put off": lambda one: f"{one.put_off}",
    "held": lambda one: "\n".join(f"{count} {reason}" for reason, count in sorted(one.held.items())),
    "sent": lambda one: f"{one.sent}",
    "failed": lambda one: f"{one.failed}",
    "gone": lambda one: f"{one.gone}",
    "suppressed": lambda one: f"{one.suppressed}",
    "pruned": lambda one: f"{one.pruned} ({one.unseen} unseen)" if one.unseen else f"{one.pruned}",
}
"""What is told of a channel."""


def add_to(app: typer.Typer, ready: Ready, out: Console) -> None:
    """Adds the commands; `ready` gives them a database."""
    alerts = typer.Typer(no_args_is_help=True, help="See why somebody was told, and how the queue stands.")
    app.add_typer(alerts, name="alerts")

    @alerts.callback()
    def _alerts() -> None: ...

    @alerts.command()
    def trace(
        notification: Annotated[str, typer.Argument(help="Its id, or the nid of the push: with dashes or without.")],
    ) -> None:
        """Tell one alert from the event to what the device said."""
        try:
            key = UUID(notification)
        except ValueError as error:
            raise typer.BadParameter(f"{notification} is no id.", param_hint="notification") from error
        with ready():
            from backend.notifications.delivery.story import lines
            from backend.notifications.delivery.trace import trace as traced

            for when, what in lines(traced(key)):
                at = "" if when is None else f"{when:%Y-%m-%d %H:%M:%S}"
                out.print(f"{at:19}  {what}", highlight=False, markup=False, soft_wrap=True)

    @alerts.command()
    def status(
        hours: Annotated[int, typer.Option(help="Count what ended in the last so many hours.", min=1, max=8784)] = 24,
    ) -> None:
        """Show what waits and why, for how long the oldest has been due, and what was sent, failed and pruned."""
        with ready():
            from backend.notifications.delivery.figures import figures

            found = figures(timedelta(hours=hours))
            # A column for each channel, for they are few and what is told of them is much.
            table = Table("", *(one.channel for one in found))
            for name, told in _ROWS.items():
                table.add_row(name, *(told(one) for one in found))
            out.print(table)
