"""From what a person types to the row that is meant."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere
from mobile_client_stub.view import Deal, Place
from mobile_client_stub.wire import Row

T = TypeVar("T")
SHOWN = 8


def pick(rows: Sequence[T], words: str, name: Callable[[T], str], what: str, *, numbered: bool = True) -> T:
    """Returns the row meant by its number in the list, its name, or a part of it; raises NotHere, naming candidates."""
    if numbered and words.isdigit() and 1 <= int(words) <= len(rows):
        return rows[int(words) - 1]
    wanted = words.casefold().strip()
    exact = [row for row in rows if name(row).casefold() == wanted]
    found = exact or [row for row in rows if wanted in name(row).casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotHere(f"There is no {what} called {words!r} on this phone.")
    some = "; ".join(name(row) for row in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise NotHere(f"{words!r} could be {some}{more}. Say more of the name.")


def place(device: Device, words: str) -> Place:
    """Returns an account by customer number or name."""
    known = device.accounts()
    for one in known:
        if one.account.get("number") == words:
            return one
    return pick(known, words, lambda one: one.name, "account", numbered=False)


def address(device: Device, of: Place, words: str | None) -> Row:
    """Returns an address of an account by its number in `account` or a part of it; without words, the only one."""
    known = device.addresses(of.account["id"])
    if words is None and len(known) != 1:
        many = "; ".join(words_of(one) for one in known)
        raise NotHere(f"{of.name} has several addresses: {many}. Say which." if known else f"{of.name} has no address.")
    return known[0] if words is None else pick(known, words, words_of, f"address of {of.name}")


def words_of(address: Row) -> str:
    """Returns an address in a line."""
    parts = [str(address[name]) for name in ("street", "city", "postcode") if address.get(name)]
    return ", ".join(parts) or str(address.get("verbatim") or "an address without words")


def visit_or_account(device: Device, words: str) -> str:
    """Returns the id of a visit of today by its number in `today`, or of an account."""
    stops = device.today()
    if words.isdigit() and 1 <= int(words) <= len(stops):
        return str(stops[int(words) - 1].visit["id"])
    return str(place(device, words).account["id"])


def visit(device: Device, words: str | None) -> Row:
    """Returns a visit of today by number or account; without words, the one in progress."""
    stops = device.today()
    if words is None:
        here = [stop.visit for stop in stops if stop.visit["state"] == "in_progress"]
        if not here:
            raise NotHere("You are nowhere at the moment: check in first, or name the visit.")
        return here[0]
    return pick(stops, words, lambda stop: stop.place.name if stop.place else "", "visit today").visit


def deal(device: Device, words: str, shown: Sequence[Deal]) -> Deal:
    """Returns an opportunity by its number in `opportunities`, or by its name or account, of all there are."""
    return pick(shown if words.isdigit() else device.opportunities(), words, _full_name, "opportunity")


def _full_name(deal: Deal) -> str:
    name = str(deal.opportunity["name"])
    return f"{name} at {deal.account['name']}" if deal.account else name


def point(text: str) -> tuple[float, float]:
    """Reads LAT,LNG; raises NotHere when it is none."""
    try:
        lat, lng = (float(part) for part in text.split(","))
    except ValueError:
        raise NotHere(f"{text!r} is not a place: write LAT,LNG, as 42.03,-93.62.") from None
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise NotHere(f"{text!r} is not on this earth.")
    return lat, lng


def day(text: str | None, today: date) -> date:
    """Reads today, tomorrow or YYYY-MM-DD; raises NotHere."""
    words = {"today": today, "tomorrow": today + timedelta(days=1)}
    if text is None or text in words:
        return words[text or "today"]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotHere(f"{text!r} is not a day: write today, tomorrow or YYYY-MM-DD.") from None
