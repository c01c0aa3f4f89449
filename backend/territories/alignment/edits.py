"""The changes a draft may hold: territories added, changed, closed, merged, split; people; rules.

Each is a function of what is wanted that returns a `drafts.Change`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from backend.kit.errors import Invalid
from backend.kit.ids import new_id
from backend.territories.alignment import rules
from backend.territories.alignment.drafts import Change, check_within, within
from backend.territories.alignment.plan import CHANGEABLE, Plan, Post
from backend.territories.alignment.structure import Structure
from backend.territories.geometry import area_of
from backend.territories.models import TerritoryRole

Area = Mapping[str, Any]
Reach = set[UUID] | None


def add(name: str, *, parent: UUID | None = None, area: Area | None = None, territory_id: UUID | None = None) -> Change:
    """A new territory (`territory_id` made by the client, so that later changes can name it). A branch's has a parent in it."""
    key = territory_id or new_id()

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        if key in structure.before or key in plan.added:
            raise Invalid("TERRITORY_EXISTS", "There is a territory with that id.", fields={"territoryId": "exists"})
        if parent is not None or reach is not None:
            _check_parent(parent, plan, structure, reach)
        plan.added[key] = {"name": name.strip(), "parent": parent, "area": None if area is None else dict(area)}
        return f"added {name}"

    return change


def alter(territory: UUID, **values: Any) -> Change:
    """Another name, area or parent (None takes the last two away); what is not given stays as the field has it."""

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        check_within(territory, structure, plan, reach)
        if unknown := sorted(set(values) - set(CHANGEABLE)):
            raise Invalid("BAD_VALUE", f"A territory has no {unknown[0]}.", fields={unknown[0]: "unknown"})
        if "parent" in values and (values["parent"] is not None or reach is not None):
            _check_parent(values["parent"], plan, structure, reach)
        plan.set(territory, **values)
        return f"changed {', '.join(values)} of {structure.after[territory].name}"

    return change


def close(territory: UUID, *, heir: UUID | None = None) -> Change:
    """The territory ends; what no rule and no area claims, and what was pinned there, goes to `heir`."""

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        check_within(territory, structure, plan, reach)
        if heir is not None:
            check_within(heir, structure, plan, reach)
            if heir == territory:
                raise Invalid("SAME_TERRITORY", "It cannot inherit from itself.", fields={"heirId": "the same"})
        name = structure.after[territory].name
        _close(territory, heir, plan, structure)
        return f"closed {name}"

    return change


def keep(territory: UUID) -> Change:
    """Takes back that a territory is closed."""

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        if territory not in plan.closed or not within(territory, plan, reach):
            raise rules.no_such_territory()
        del plan.closed[territory]
        return "kept a territory"

    return change


def merge(into: UUID, others: Sequence[UUID]) -> Change:
    """One territory of several: it has all their areas and rules, and inherits what nothing claims. Its people stay its own."""

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        for one in (into, *others):
            check_within(one, structure, plan, reach)
        if not others or into in others:
            raise Invalid("SAME_TERRITORY", "Name others to merge into it.", fields={"otherIds": "others"})
        nodes = [structure.after[one] for one in (into, *others)]
        shapes = [area_of(node.area) for node in nodes if node.area is not None]
        if shapes and any(node.area is not None for node in nodes[1:]):
            plan.set(into, area=_geojson(shapely.union_all(shapes)))
        if any(rule.territory in others for rule in structure.rules_after):
            plan.rules = [
                {
                    "territory": into if rule.territory in others else rule.territory,
                    "priority": rule.priority,
                    "criteria": {name: list(accepted) for name, accepted in rule.criteria.items()},
                }
                for rule in structure.rules_after
            ]
        for one in others:
            _close(one, into, plan, structure)
        return f"merged {', '.join(node.name for node in nodes[1:])} into {nodes[0].name}"

    return change


def split(territory: UUID, parts: Sequence[tuple[str, Area, UUID | None]]) -> Change:
    """New territories beside it (name, area, id or None), and it keeps of its area what they leave."""

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        check_within(territory, structure, plan, reach)
        node = structure.after[territory]
        if node.area is None:
            raise Invalid("AREA_INVALID", f"{node.name} has no area to split.", fields={"area": "has none"})
        if not parts:
            raise Invalid("BAD_VALUE", "Name the parts to split off.", fields={"parts": "none"})
        rest = area_of(node.area)
        for name, area, key in parts:
            rest = rest.difference(area_of(area))
            parent = node.parent if within(node.parent, plan, reach) else territory
            add(name, parent=parent, area=area, territory_id=key)(plan, structure, reach)
        rest = _surfaces(rest)
        plan.set(territory, area=None if rest.is_empty else _geojson(rest))
        return f"split {', '.join(name for name, _, _ in parts)} off {node.name}"

    return change


def assign(territory: UUID, user: UUID, role: TerritoryRole = TerritoryRole.PRIMARY) -> Change:
    """The person works the territory from then on; the caller has found the person."""
    return _post(Post(territory, user, role))


def release(territory: UUID, user: UUID, role: TerritoryRole = TerritoryRole.PRIMARY) -> Change:
    """The person works it no more from then on."""
    return _post(Post(territory, user, role, given=False))


def _post(wanted: Post) -> Change:
    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        check_within(wanted.territory, structure, plan, reach)
        plan.post(wanted)
        return f"{'gave' if wanted.given else 'took'} {structure.after[wanted.territory].name}"

    return change


def set_rules(wanted: Sequence[tuple[int, UUID, Mapping[str, Sequence[str]]]] | None) -> Change:
    """All rules anew: (priority, territory, criteria); None: as they are. For drafts of the whole org."""

    def change(plan: Plan, structure: Structure, reach: Reach) -> str:
        rules.check_whole_org(whole=reach is None)
        for _, territory, _ in wanted or ():
            check_within(territory, structure, plan, reach)
        plan.rules = (
            None
            if wanted is None
            else [
                {"territory": territory, "priority": priority, "criteria": dict(criteria)}
                for priority, territory, criteria in wanted
            ]
        )
        return "changed no rule" if wanted is None else f"set {len(wanted)} rules"

    return change


def _check_parent(parent: UUID | None, plan: Plan, structure: Structure, reach: Reach) -> None:
    if parent is None or parent not in structure.after or not within(parent, plan, reach):
        raise Invalid("PARENT_NOT_FOUND", "The draft has no such parent for you.", fields={"parentId": "not found"})


def _close(territory: UUID, heir: UUID | None, plan: Plan, structure: Structure) -> None:
    below = [one.id for one in structure.after.values() if one.parent == territory]
    above = structure.after[territory].parent
    plan.forget([territory])
    for one in below:
        if one in plan.added:
            plan.added[one]["parent"] = above
        elif plan.changed.get(one, {}).get("parent") == territory:
            plan.changed[one]["parent"] = above
    if territory in structure.before:
        plan.closed[territory] = heir


def _surfaces(shape: BaseGeometry) -> BaseGeometry:
    """Returns the parts of a shape that are areas: cutting leaves lines and points where borders touch."""
    parts = [one for one in getattr(shape, "geoms", [shape]) if one.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _geojson(shape: BaseGeometry) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(mapping(shape)))
    return plain
