"""Where an account belongs: its pin, else the first rule it meets, else the lowest territory whose area holds it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from backend.kit.errors import Invalid
from backend.kit.geo import LatLng
from backend.territories.geometry import Areas, area_of

CRITERIA = ("postcode", "city", "region", "country", "tier", "segment", "lifecycle", "kind")
"""What a rule may ask of an account."""

Source = Literal["pin", "rule", "geometry"]
SOURCES: tuple[Source, ...] = ("pin", "rule", "geometry")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of many accounts, one entry for each in every column: `values` may leave out columns that are empty
    everywhere; `lat`, `lng` hold NaN where there is no point; `pinned` may be absent when nothing is."""

    values: Mapping[str, Sequence[str]]
    lat: Floats
    lng: Floats
    pinned: Sequence[UUID | None] | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """For each account of a batch a row of `territories`, or -1, and a row of SOURCES, or -1."""

    territories: Sequence[UUID]
    territory: Ints
    source: NDArray[np.int8]

    def at(self, number: int) -> Decision | None:
        """Returns the decision about one account of the batch."""
        if self.territory[number] < 0:
            return None
        return Decision(self.territories[self.territory[number]], SOURCES[self.source[number]])


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, the rules that the account meets (the first one wins) and the territories whose area holds it, lowest first."""

    decision: Decision | None
    rules: list[Rule]
    areas: list[UUID]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is odd about a rule: RULES_CLAIM_THE_SAME (`winner` goes before it), RULE_NEVER_WINS, RULE_MEETS_NOBODY or
    PINS_HOLD_OUT, and for how many accounts."""

    code: str
    rule: Rule
    winner: Rule | None
    accounts: int


class Assignment:
    """The rule engine of one territory model; raises Invalid RULE_CRITERIA, AREA_INVALID or TERRITORY_CYCLE."""

    def __init__(self, nodes: Iterable[Node], rules: Iterable[Rule]) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._given = sorted(rules, key=lambda rule: rule.priority)
        self._rules = [(rule.territory, _checked(rule)) for rule in self._given]
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

    def decide_all(self, batch: Batch) -> Decisions:
        """Returns what `decide` says of each account of a batch, all at once."""
        count = len(batch.lat)
        territories = list(self._nodes)
        row = {key: number for number, key in enumerate(territories)}
        territory = np.full(count, -1, np.int64)
        source = np.full(count, -1, np.int8)
        if batch.pinned is not None:
            pins = np.fromiter((-1 if one is None else row.get(one, -1) for one in batch.pinned), np.int64, count)
            _settle(territory, source, pins, SOURCES.index("pin"))
        ruled = self._ruled(batch, count)
        targets = np.array([row[one] for one, _ in self._rules] + [-1], np.int64)
        _settle(territory, source, targets[ruled], SOURCES.index("rule"))
        left = np.flatnonzero(territory < 0)
        order = sorted(self._order, key=self._order.__getitem__)
        rows = np.array([row[key] for key in order] + [-1], np.int64)
        held = np.full(count, -1, np.int64)
        held[left] = rows[self._areas.first_holding(batch.lng[left], batch.lat[left], order)]
        _settle(territory, source, held, SOURCES.index("geometry"))
        return Decisions(territories, territory, source)

    def _ruled(self, batch: Batch, count: int) -> Ints:
        """Returns for each account the first rule it meets, or -1."""
        kind, meets = self._kinds(batch, count)
        first = np.where(meets.any(axis=0), meets.argmax(axis=0), -1) if len(meets) else np.full(meets.shape[1], -1)
        return np.asarray(first, np.int64)[kind]

    def _kinds(self, batch: Batch, count: int) -> tuple[Ints, NDArray[np.bool_]]:
        """Sorts accounts into kinds that look alike to the rules: (the kind of each account, which rule each kind meets)."""
        asked = sorted({name for _, criteria in self._rules for name in criteria})
        codes, kinds = np.zeros(count, np.int64), 1
        words: dict[str, list[str]] = {}
        alike: dict[str, Ints] = {}
        for name in asked:
            column = batch.values.get(name)
            known: dict[str, int] = {}
            numbers = (
                np.zeros(count, np.int64)
                if column is None
                else np.fromiter((known.setdefault(value, len(known)) for value in column), np.int64, count)
            )
            words[name] = list(known) or [""]
            found, codes = np.unique(codes * len(words[name]) + numbers, return_inverse=True)
            before, here = np.divmod(found, len(words[name]))
            alike = {earlier: those[before] for earlier, those in alike.items()} | {name: here}
            kinds = len(found)
        meets = np.ones((len(self._rules), kinds), bool)
        for number, (_, criteria) in enumerate(self._rules):
            for name, accepted in criteria.items():
                meets[number] &= np.array([word in accepted for word in words[name]])[alike[name]]
        return codes, meets

    def explain(self, account: Facts) -> Explanation:
        """Returns what `decide` decides, and all that it weighed."""
        met = [
            rule
            for rule, (_, criteria) in zip(self._given, self._rules, strict=True)
            if all(account.values.get(name, "") in accepted for name, accepted in criteria.items())
        ]
        holding = self._areas.holding(account.point) if account.point is not None else []
        return Explanation(self.decide(account), met, sorted(holding, key=self._order.__getitem__))

    def conflicts(self, batch: Batch, weight: Sequence[int] | None = None) -> list[Conflict]:
        """Returns where rules claim the same accounts for different territories, where one never wins, and where pins hold
        out against one; in the order of the rules. `weight`: for how many accounts each entry of the batch stands (1)."""
        count = len(batch.lat)
        many = np.ones(count) if weight is None else np.array(weight, float)
        kind, meets = self._kinds(batch, count)
        row = {key: number for number, key in enumerate(self._nodes)}
        pins = np.array([-1 if one is None else row.get(one, -1) for one in batch.pinned or [None] * count], np.int64)
        free = np.bincount(kind[pins < 0], weights=many[pins < 0], minlength=meets.shape[1])
        found: list[Conflict] = []
        for number, rule in enumerate(self._given):
            mine = meets[number]
            earlier = meets[:number].any(axis=0)
            if not (free[mine]).any():
                found.append(Conflict("RULE_MEETS_NOBODY", rule, None, 0))
            elif not free[mine & ~earlier].any():
                found.append(Conflict("RULE_NEVER_WINS", rule, None, int(free[mine].sum())))
            for before in range(number):
                winner = self._given[before]
                both = mine & meets[before] & ~meets[:before].any(axis=0)
                if winner.territory != rule.territory and (shared := int(free[both].sum())):
                    found.append(Conflict("RULES_CLAIM_THE_SAME", rule, winner, shared))
            held = int(many[mine[kind] & (pins >= 0) & (pins != row.get(rule.territory, -1))].sum())
            if held:
                found.append(Conflict("PINS_HOLD_OUT", rule, None, held))
        return found

    def _depth(self, node: Node) -> int:
        depth, at = 0, node
        while at.parent is not None and at.parent in self._nodes:
            depth, at = depth + 1, self._nodes[at.parent]
            if depth > len(self._nodes):
                raise Invalid("TERRITORY_CYCLE", "The territories form a circle.", fields={"parentId": "circle"})
        return depth


def _settle(territory: Ints, source: NDArray[np.int8], found: Ints, why: int) -> None:
    """Writes what was found for the accounts about which nothing was decided before."""
    new = (territory < 0) & (found >= 0)
    territory[new] = found[new]
    source[new] = why


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
