"""What becomes of each field of two accounts that become one. Pure but for the row it reads."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from backend.crm.models import Account

Value = Any

NAMES = {
    "name": "name",
    "number": "number",
    "kind": "kind",
    "tier": "tier",
    "lifecycle": "lifecycle",
    "segment": "segment",
    "phone": "phone",
    "visitWindows": "visit_windows",
    "serviceMinutes": "service_minutes",
    "boost": "boost",
    "notes": "notes",
    "journal": "journal",
    "tags": "tags",
    "displays": "displays",
    "consent": "consent",
}
CHOOSABLE = frozenset(NAMES) - {"consent", "journal"} | {"address", "territory"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One field: what each side had, what stands afterwards, and whose that is: winner, loser, both or same."""

    field: str
    winner: Value
    loser: Value
    result: Value
    taken: str

    @property
    def conflict(self) -> bool:
        """Says whether two values stood against one another and one of them gave way."""
        return self.taken in ("winner", "loser") and not _blank(self.winner) and not _blank(self.loser)

    def as_json(self) -> dict[str, Value]:
        """Returns the outcome as it is kept and shown."""
        return {**asdict(self), "conflict": self.conflict}


def _blank(value: Value) -> bool:
    return value in (None, "", [], {})


def stricter(one: Mapping[str, bool], other: Mapping[str, bool]) -> dict[str, bool]:
    """Returns consent as the more careful of two had it: a no stands, and a yes only where both say yes."""
    channels = sorted(one.keys() | other.keys())
    said = {channel: (one.get(channel), other.get(channel)) for channel in channels}
    return {channel: False not in pair for channel, pair in said.items() if False in pair or pair == (True, True)}


def _texts(one: str, other: str) -> str:
    return f"{one}\n\n{other}"


_JOIN: dict[str, Callable[[Any, Any], Value]] = {
    "notes": _texts,
    "journal": lambda one, other: f"{other}\n{one}",
    "tags": lambda one, other: [*one, *(tag for tag in other if tag not in one)],
}


def outcome(name: str, winner: Value, loser: Value, choice: str | None) -> Outcome:
    """Decides one field. Unchosen, the winner's stands, what it lacks is filled from the loser, and texts and tags are joined."""
    if name == "consent":
        return Outcome(name, winner, loser, stricter(winner, loser), "same" if winner == loser else "both")
    if winner == loser:
        return Outcome(name, winner, loser, winner, "same")
    if choice is None and _blank(loser):
        return Outcome(name, winner, loser, winner, "winner")
    # Both records counted what stands in one and the same shop: the higher count missed less.
    higher = name == "displays" and loser > winner
    if choice == "loser" or (choice is None and (_blank(winner) or higher)):
        return Outcome(name, winner, loser, loser, "loser")
    if name in _JOIN and choice is None:
        return Outcome(name, winner, loser, _JOIN[name](winner, loser), "both")
    return Outcome(name, winner, loser, winner, "winner")


def outcomes(winner: Account, loser: Account, choices: Mapping[str, str]) -> list[Outcome]:
    """Decides every field of the account itself."""
    return [
        outcome(name, getattr(winner, column), getattr(loser, column), choices.get(name))
        for name, column in NAMES.items()
    ]
