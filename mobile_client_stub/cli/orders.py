"""One account, and what it orders."""

from typing import Annotated

import typer
from rich.markup import escape

from mobile_client_stub.cli import find, show
from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere
from mobile_client_stub.wire import Row


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (account, order, cancel_order):
        app.command(command.__name__.replace("_", "-"))(command)


def account(
    context: typer.Context,
    where: Annotated[str, typer.Argument(help="A customer number or a part of the name.")],
) -> None:
    """Show an account with its orders."""
    phone: Phone = context.obj
    device = phone.signed_in()
    place = find.place(device, where)
    phone.out.print(show.places([place], place.name))
    if len(addresses := device.addresses(place.account["id"])) > 1:
        phone.out.print(show.addresses([find.words_of(one) for one in addresses]))
    orders = device.orders(place.account["id"])
    for one in orders:
        phone.out.print(show.order(one, device.zone()))
    if not orders:
        phone.say("No orders.")
    phone.tell_unsent()


def order(
    context: typer.Context,
    where: Annotated[str, typer.Argument(help="A customer number or a part of the account's name.")],
    lines: Annotated[list[str], typer.Argument(help="SKU=QTY, or SKU=QTY@PRICE; as many as you like.")],
    note: Annotated[str, typer.Option(help="A word with it.")] = "",
) -> None:
    """Take an order."""
    phone: Phone = context.obj
    device = phone.signed_in()
    place = find.place(device, where)
    taken = device.order(place.account["id"], [_line(device, text) for text in lines], note)
    phone.say(f"[bold]{escape(place.name)}[/bold] ordered for {taken['total']} {taken['currency']}.")
    phone.send()


def _line(device: Device, text: str) -> tuple[str, str, str | None]:
    sku, equals, rest = text.rpartition("=")
    quantity, _, price = rest.partition("@")
    if not equals or not quantity:
        raise NotHere(f"{text!r} is no line of an order: write SKU=QTY, as P1=12.")
    product = find.pick(device.products(), sku, lambda row: str(row["sku"]), "product", numbered=False)
    return product["id"], quantity, price or None


def cancel_order(
    context: typer.Context,
    where: Annotated[str, typer.Argument(help="A customer number or a part of the account's name.")],
    reason: Annotated[str, typer.Option(prompt=True, help="Why.")],
    number: Annotated[str, typer.Option(help="The order's number; without it, the newest of the account.")] = "",
) -> None:
    """Call an order off that is not confirmed yet."""
    phone: Phone = context.obj
    device = phone.signed_in()
    place = find.place(device, where)
    found = _meant([row for row, _ in device.orders(place.account["id"])], number)
    device.cancel_order(found["id"], reason)
    phone.say(f"Called off: the order of [bold]{escape(place.name)}[/bold].")
    phone.send()


def _meant(orders: list[Row], number: str) -> Row:
    for one in orders:
        if not number or str(one["number"]) == number:
            return one
    raise NotHere("There is no such order on this phone.")
