"""Who, where, and whether online: sign-in, sync, status, offline, online."""

from datetime import UTC
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mobile_client_stub.cli.phone import Phone
from mobile_client_stub.clock import instant
from mobile_client_stub.device import LOCAL
from mobile_client_stub.errors import NotReached
from mobile_client_stub.sync import Progress as Step
from mobile_client_stub.sync import SyncReport

CLOCK_SECONDS = 120.0


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (sign_in, sync, status, offline, online):
        app.command(command.__name__.replace("_", "-"))(command)


def sign_in(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="The name that signs in.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="FIELDBEAT_STUB_PASSWORD", help="Asked for when absent.")
    ],
    server: Annotated[str | None, typer.Option(help=f"The server's address; {LOCAL} at first.")] = None,
    push: Annotated[
        str | None, typer.Option(help="The Firebase installation id that alerts go to; a made-up one by default.")
    ] = None,
) -> None:
    """Sign a person in on this phone."""
    phone: Phone = context.obj
    phone.server = server
    session = phone.device.sign_in(user, password)
    phone.say(f"Hello, [bold]{session.full_name}[/bold] ({session.role}) on {session.server}.")
    address = push or f"stub-{session.username}-{phone.device.store.install_key(user)[-12:]}"
    phone.device.register_push("fid", address)
    phone.say(f"Alerts for this phone go to {address}.")
    if not phone.device.store.sizes():
        phone.say("This phone is empty: `sync` fetches what is yours.")


def sync(context: typer.Context) -> None:
    """Send what waits, and fetch what changed."""
    phone: Phone = context.obj
    try:
        report = _with_progress(phone)
    except NotReached as trouble:
        phone.say(f"{trouble} Work goes on offline.")
        phone.tell_unsent()
        raise typer.Exit(1) from None
    phone.tell_report(report)
    phone.say(_summary(report))
    phone.tell_unsent()


def _with_progress(phone: Phone) -> SyncReport:
    device = phone.signed_in()
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    words = {"push": "Sending your work", "pull": "Fetching"}
    with Progress(*columns, console=phone.out, transient=phone.out.is_terminal) as progress:
        task = progress.add_task("Reaching the server", total=None)

        def tell(step: Step) -> None:
            progress.update(task, description=words[step.phase], completed=step.done, total=step.total)

        return device.sync(tell)


def _summary(report: SyncReport) -> str:
    parts = [f"{count} {name}" for name, count in sorted(report.puts.items(), key=lambda found: -found[1])]
    if report.dels.total():
        parts.append(f"{report.dels.total()} deleted")
    if report.evicted:
        parts.append(f"{len(report.evicted)} no longer yours, or fetched anew")
    news = "Up to date; nothing new." if not parts else f"Up to date: {', '.join(parts)}."
    return news if not report.resets else f"{news} (Started over: {', '.join(report.resets)}.)"


def status(context: typer.Context) -> None:
    """Say who is signed in, how fresh the data is, and what is unsent."""
    phone: Phone = context.obj
    device = phone.signed_in()
    store = device.store
    owner, last = store.recall("owner"), store.recall("last_sync")
    here = "signed in" if device.who else "[yellow]signed out[/yellow]"
    phone.say(f"[bold]{owner['fullName']}[/bold] ({owner['role']}), {here}, {store.recall('server')}")
    phone.say(f"Flight mode: {'[yellow]on[/yellow]' if device.offline else 'off'}")
    phone.say(f"Last sync: {f'{instant(last).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC' if last else 'never'}")
    phone.say("Held: " + (", ".join(f"{count} {name}" for name, count in store.sizes().items()) or "nothing yet"))
    position = store.position()
    if position.staged:
        phone.say(f"A sync was interrupted: {position.staged} rows are here already, `sync` goes on.")
    ahead = float(store.recall("clock_ahead") or 0.0)
    if abs(ahead) > CLOCK_SECONDS:
        phone.say(
            f"[yellow]This phone's clock is {abs(ahead) / 60:.0f} minutes {'ahead' if ahead > 0 else 'behind'}.[/yellow]"
        )
    if issues := len(device.conflicts()):
        phone.say(f"[red]{issues} did not go through as sent[/red]: see `conflicts`.")
    phone.say(
        "Everything is sent." if not device.unsent() else f"[yellow]{device.unsent()} unsent[/yellow]: see `outbox`."
    )


def offline(context: typer.Context) -> None:
    """Go offline: nothing is sent or fetched until `online`."""
    phone: Phone = context.obj
    phone.signed_in().go_offline()
    phone.say("Offline. What you do is kept on this phone.")


def online(context: typer.Context) -> None:
    """Come back online, and send what waits."""
    phone: Phone = context.obj
    phone.signed_in().come_back()
    sync(context)
