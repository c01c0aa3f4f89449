"""What a model declares of its fields, beside them: how an offline edit is merged, and who may not read it.

A model says `FIELD_RULES: ClassVar[FieldRules] = {"notes": FieldRule(merge=Merge.TEXT), …}`, by column. A field that is
not named there merges three ways and is read by whoever sees the row. What is said of `WHOLE` hides every column, so the
row itself. Sync and GraphQL both ask here and nowhere else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from backend.kit.errors import NotPermitted


class Merge(StrEnum):
    """What becomes of a field that a phone edited offline."""

    SERVER = "server"
    """The server alone writes it; an edit is refused."""
    MERGE = "merge"
    """Three-way on the base value; changed on both sides, the server's stands and both are kept in the inbox."""
    CLIENT_WINS = "client_wins"
    """The phone's value stands, whatever the server has."""
    SERVER_WINS = "server_wins"
    """Changed on both sides, the server's value stands and nobody is asked."""
    COUNTER = "counter"
    """The difference to the base is added to what stands."""
    SET = "set"
    """Members added and removed since the base are added to and removed from what stands."""
    APPEND = "append"
    """What was added behind the base is added behind what stands."""
    FSM = "fsm"
    """A state: moved only along the transitions of its lifecycle, from where it stands."""
    TEXT = "text"
    """As MERGE; in a conflict the phone's text is kept whole in the inbox."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """The rule of one column. `hidden_from`: the roles that may not read it, in any reply."""

    merge: Merge = Merge.MERGE
    hidden_from: frozenset[str] = frozenset()


FieldRules = Mapping[str, FieldRule]
EVERYBODYS = FieldRule()
WHOLE = "*"


def rule_of(model: object, column: str) -> FieldRule:
    """Returns the rule of a model's column, or of its rows as a whole (`WHOLE`)."""
    rules: FieldRules = getattr(model, "FIELD_RULES", {})
    rule, whole = rules.get(column, EVERYBODYS), rules.get(WHOLE, EVERYBODYS)
    return replace(rule, hidden_from=rule.hidden_from | whole.hidden_from)


def may_read(model: object, role: str, column: str = WHOLE) -> bool:
    """Says whether a role may read a model's column, or, without one, anything of its rows."""
    return role not in rule_of(model, column).hidden_from


def field_hidden(names: Collection[str]) -> NotPermitted:
    """Nobody writes what they may not read: they would learn of it by the answers."""
    told = sorted(names)
    return NotPermitted(
        "FIELD_HIDDEN",
        f"You may not read {', '.join(told)}, and so not write it.",
        fields=dict.fromkeys(told, "hidden"),
    )
