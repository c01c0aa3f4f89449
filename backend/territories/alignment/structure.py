"""The territories, rules and people as they are now and as a draft wants them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from backend.kit.errors import Invalid
from backend.territories.alignment.plan import Plan, Post
from backend.territories.assignment import Assignment, Node, Rule
from backend.territories.geometry import area_of
from backend.territories.models import Alignment, ModelState, Territory, TerritoryModel, UserTerritory

Posts = dict[UUID, list[Post]]


@dataclass
class Structure:
    """`before` and `after`: the territories by id. `closed`: territory → its heir. `vanished`: what the draft names and the
    field no longer has; nothing is done about it. `people_before` holds those of the instant it was read."""

    model: TerritoryModel | None
    before: dict[UUID, Node]
    after: dict[UUID, Node]
    closed: dict[UUID, UUID | None]
    vanished: list[UUID]
    rules_before: list[Rule]
    rules_after: list[Rule]
    people_before: Posts
    people_after: Posts

    @cached_property
    def engine_before(self) -> Assignment:
        """The rule engine as it is."""
        return Assignment(self.before.values(), self.rules_before)

    @cached_property
    def engine_after(self) -> Assignment:
        """The rule engine as the draft wants it; raises Invalid when a rule or an area is wrong."""
        return Assignment(self.after.values(), self.rules_after)

    @property
    def posts_changed(self) -> set[UUID]:
        """The territories that live on with other people."""
        return {
            one for one in self.after if set(self.people_before.get(one, ())) != set(self.people_after.get(one, ()))
        }

    def check(self) -> None:
        """Refuses names that are doubled, circles, areas that are none, and rules that cannot be meant."""
        names: set[str] = set()
        for node in self.after.values():
            if not node.name.strip() or len(node.name) > 100:
                raise Invalid("BAD_VALUE", "A territory's name has 1 to 100 characters.", fields={"name": "length"})
            if node.name in names:
                raise Invalid("TERRITORY_NAME", f"There are two territories {node.name}.", fields={"name": "doubled"})
            names.add(node.name)
            if node.area is not None:
                area_of(node.area)
            if self._in_circle(node):
                raise Invalid(
                    "TERRITORY_CYCLE", "That would make a circle of territories.", fields={"parentId": "circle"}
                )
        priorities = [rule.priority for rule in self.rules_after]
        if len(set(priorities)) < len(priorities):
            raise Invalid("RULE_PRIORITY", "Two rules have the same priority.", fields={"priority": "doubled"})
        Assignment((), self.rules_after)

    def _in_circle(self, node: Node) -> bool:
        seen, at = {node.id}, node.parent
        while at is not None and at in self.after:
            if at in seen:
                return True
            seen.add(at)
            at = self.after[at].parent
        return False


def active_model(org_id: UUID) -> TerritoryModel | None:
    """Returns the org's active model, None where there is none."""
    return TerritoryModel.objects.filter(org_id=org_id, state=ModelState.ACTIVE, deleted_at=None).first()


def read(alignment: Alignment, at: datetime, plan: Plan | None = None) -> Structure:
    """Reads the field at an instant, and what the draft (or `plan`) makes of it. Four queries."""
    plan = Plan.of(alignment.plan) if plan is None else plan
    model = active_model(alignment.org_id)
    rows = [] if model is None else list(Territory.objects.filter(model=model, deleted_at=None).order_by("id"))
    before = {row.pk: Node(row.pk, row.name, row.parent_id, row.area) for row in rows}
    closed = {one: heir for one, heir in plan.closed.items() if one in before}
    after = {key: node for key, node in before.items() if key not in closed}
    for key, values in plan.added.items():
        after[key] = Node(key, values["name"], values["parent"], values["area"])
    for key, values in plan.changed.items():
        if key in after:
            after[key] = replace(after[key], **values)
    after = {key: replace(node, parent=_above(node.parent, after, before)) for key, node in after.items()}
    rules = [] if model is None else list(model.rules.filter(deleted_at=None).order_by("priority"))
    rules_before = [Rule(one.priority, one.territory_id, one.criteria) for one in rules]
    wanted = rules_before if plan.rules is None else [_rule(one) for one in plan.rules]
    people_before = _people(alignment.org_id, before, at)
    return Structure(
        model=model,
        before=before,
        after=after,
        closed={one: heir if heir in after else None for one, heir in closed.items()},
        vanished=[one for one in (*plan.changed, *plan.closed) if one not in before and one not in plan.added],
        rules_before=rules_before,
        rules_after=[rule for rule in wanted if rule.territory in after],
        people_before=people_before,
        people_after=_posted(people_before, plan, after),
    )


def _rule(kept: dict[str, Any]) -> Rule:
    return Rule(kept["priority"], kept["territory"], kept["criteria"])


def _above(parent: UUID | None, after: dict[UUID, Node], before: dict[UUID, Node]) -> UUID | None:
    """Returns the nearest parent that lives on: a territory beneath one that closes moves up."""
    seen: set[UUID] = set()
    while parent is not None and parent not in after and parent not in seen:
        seen.add(parent)
        parent = before[parent].parent if parent in before else None
    return parent if parent in after else None


def _people(org_id: UUID, territories: Collection[UUID], at: datetime) -> Posts:
    spans = UserTerritory.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=at),
        org_id=org_id,
        territory__in=list(territories),
        deleted_at=None,
        valid_from__lte=at,
        user__is_active=True,
    ).order_by("valid_from", "id")
    posts: Posts = {}
    for territory, user, role in spans.values_list("territory_id", "user_id", "role"):
        posts.setdefault(territory, []).append(Post(territory, user, role))
    return posts


def _posted(before: Posts, plan: Plan, after: Collection[UUID]) -> Posts:
    posts = {territory: list(there) for territory, there in before.items() if territory in after}
    for wanted in plan.people:
        if wanted.territory not in after:
            continue
        there = posts.setdefault(wanted.territory, [])
        post = replace(wanted, given=True)
        if wanted.given and post not in there:
            there.append(post)
        elif not wanted.given and post in there:
            there.remove(post)
    return {territory: there for territory, there in posts.items() if there}


def covered(user_id: UUID, at: datetime) -> set[UUID]:
    """Returns the territories that a person works or leads at an instant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM visible_territories(%s, %s)", [user_id, at])
        return {one for (one,) in cursor.fetchall()}
