"""Looking: today, nearby, accounts, opportunities, outbox, conflicts, watch. All but watch work offline."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from mobile_client_stub.cli import find, show
from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere
from mobile_client_stub.view import Deal
from mobile_client_stub.watch import Event


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (today, attachments, nearby, accounts, opportunities, outbox, conflicts, watch):
        app.command(command.__name__)(command)


def today(
    context: typer.Context,
    day: Annotated[str | None, typer.Argument(help="today, tomorrow or YYYY-MM-DD.")] = None,
) -> None:
    """Show the visits and appointments of a day."""
    phone: Phone = context.obj
    device = phone.signed_in()
    wanted = find.day(day, device.local_day())
    stops = device.today(wanted)
    if stops:
        phone.out.print(show.day(stops, f"{wanted:%A %d %B}", device.zone()))
    else:
        phone.say(f"Nothing is planned for {wanted:%A %d %B}; `plan` proposes a day.")
    if meetings := device.meetings(wanted):
        phone.out.print(show.meetings(meetings, device.zone()))
    phone.tell_unsent()


def attachments(
    context: typer.Context,
    visit: Annotated[
        str | None, typer.Argument(help="A number of `today` or a name; without it, where you are.")
    ] = None,
) -> None:
    """Show the photos, signatures and documents of a visit."""
    phone: Phone = context.obj
    device = phone.signed_in()
    found = device.attachments(find.visit(device, visit)["id"])
    if found:
        phone.out.print(show.attachments(found, device.files_refused(), device.zone()))
    else:
        phone.say("Nothing is attached to this visit; `photo` and `signature` do.")


def nearby(
    context: typer.Context,
    where: Annotated[
        str | None, typer.Argument(help="LAT,LNG or an account; without it, where you are or start from.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 10,
) -> None:
    """Show the nearest accounts."""
    phone: Phone = context.obj
    device = phone.signed_in()
    name, (lat, lng) = _spot(device, where)
    phone.out.print(show.places(device.nearby(lat, lng, count), f"Near {name}"))
    phone.tell_unsent()


def _spot(device: Device, where: str | None) -> tuple[str, tuple[float, float]]:
    if where is None:
        return _here(device)
    if "," in where and where.replace(",", "").replace(".", "").replace("-", "").strip().isdigit():
        return where, find.point(where)
    place = find.place(device, where)
    if place.point is None:
        raise NotHere(f"Nobody knows where {place.name} is; give LAT,LNG.")
    return place.name, place.point


def _here(device: Device) -> tuple[str, tuple[float, float]]:
    for stop in device.today():
        if stop.visit["state"] == "in_progress" and stop.place and stop.place.point:
            return stop.place.name, stop.place.point
    with device.screen() as view:
        me = view.person()
    if me is not None and me["startLat"] is not None:
        return "where you start", (float(me["startLat"]), float(me["startLng"]))
    raise NotHere("This phone does not know where you are: give LAT,LNG or an account.")


def accounts(context: typer.Context, words: Annotated[str, typer.Argument(help="A part of the name.")] = "") -> None:
    """Show your accounts by name."""
    phone: Phone = context.obj
    found = [place for place in phone.signed_in().accounts() if words.casefold() in place.name.casefold()]
    phone.out.print(show.places(found, f"Accounts: {len(found)}"))
    phone.tell_unsent()


def open_deals(device: Device) -> list[Deal]:
    """Returns the opportunities that are neither won nor lost, as `opportunities` numbers them."""
    return [deal for deal in device.opportunities() if deal.stage is None or deal.stage["category"] == "open"]


def opportunities(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Won and lost ones too.")] = False,
) -> None:
    """Show your opportunities by stage."""
    phone: Phone = context.obj
    device = phone.signed_in()
    found = device.opportunities() if everything else open_deals(device)
    phone.out.print(show.deals(found, f"Opportunities: {len(found)}"))
    phone.tell_unsent()


def outbox(context: typer.Context) -> None:
    """Show what is not sent yet."""
    phone: Phone = context.obj
    device = phone.signed_in()
    entries = device.outbox()
    if entries:
        phone.out.print(show.outbox(entries, device.zone()))
    else:
        phone.say("The outbox is empty: everything is sent.")


def conflicts(context: typer.Context) -> None:
    """Show what did not go through as you sent it."""
    phone: Phone = context.obj
    device = phone.signed_in()
    found = device.conflicts()
    if found:
        with device.screen() as view:
            phone.out.print(show.issues(found, f"Did not go through as sent: {len(found)}", view))
        phone.say("`resolve NUMBER` leaves one as it stands; --keep-mine writes yours over it; --retry tries it again.")
    else:
        phone.say("No conflicts.")


def watch(context: typer.Context) -> None:
    """Stay connected and show what happens, until Ctrl-C."""
    phone: Phone = context.obj
    device = phone.signed_in()
    phone.say("Watching; Ctrl-C ends it.")
    try:
        for event in device.watch():
            line = _line(event)
            if line:
                phone.say(f"[dim]{datetime.now(device.zone()):%H:%M:%S}[/dim] {line}")
    except KeyboardInterrupt:
        phone.say("Stopped watching.")


def _line(event: Event) -> str:
    match event.kind:
        case "connected":
            return "[green]connected[/green]"
        case "lost":
            return f"[yellow]{escape(event.data['why'])}[/yellow] Trying again."
        case "opportunity":
            deal = event.data["opportunity"]
            return f"[bold]{escape(deal['name'])}[/bold] is at {escape(deal['stage']['name'])} ({deal['amount'] or 'no amount'})"
        case "synced" if event.report and (changed := event.report.puts.total() + event.report.dels.total()):
            names = ", ".join(f"{count} {name}" for name, count in event.report.puts.items())
            return f"fetched {names or f'{changed} changes'}"
    return ""
