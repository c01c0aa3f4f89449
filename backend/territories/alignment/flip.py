"""The draft's model becomes the active one, and the one before an archive of how it was.

A territory lives on under its id, so that its spans, its people and the phones' rows go on; the archived model is given a
picture of it. Territories that close stay to the end, for their accounts leave them one batch after another."""

from typing import Any
from uuid import UUID

from django.db import transaction

from backend.kit import locks
from backend.kit.ids import new_id
from backend.territories.alignment.structure import Structure
from backend.territories.assignment import Node, Rule
from backend.territories.models import Alignment, AssignmentRule, ModelState, Territory, TerritoryModel
from backend.territories.rules import check_model_move

Report = dict[str, Any]


@transaction.atomic
def flip(alignment: Alignment, structure: Structure, at: Any) -> Report:
    """Puts the new model in the place of the old one at an instant; returns what was changed, as a rollback needs it."""
    locks.take(locks.Lock.TERRITORY_TREE, alignment.org_id)
    # All models of the org in id order, so that two activations wait for one another.
    models = list(TerritoryModel.objects.select_for_update().filter(org_id=alignment.org_id).order_by("id"))
    before = next(one for one in models if one.state == ModelState.ACTIVE)
    after = next(one for one in models if one.pk == alignment.model_id)
    check_model_move(after, ModelState.ACTIVE)
    returning = {
        row.pk: row for row in Territory.objects.filter(pk__in=structure.after).exclude(model=before).order_by("id")
    }
    new = [node for key, node in structure.after.items() if key not in structure.before and key not in returning]
    Territory.objects.bulk_create(
        Territory(id=node.id, org_id=alignment.org_id, model=after, name=node.name, area=node.area) for node in new
    )
    staying = list(Territory.objects.filter(model=before, deleted_at=None).order_by("id"))
    as_it_was = {row.pk: Node(row.pk, row.name, row.parent_id, row.area) for row in (*staying, *returning.values())}
    homes = {row.pk: row.model_id for row in (*staying, *returning.values())}
    for row in (*staying, *returning.values()):
        _becomes(row, structure, after)
    Territory.objects.bulk_update([*staying, *returning.values()], ["model", "name", "parent", "area"], batch_size=500)
    _hang(new)
    pictures = _picture(as_it_was, homes, {key for key in as_it_was if key in structure.after}, alignment.org_id)
    _rules(alignment, structure, before, after, pictures)
    before.state, before.archived_at = ModelState.ARCHIVED, at
    before.save(update_fields=["state", "archived_at"])
    after.state, after.activated_at = ModelState.ACTIVE, at
    after.save(update_fields=["state", "activated_at"])
    return _report(structure, before, returning)


def _becomes(row: Territory, structure: Structure, after: TerritoryModel) -> None:
    node = structure.after.get(row.pk)
    row.model = after
    if node is not None:
        row.name, row.area, row.parent_id = node.name, node.area, node.parent
    elif any(other.name == row.name for other in structure.after.values()):
        # It ends in a moment, beside one that takes its name already.
        row.name = f"{row.name[:80]} ({row.pk.hex[-8:]})"


def _hang(new: list[Node]) -> None:
    # After all of them are there: one may hang beneath another that came later.
    rows = [Territory(id=node.id, parent_id=node.parent) for node in new if node.parent is not None]
    Territory.objects.bulk_update(rows, ["parent"], batch_size=500)


def _picture(as_it_was: dict[UUID, Node], homes: dict[UUID, UUID], taken: set[UUID], org_id: UUID) -> dict[UUID, UUID]:
    """Leaves a picture of each territory that went where it stood; returns territory → picture."""
    made = {key: new_id() for key in taken}
    Territory.objects.bulk_create(
        Territory(
            id=picture,
            org_id=org_id,
            model_id=homes[key],
            name=as_it_was[key].name,
            area=as_it_was[key].area,
            origin_id=key,
        )
        for key, picture in made.items()
    )
    hung = [
        Territory(id=picture, parent_id=made.get(parent, parent))
        for key, picture in made.items()
        if (parent := as_it_was[key].parent) is not None
    ]
    Territory.objects.bulk_update(hung, ["parent"], batch_size=500)
    return made


def _rules(
    alignment: Alignment,
    structure: Structure,
    before: TerritoryModel,
    after: TerritoryModel,
    pictures: dict[UUID, UUID],
) -> None:
    old = list(AssignmentRule.objects.filter(model=before, deleted_at=None))
    for rule in old:
        rule.territory_id = pictures.get(rule.territory_id, rule.territory_id)
    AssignmentRule.objects.bulk_update(old, ["territory"], batch_size=500)
    AssignmentRule.objects.bulk_create(
        AssignmentRule(
            org_id=alignment.org_id,
            model=after,
            territory_id=rule.territory,
            priority=rule.priority,
            criteria={name: list(accepted) for name, accepted in rule.criteria.items()},
        )
        for rule in structure.rules_after
    )


def _report(structure: Structure, before: TerritoryModel, returning: dict[UUID, Territory]) -> Report:
    def told(node: Node) -> dict[str, Any]:
        return {"name": node.name, "parent": str(node.parent) if node.parent else None, "area": node.area}

    changed = [
        {"id": str(key), "before": told(structure.before[key]), "after": told(node)}
        for key, node in structure.after.items()
        if key in structure.before and node != structure.before[key]
    ]
    return {
        "model_before": str(before.pk),
        "changed": changed,
        "added": [str(key) for key in structure.after if key not in structure.before],
        "returned": [str(key) for key in returning],
        "closed": {str(key): told(structure.before[key]) for key in structure.closed},
        "heirs": {str(key): str(heir) if heir else None for key, heir in structure.closed.items()},
        "rules_changed": structure.rules_after != structure.rules_before,
        "rules_before": _told_rules(structure.rules_before),
        "rules_after": _told_rules(structure.rules_after),
    }


def _told_rules(rules: list[Rule]) -> list[dict[str, Any]]:
    return [
        {"territory": str(rule.territory), "priority": rule.priority, "criteria": dict(rule.criteria)} for rule in rules
    ]


def retire(alignment: Alignment) -> None:
    """Puts the territories that closed, empty now, where they stood before, under their own names."""
    report = alignment.report
    closed = {UUID(key): values for key, values in report["closed"].items()}
    pictures = dict(
        Territory.objects.filter(model_id=report["model_before"]).exclude(origin=None).values_list("origin_id", "pk")
    )
    rows = list(Territory.objects.filter(pk__in=closed))
    for row in rows:
        parent = closed[row.pk]["parent"]
        row.model_id, row.name = UUID(report["model_before"]), closed[row.pk]["name"]
        row.parent_id = None if parent is None else pictures.get(UUID(parent), UUID(parent))
    Territory.objects.bulk_update(rows, ["model", "name", "parent"], batch_size=500)
