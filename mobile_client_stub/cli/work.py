"""Working: check-in, report, skip, move, note, edit, remove-address, resolve. All of it works offline."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from mobile_client_stub.cli import find
from mobile_client_stub.cli.look import open_deals
from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere

GUESSED_ACCURACY = 15.0


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (check_in, photo, signature, report, skip, move, note, edit, remove_address, resolve):
        app.command(command.__name__.replace("_", "-"))(command)


def check_in(
    context: typer.Context,
    where: Annotated[
        str, typer.Argument(help="A number of `today`, a customer number, or a part of an account's name.")
    ],
    at: Annotated[str | None, typer.Option(help="LAT,LNG of the phone; without it, the account's own place.")] = None,
    accuracy: Annotated[float, typer.Option(min=0, help="Accuracy in metres.")] = GUESSED_ACCURACY,
) -> None:
    """Begin a visit, planned or not."""
    phone: Phone = context.obj
    device = phone.signed_in()
    target = find.visit_or_account(device, where)
    point = find.point(at) if at else _place_of(device, target)
    lat, lng = point or (None, None)
    visit = device.check_in(target, lat, lng, accuracy if point else None)
    stood = "" if at else " (this phone has no GPS: it says it stands at the account)" if point else " (place unknown)"
    phone.say(f"Checked in at [bold]{_name_of(device, visit['accountId'])}[/bold]{stood}.")
    phone.send()


def _place_of(device: Device, target: str) -> tuple[float, float] | None:
    with device.screen() as view:
        visit = view.get("visit", target)
        place = view.place(visit["accountId"] if visit else target)
    return place.point if place else None


def _name_of(device: Device, account_id: str) -> str:
    with device.screen() as view:
        account = view.get("account", account_id)
    return escape(account["name"]) if account else "an account that is no longer yours"


def photo(
    context: typer.Context,
    visit: Annotated[str, typer.Argument(help="A number of `today` or a part of the name.")],
    file: Annotated[Path, typer.Argument(help="A JPEG, PNG or WebP picture.")],
) -> None:
    """Attach a photo to a visit; it is sent when there is a way, and goes on after a cut."""
    _attach(context.obj, visit, file, "photo")


def signature(
    context: typer.Context,
    visit: Annotated[str, typer.Argument(help="A number of `today` or a part of the name.")],
    file: Annotated[Path, typer.Argument(help="A PNG or JPEG picture of it.")],
) -> None:
    """Attach a signature to a visit."""
    _attach(context.obj, visit, file, "signature")


def _attach(phone: Phone, visit: str, file: Path, kind: str) -> None:
    device = phone.signed_in()
    row = find.visit(device, visit)
    device.attach(row["id"], file, kind)
    phone.say(f"Attached the {kind} to [bold]{_name_of(device, row['accountId'])}[/bold].")
    phone.send()


def report(
    context: typer.Context,
    outcome: Annotated[str, typer.Option(prompt=True, help="order, no order, closed …")],
    visit: Annotated[
        str | None, typer.Argument(help="A number of `today` or a name; without it, where you are.")
    ] = None,
    summary: Annotated[str, typer.Option(help="A sentence or two.")] = "",
    answer: Annotated[list[str] | None, typer.Option(help="question=answer; as often as you like.")] = None,
) -> None:
    """End a visit with its report."""
    phone: Phone = context.obj
    device = phone.signed_in()
    row = find.visit(device, visit)
    device.report(row["id"], outcome, summary, _pairs(answer or []))
    phone.say(f"Reported on [bold]{_name_of(device, row['accountId'])}[/bold]: {escape(outcome)}.")
    phone.send()


def _pairs(texts: list[str]) -> dict[str, Any]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    if "" in pairs:
        raise NotHere("An answer is question=answer.")
    return pairs


def skip(
    context: typer.Context,
    visit: Annotated[str, typer.Argument(help="A number of `today` or a part of the name.")],
    reason: Annotated[str, typer.Option(prompt=True, help="Why.")],
) -> None:
    """Give a planned visit up, and say why."""
    phone: Phone = context.obj
    device = phone.signed_in()
    row = device.skip(find.visit(device, visit)["id"], reason)
    phone.say(f"Skipped [bold]{_name_of(device, row['accountId'])}[/bold].")
    phone.send()


def move(
    context: typer.Context,
    opportunity: Annotated[str, typer.Argument(help="A number of `opportunities`, or a part of the name.")],
    stage: Annotated[str, typer.Argument(help="The name of the stage.")],
    reason: Annotated[str, typer.Option(help="Why; won and lost need it.")] = "",
) -> None:
    """Move an opportunity to another stage."""
    phone: Phone = context.obj
    device = phone.signed_in()
    deal = find.deal(device, opportunity, open_deals(device)).opportunity
    moved = device.move_stage(deal["id"], stage, reason)
    with device.screen() as view:
        to = view.need("stage", moved["stageId"])
    phone.say(f"[bold]{escape(deal['name'])}[/bold] is at {escape(to['name'])} now.")
    phone.send()


def note(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="A customer number or a part of the name.")],
    subject: Annotated[str, typer.Argument(help="What it is about.")],
    body: Annotated[str, typer.Option(help="More of it.")] = "",
) -> None:
    """Write a note on an account."""
    phone: Phone = context.obj
    device = phone.signed_in()
    place = find.place(device, account)
    device.add_note(place.account["id"], subject, body)
    phone.say(f"Noted on [bold]{escape(place.name)}[/bold].")
    phone.send()


def edit(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="A customer number or a part of the name.")],
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    phone_number: Annotated[str | None, typer.Option("--phone", help="A new telephone number.")] = None,
    notes: Annotated[str | None, typer.Option(help="New notes.")] = None,
) -> None:
    """Change an account."""
    phone: Phone = context.obj
    device = phone.signed_in()
    place = find.place(device, account)
    given = {"name": name, "phone": phone_number, "notes": notes}
    device.edit_account(place.account["id"], **{key: value for key, value in given.items() if value is not None})
    phone.say(f"Changed [bold]{escape(place.name)}[/bold].")
    phone.send()


def remove_address(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="A customer number or a part of the name.")],
    address: Annotated[
        str | None, typer.Argument(help="A number of `account`, or a part of it; without it, the only one.")
    ] = None,
) -> None:
    """Take an address off an account."""
    phone: Phone = context.obj
    device = phone.signed_in()
    place = find.place(device, account)
    chosen = find.address(device, place, address)
    device.remove_address(chosen["id"])
    phone.say(f"Took {escape(find.words_of(chosen))} off [bold]{escape(place.name)}[/bold].")
    phone.send()


def resolve(
    context: typer.Context,
    issue: Annotated[str, typer.Argument(help="A number of `conflicts`.")],
    keep_mine: Annotated[bool, typer.Option("--keep-mine", help="Write yours over what stands.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try the same again.")] = False,
) -> None:
    """Settle a conflict: leave it as it stands, or keep yours, or try again."""
    phone: Phone = context.obj
    if keep_mine and retry:
        raise typer.BadParameter("Say --keep-mine or --retry, not both.")
    device = phone.signed_in()
    chosen = find.pick(device.conflicts(), issue, lambda row: str(row["code"]), "conflict")
    action = "keepMine" if keep_mine else "retry" if retry else "discard"
    device.resolve(chosen["id"], action)
    done = {"keepMine": "Yours is to stand.", "retry": "Trying it again.", "discard": "Left as it stands."}
    phone.say(done[action])
    phone.send()
