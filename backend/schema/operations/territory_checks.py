"""What is wrong with areas and rules, and why an account lies where it lies. For managers and admins."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.territories import Territory
from backend.territories import checking
from backend.territories.assignment import Conflict, Rule
from backend.territories.coverage import account_for, visible_roots_sql
from backend.territories.models import Territory as TerritoryRow
from backend.territories.rules import check_leads
from backend.territories.validation import Problem, area_of_features

_MOST = 100


@strawberry.input(description="An area (GeoJSON) to be looked at in the place of the one that a territory has.")
class DrawnAreaInput:
    territory_id: UUID
    area: JSON


@strawberry.type(description="A point.")
class ProblemPlace:
    lat: float
    lng: float


@strawberry.type(
    description="Something wrong with an area. code: AREA_INVALID, OUTSIDE_WORLD, ANTIMERIDIAN, SELF_CROSSING, OVERLAP; "
    "HOLE and GAP may be meant. geometry (GeoJSON) is the place itself, remedy an area without the problem."
)
class AreaProblem:
    code: str
    message: str
    territory_ids: list[UUID]
    at: ProblemPlace | None
    km2: float | None
    geometry: JSON | None
    remedy: JSON | None


@strawberry.type(description="A rule of the active model: the lowest priority that matches wins.")
class TerritoryRule:
    priority: int
    territory_id: UUID
    criteria: JSON


@strawberry.type(
    description="Something odd about a rule. code: RULES_CLAIM_THE_SAME (winner goes before it), RULE_NEVER_WINS, "
    "RULE_MEETS_NOBODY, PINS_HOLD_OUT; accounts says for how many."
)
class RuleConflict:
    code: str
    message: str
    rule: TerritoryRule
    winner: TerritoryRule | None
    accounts: int


@strawberry.type(
    description="Where an account lies and why. source: pin, rule, geometry, manual. wouldBe is what pins, rules and areas say "
    "now, wouldBeBy which of them; rules are those that it meets, the first wins; areas those that hold it, the lowest first."
)
class AccountPlacement:
    territory: Territory | None
    source: str
    since: datetime | None
    would_be: Territory | None
    would_be_by: str | None
    rules: list[TerritoryRule]
    areas: list[Territory]


@strawberry.type
class TerritoryChecksQuery:
    @strawberry.field(
        description="What is wrong with the areas of the active model, at most 100; with drawn, as if it were so. "
        "Managers and admins."
    )
    async def territory_problems(self, info: Info, drawn: list[DrawnAreaInput] | None = None) -> list[AreaProblem]:
        actor = info.context.actor
        wanted: dict[UUID, Any] = {one.territory_id: one.area for one in drawn or []}
        found = await info.context.run(lambda: checking.problems(actor, wanted))
        return [_problem(one) for one in found[:_MOST]]

    @strawberry.field(description="What is odd about the rules of the active model, at most 100. Managers and admins.")
    async def rule_conflicts(self, info: Info) -> list[RuleConflict]:
        actor = info.context.actor

        def read() -> list[RuleConflict]:
            found = checking.conflicts(actor)[:_MOST]
            whom = {one.rule.territory for one in found} | {one.winner.territory for one in found if one.winner}
            names = dict(TerritoryRow.objects.filter(org_id=actor.org_id, pk__in=whom).values_list("id", "name"))
            return [_conflict(one, names) for one in found]

        return await info.context.run(read)

    @strawberry.field(description="Where an account lies, and why. Managers and admins.")
    async def account_placement(self, info: Info, account_id: UUID) -> AccountPlacement:
        actor = info.context.actor

        def read() -> AccountPlacement:
            placed = checking.placed(actor, account_for(actor, account_id))
            decision = placed.found.decision
            named = [placed.territory, decision.territory if decision else None, *placed.found.areas]
            shown = TerritoryRow.objects.filter(org_id=actor.org_id, pk__in=visible_roots_sql(actor))
            known = shown.in_bulk([one for one in named if one is not None])
            return AccountPlacement(
                territory=rows.maybe(Territory, known.get(placed.territory) if placed.territory else None),
                source=placed.source,
                since=placed.since,
                would_be=rows.maybe(Territory, known.get(decision.territory) if decision else None),
                would_be_by=decision.source if decision else None,
                rules=[_rule(one) for one in placed.found.rules],
                areas=rows.many(Territory, [known[one] for one in placed.found.areas if one in known]),
            )

        return await info.context.run(read)

    @strawberry.field(
        description="The joined area of the features of a FeatureCollection whose property `name` is one of `values`: "
        "counties, districts. It is what addTerritory and alterTerritory take as area."
    )
    async def area_of_features(self, info: Info, collection: JSON, name: str, values: list[str]) -> JSON:
        check_leads(info.context.actor)
        collected: Any = collection if isinstance(collection, dict) else {}
        return JSON(area_of_features(collected, name=name, values=values))


def _problem(one: Problem) -> AreaProblem:
    return AreaProblem(
        code=one.code,
        message=one.message,
        territory_ids=list(one.territories),
        at=None if one.at is None else ProblemPlace(lat=one.at.lat, lng=one.at.lng),
        km2=one.km2,
        geometry=None if one.geometry is None else JSON(dict(one.geometry)),
        remedy=None if one.remedy is None else JSON(dict(one.remedy)),
    )


def _rule(one: Rule) -> TerritoryRule:
    return TerritoryRule(priority=one.priority, territory_id=one.territory, criteria=JSON(dict(one.criteria)))


def _conflict(one: Conflict, names: dict[UUID, str]) -> RuleConflict:
    mine = f"Rule {one.rule.priority} ({names.get(one.rule.territory, 'closed')})"
    if one.winner is not None:
        other = f"rule {one.winner.priority} ({names.get(one.winner.territory, 'closed')})"
        told = f"{mine} and {other} both claim {one.accounts} accounts; {other} wins, its number is lower."
    elif one.code == "RULE_NEVER_WINS":
        told = f"{mine} meets {one.accounts} accounts, and rules before it take all of them."
    elif one.code == "PINS_HOLD_OUT":
        told = f"{mine} meets {one.accounts} accounts that are pinned elsewhere; a pin goes before a rule."
    else:
        told = f"{mine} meets no account."
    return RuleConflict(
        code=one.code,
        message=told,
        rule=_rule(one.rule),
        winner=None if one.winner is None else _rule(one.winner),
        accounts=one.accounts,
    )
