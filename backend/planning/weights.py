"""The org's weights: the newest version, and what is written in one."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any
from uuid import UUID

from backend.crm.models import Tier
from backend.kit.errors import Invalid
from backend.planning.models import PlanningWeights
from backend.planning.priority import Weights

MOST = 1_000.0
TIERS = tuple(tier for tier in Tier.values if tier)
NUMBERS = tuple(one.name for one in fields(Weights) if one.name != "tier")


def current(org_id: UUID) -> tuple[int, Weights]:
    """Returns the org's newest version and its weights; 0 and the product's own when it has none."""
    row = PlanningWeights.objects.filter(org_id=org_id).order_by("-version").first()
    return (0, Weights()) if row is None else (row.version, weights_of(row.points))


def of_version(org_id: UUID, version: int) -> Weights:
    """Returns the weights of one version of the org's; the product's own for 0."""
    row = PlanningWeights.objects.filter(org_id=org_id, version=version).first()
    return Weights() if row is None else weights_of(row.points)


def weights_of(points: Mapping[str, Any]) -> Weights:
    """Returns the weights that `points` (see points_of) says; what it does not name is the product's own."""
    own = Weights()
    tier = MappingProxyType({**own.tier, **points.get("tier", {})})
    return Weights(**{**{name: points.get(name, getattr(own, name)) for name in NUMBERS}, "tier": tier})


def points_of(weights: Weights) -> dict[str, Any]:
    """Returns the weights as JSON: each number by its name, and `tier` with the points of each."""
    return {**{name: getattr(weights, name) for name in NUMBERS}, "tier": dict(weights.tier)}


def checked(points: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `points` as it may be kept; raises Invalid, naming the field, for a name or a number that is none."""
    wrong: dict[str, str] = {}
    for name, value in points.items():
        if name == "tier" and isinstance(value, Mapping):
            for tier, number in value.items():
                if tier not in TIERS:
                    wrong[f"tier.{tier}"] = "no such tier"
                elif not _is_weight(number):
                    wrong[f"tier.{tier}"] = f"a number from 0 to {MOST:.0f}"
        elif name not in NUMBERS:
            wrong[name] = "no such weight"
        elif not _is_weight(value):
            wrong[name] = f"a number from 0 to {MOST:.0f}"
    if not wrong and points.get("most_lateness", 1.0) < 1.0:
        wrong["most_lateness"] = "at least 1"
    if not wrong and (points.get("least", 1) < 1 or points.get("least", 1) != int(points.get("least", 1))):
        wrong["least"] = "a whole number, at least 1"
    if wrong:
        raise Invalid("BAD_WEIGHTS", "These are no weights.", fields=wrong)
    return {**points, **({"least": int(points["least"])} if "least" in points else {})}


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST
