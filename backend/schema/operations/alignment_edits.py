"""One change of a draft, as GraphQL has it: an input of which just one field is given."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.identity.actor import Actor
from backend.identity.queries import person_for
from backend.kit.errors import Invalid
from backend.territories.alignment import edits
from backend.territories.alignment.drafts import Change
from backend.territories.models import TerritoryRole


@strawberry.input(
    description="area is GeoJSON, a Polygon or MultiPolygon. id: your own, so that later edits can name it."
)
class AddTerritoryInput:
    name: str
    parent_id: UUID | None = None
    area: JSON | None = None
    id: UUID | None = None


@strawberry.input(description="What is not given stays as the field has it; null takes area or parent away.")
class AlterTerritoryInput:
    territory_id: UUID
    name: str | None = strawberry.UNSET
    area: JSON | None = strawberry.UNSET
    parent_id: UUID | None = strawberry.UNSET


@strawberry.input(description="heirId inherits what no rule and no area claims, and what was pinned there.")
class CloseTerritoryInput:
    territory_id: UUID
    heir_id: UUID | None = None


@strawberry.input(description="The others' areas and rules are added to intoId, and they close.")
class MergeTerritoriesInput:
    into_id: UUID
    other_ids: list[UUID]


@strawberry.input
class TerritoryPartInput:
    name: str
    area: JSON
    id: UUID | None = None


@strawberry.input(description="New territories beside it, and it keeps of its area what they leave.")
class SplitTerritoryInput:
    territory_id: UUID
    parts: list[TerritoryPartInput]


@strawberry.input(description="role is primary or overlay.")
class TerritoryPostInput:
    territory_id: UUID
    user_id: UUID
    role: str = "primary"


@strawberry.input(
    description="criteria: {postcode: [..], tier: [..]}, all must hold; the lowest priority that matches wins."
)
class AlignmentRuleInput:
    priority: int
    territory_id: UUID
    criteria: JSON


@strawberry.input(description="Just one of these. keep takes back that a territory closes; rules are all rules anew.")
class AlignmentEditInput:
    add: AddTerritoryInput | None = None
    alter: AlterTerritoryInput | None = None
    close: CloseTerritoryInput | None = None
    keep: UUID | None = None
    merge: MergeTerritoriesInput | None = None
    split: SplitTerritoryInput | None = None
    assign: TerritoryPostInput | None = None
    release: TerritoryPostInput | None = None
    rules: list[AlignmentRuleInput] | None = None


def change_of(actor: Actor, given: AlignmentEditInput) -> Change:
    """Returns the change that an input asks for; raises Invalid unless it asks for just one."""
    wanted = [name for name, value in vars(given).items() if value is not None]
    if len(wanted) != 1:
        raise Invalid("BAD_VALUE", "An edit says just one thing.", fields={"edits": f"{len(wanted)} in one"})
    if given.add is not None:
        added = given.add
        return edits.add(added.name, parent=added.parent_id, area=_area(added.area), territory_id=added.id)
    if given.alter is not None:
        return _alter(given.alter)
    if given.close is not None:
        return edits.close(given.close.territory_id, heir=given.close.heir_id)
    if given.keep is not None:
        return edits.keep(given.keep)
    if given.merge is not None:
        return edits.merge(given.merge.into_id, given.merge.other_ids)
    if given.split is not None:
        parts = [(part.name, _area(part.area) or {}, part.id) for part in given.split.parts]
        return edits.split(given.split.territory_id, parts)
    if given.rules is not None:
        return edits.set_rules([(one.priority, one.territory_id, _criteria(one.criteria)) for one in given.rules])
    post = given.assign or given.release
    assert post is not None
    user = person_for(actor, post.user_id)
    return (edits.assign if given.assign else edits.release)(post.territory_id, user.pk, _role(post.role))


def _alter(given: AlterTerritoryInput) -> Change:
    values: dict[str, Any] = {}
    if given.name is not strawberry.UNSET:
        values["name"] = given.name or ""
    if given.area is not strawberry.UNSET:
        values["area"] = _area(given.area)
    if given.parent_id is not strawberry.UNSET:
        values["parent"] = given.parent_id
    return edits.alter(given.territory_id, **values)


def _area(given: object) -> dict[str, Any] | None:
    if given is not None and not isinstance(given, dict):
        raise Invalid("AREA_INVALID", "The area is not GeoJSON.", fields={"area": "is not GeoJSON"})
    return given


def _criteria(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Invalid("RULE_CRITERIA", "criteria is an object of lists.", fields={"criteria": "not an object"})
    return given


def _role(given: str) -> TerritoryRole:
    if given not in TerritoryRole.values:
        raise Invalid("BAD_VALUE", "role is primary or overlay.", fields={"role": "unknown"})
    return TerritoryRole(given)
