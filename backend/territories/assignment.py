"""Where an account belongs: its pin, else the first rule it meets, else the lowest territory whose area holds it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories.geometry import Areas, area_of

CRITERIA = ("postcode", "city", "region", "country", "tier", "segment", "lifecycle", "kind")
"""What a rule may ask of an account."""

Source = Literal["pin", "rule", "geometry"]


@dataclass(frozen=True, slots=True)
class Node:
    """A territory: `area` is GeoJSON or None."""

    id: UUID
    name: str
    parent: UUID | None = None
    area: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Accounts that meet `criteria` (field → accepted values, all must hold) go to `territory`; lowest priority first."""

    priority: int
    territory: UUID
    criteria: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an account; `pinned`: the territory somebody pinned it to."""

    values: Mapping[str, str]
    point: LatLng | None = None
    pinned: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The territory, and why."""

    territory: UUID
    source: Source


class Assignment:
    """The rule engine of one territory model; raises Invalid RULE_CRITERIA, AREA_INVALID or TERRITORY_CYCLE."""

    def __init__(self, nodes: Iterable[Node], rules: Iterable[Rule]) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._rules = [(rule.territory, _checked(rule)) for rule in sorted(rules, key=lambda rule: rule.priority)]
        drawn = {key: node.area for key, node in self._nodes.items() if node.area is not None}
        self._areas = Areas({key: area_of(area) for key, area in drawn.items()})
        self._order = {key: (-self._depth(self._nodes[key]), self._nodes[key].name, key) for key in drawn}

    def decide(self, account: Facts) -> Decision | None:
        """Returns where the account belongs; None when nothing claims it."""
        if account.pinned is not None and account.pinned in self._nodes:
            return Decision(account.pinned, "pin")
        for territory, criteria in self._rules:
            if all(account.values.get(name, "") in accepted for name, accepted in criteria.items()):
                return Decision(territory, "rule")
        holding = self._areas.holding(account.point) if account.point is not None else []
        if not holding:
            return None
        # Deepest first, so the lowest of its branch; then by name, so a point on a border always falls to the same side.
        return Decision(min(holding, key=self._order.__getitem__), "geometry")

    def _depth(self, node: Node) -> int:
        depth, at = 0, node
        while at.parent is not None and at.parent in self._nodes:
            depth, at = depth + 1, self._nodes[at.parent]
            if depth > len(self._nodes):
                raise Invalid("TERRITORY_CYCLE", "The territories form a circle.", fields={"parentId": "circle"})
        return depth


def _checked(rule: Rule) -> dict[str, frozenset[str]]:
    unknown = sorted(set(rule.criteria) - set(CRITERIA))
    if unknown or not rule.criteria:
        told = f"asks for {', '.join(unknown)}" if unknown else "asks for nothing, and would take every account"
        raise Invalid(
            "RULE_CRITERIA",
            f"Rule {rule.priority} {told}; a rule may ask for {', '.join(CRITERIA)}.",
            fields={"criteria": told},
        )
    if any(isinstance(accepted, str) for accepted in rule.criteria.values()):
        raise Invalid(
            "RULE_CRITERIA", f"Rule {rule.priority} needs lists of values.", fields={"criteria": "not a list"}
        )
    return {name: frozenset(accepted) for name, accepted in rule.criteria.items()}
