"""Alerts: what you were told, also without a way; and reading one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from mobile_client_stub.cli import find
from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.wire import Row

NO_WORDS = "(its words are not for you)"


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (alerts, read):
        app.command(command.__name__)(command)


def alerts(context: typer.Context) -> None:
    """Show what you were told, newest first."""
    phone: Phone = context.obj
    device = phone.signed_in()
    found = device.alerts()
    if not found:
        phone.say("You were told of nothing.")
        return
    phone.out.print(shown(found, device.zone()))
    phone.say("`read NUMBER` marks one as read.")


def read(
    context: typer.Context,
    alert: Annotated[str, typer.Argument(help="A number of `alerts`, or its title.")],
) -> None:
    """Mark an alert as read."""
    phone: Phone = context.obj
    device = phone.signed_in()
    chosen = find.pick(device.alerts(), alert, title, "alert")
    device.read_alert(chosen["id"])
    phone.say(f"Read: {escape(title(chosen))}")
    phone.send()


def shown(found: Sequence[Row], zone: ZoneInfo) -> Table:
    """Returns alerts as a table, in the person's own time."""
    unread = sum(row["readAt"] is None for row in found)
    table = Table("", "when", "alert", "", title=f"Alerts: {len(found)}, unread {unread}")
    for number, row in enumerate(found, start=1):
        when = datetime.fromisoformat(row["occurredAt"]).astimezone(zone)
        mark = "" if row["readAt"] else "[bold]new[/bold]"
        words = f"{escape(title(row))}\n[dim]{escape(row.get('body', ''))}[/dim]"
        table.add_row(f"{number}", f"{when:%d %b %H:%M}", words, mark)
    return table


def title(row: Row) -> str:
    """Returns what an alert says in a line."""
    return str(row.get("title", NO_WORDS))
