"""The settings of what GraphQL may be asked by whom. Where one is absent, a server of real people is the stricter."""

from typing import Any

from backend.config import env_values as read
from backend.config.env_variable import Variable

GATEWAY: tuple[Variable, ...] = (
    Variable(
        "FIELDBEAT_INTROSPECTION",
        "Whether GraphQL describes itself, and suggests names near to a wrong one: 1 or 0.",
        None,
        "0",
        read.yes_no,
        absent="`1`, and `0` in production",
    ),
    Variable(
        "FIELDBEAT_FREE_DOCUMENTS",
        "Who may send GraphQL documents of their own, split at commas: roles (on devices that are no phones), scripts (tokens "
        "without a device), or everybody. All others name documents that `fieldbeat documents add` made known. Page: gateway.md.",
        None,
        "admin,manager,scripts",
        read.free_documents,
        absent="`everybody`, and `admin,scripts` in production",
    ),
    Variable(
        "FIELDBEAT_RATE_POINTS",
        "How many points the operations of one device, or of a script's user, may cost in a minute; half of them those that "
        "begin with the same field. 0 for no bound. Page: gateway.md.",
        None,
        "12000000",
        read.whole(0, 1_000_000_000),
        absent="`0`, and `6000000` in production",
    ),
    Variable(
        "FIELDBEAT_RATE_ADDRESS",
        "The same for those of one address who are not signed in; a whole force may sign in from one.",
        None,
        "60000000",
        read.whole(0, 1_000_000_000),
        absent="`0`, and `30000000` in production",
    ),
)

_BY_PROFILE: dict[str, tuple[object, object]] = {
    "introspection": (True, False),
    "free_documents": (read.EVERYBODY, frozenset({"admin", "scripts"})),
    "rate_points": (0, 6_000_000),
    "rate_address": (0, 30_000_000),
}


def fill(found: dict[str, Any]) -> None:
    """Puts in what is absent: for development, or for production."""
    production = found.get("env") == "production"
    for field, (usual, strict) in _BY_PROFILE.items():
        if found.get(field, ...) is None:
            found[field] = strict if production else usual
