"""Tables for people."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mobile_client_stub.appointments import Meeting
from mobile_client_stub.clock import instant
from mobile_client_stub.outbox import Entry
from mobile_client_stub.view import Deal, Place, Stop, View
from mobile_client_stub.wire import Row

STATES = {
    "planned": "planned",
    "en_route": "[cyan]on the way[/cyan]",
    "in_progress": "[bold cyan]there now[/bold cyan]",
    "completed": "[green]done[/green]",
    "skipped": "[dim]skipped[/dim]",
    "cancelled": "[dim]cancelled[/dim]",
}


def table(title: str, *columns: str) -> Table:
    """Returns an empty table; a column that starts with > is set right."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left")
    return made


def distance(metres: float | None) -> str:
    """Returns a distance as one says it."""
    if metres is None:
        return ""
    return f"{metres:.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def clock(text: str | None, zone: tzinfo) -> str:
    """Returns the local hour and minute of an instant."""
    return f"{instant(text).astimezone(zone):%H:%M}" if text else ""


def town(place: Place | None) -> str:
    """Returns street and town."""
    address = place.address if place else None
    return escape(", ".join(filter(None, [address.get("street"), address.get("city")]))) if address else ""


def meetings(found: Sequence[Meeting], zone: tzinfo) -> Table:
    """Returns the appointments of a day."""
    made = table("Appointments", "from", "to", "what", "where")
    for one in found:
        times = f"{one.start.astimezone(zone):%H:%M}", f"{one.end.astimezone(zone):%H:%M}"
        made.add_row(*times, escape(one.title), escape(one.row["place"]))
    return made


def day(stops: Sequence[Stop], title: str, zone: tzinfo) -> Table:
    """Returns the visits of a day, numbered."""
    made = table(title, ">#", "from", "to", "where", "address", "state")
    for number, stop in enumerate(stops, 1):
        visit = stop.visit
        state = STATES[visit["state"]] + (f" ({escape(visit['reason'])})" if visit["reason"] else "")
        name = escape(stop.place.name) if stop.place else "[dim]no longer yours[/dim]"
        times = clock(visit["plannedStart"], zone), clock(visit["plannedEnd"], zone)
        made.add_row(str(number), *times, name, town(stop.place), state)
    return made


def places(found: Sequence[Place], title: str) -> Table:
    """Returns accounts with their distance, where it is known."""
    made = table(title, "number", "account", "tier", "address", ">distance")
    for place in found:
        account = place.account
        number, tier = account.get("number") or "", account.get("tier") or ""
        made.add_row(number, escape(place.name), tier, town(place), distance(place.distance_m))
    return made


def addresses(found: Sequence[str]) -> Table:
    """Returns the addresses of an account, numbered."""
    made = table("Addresses", ">#", "address")
    for number, words in enumerate(found, 1):
        made.add_row(str(number), escape(words))
    return made


def deals(found: Sequence[Deal], title: str) -> Table:
    """Returns opportunities, numbered."""
    made = table(title, ">#", "opportunity", "account", "stage", ">amount", "close")
    for number, deal in enumerate(found, 1):
        row = deal.opportunity
        money = f"{row['amount']} {row.get('currency') or ''}".strip() if row["amount"] else ""
        stage = escape(deal.stage["name"]) if deal.stage else ""
        account = escape(deal.account["name"]) if deal.account else ""
        made.add_row(str(number), escape(row["name"]), account, stage, money, row.get("closeDate") or "")
    return made


def attachments(found: Sequence[Row], refused: Mapping[str, str], zone: tzinfo) -> Table:
    """Returns what is attached, and where its content is."""
    made = table(f"Attached: {len(found)}", "kind", "taken", "type", ">size", "state")
    states = {"announced": "[yellow]not sent yet[/yellow]", "stored": "[green]on the server[/green]"}
    for row in found:
        why = refused.get(row["id"]) or row["reason"]
        state = f"[red]refused[/red]: {escape(why)}" if why else states[row["state"]]
        size = f"{row['size'] / 1024:.0f} KiB"
        made.add_row(row["kind"], clock(row["capturedAt"], zone), row["mimeType"], size, state)
    return made


ORDER_STATES = {
    "submitted": "submitted",
    "confirmed": "[green]confirmed[/green]",
    "cancelled": "[dim]cancelled[/dim]",
}


def order(shown: tuple[Row, Sequence[Row]], zone: tzinfo) -> Table:
    """Returns an order with its lines; marked are those whose price was another than the phone showed."""
    row, items = shown
    number = f"Order {row['number']}" if row["number"] else "Order, not sent yet"
    total = f", {row['total']} {row['currency']}" if row.get("total") is not None else ""
    reason = f" ({escape(row['reason'])})" if row["reason"] else ""
    day = f"{instant(row['placedAt']).astimezone(zone):%d %B %H:%M}"
    title = f"{number} of {day}{total}, {ORDER_STATES[row['state']]}{reason}"
    made = table(title, "sku", ">quantity", ">price", "")
    made.min_width = Text.from_markup(title).cell_len  # a table breaks a title that is wider than itself
    for item in items:
        promised = f"you said {item['offeredPrice']}" if item["priceDiffers"] else ""
        gone = "no longer sold" if item["withdrawn"] else ""
        made.add_row(
            escape(item["sku"]), item["quantity"], item["unitPrice"], ", ".join(filter(None, [promised, gone]))
        )
    return made


def outbox(entries: Sequence[Entry], zone: tzinfo) -> Table:
    """Returns what waits."""
    made = table(f"Outbox: {len(entries)}", ">no.", "at", "what", "state")
    states = {
        "pending": "[yellow]unsent[/yellow]",
        "answered": "sent, comes back with the next sync",
        "stranded": "[red]never sent: the phone was revoked[/red]",
    }
    for entry in entries:
        made.add_row(str(entry.seq or ""), clock(entry.client_time, zone), escape(entry.label), states[entry.state])
    return made


def issues(found: Sequence[Row], title: str, view: View) -> Table:
    """Returns what did not go through: whose it is, why, each field as it was, as they wanted it and as it stands."""
    made = table(title, ">#", "whose", "what", "why", "before", "wanted", "stands")
    for number, issue in enumerate(found, 1):
        person = view.get("user", issue["userId"])
        whose = "you" if issue["userId"] == view.me else person["fullName"] if person else "somebody"
        # One that came before the program was updated has no more than a code.
        name, why = issue.get("name") or issue["entity"], issue.get("message") or issue["code"]
        place = view.get("account", issue["root"]) if issue.get("root") else None
        what = f"{name}, {place['name']}" if place else name
        made.add_row(str(number), escape(whose), escape(what), escape(why), *_sides(issue))
    return made


def _sides(issue: Row) -> tuple[str, str, str]:
    if issue.get("fields"):
        before, wanted, stands = (
            {one["name"]: one[side] for one in issue["fields"]} for side in ("base", "mine", "theirs")
        )
        return _values(before), _values(wanted), _values(stands)
    return "", _values(issue["mine"]), ""


def _values(values: Row) -> str:
    flat: Row = {}
    for name, value in values.items():
        flat.update(value if name in ("set", "args") and isinstance(value, dict) else {name: value})
    return escape(", ".join(f"{name}: {value}" for name, value in flat.items()))
