"""Live feeds of rows; each event is read and authorised anew."""

from collections.abc import AsyncGenerator
from uuid import UUID

import strawberry

from backend.crm.models import Opportunity as OpportunityRow
from backend.identity.actor import Actor
from backend.schema.context import Info
from backend.schema.live import watch_scope
from backend.schema.operations.plan_runs import PlanRunsSubscription
from backend.schema.types import rows
from backend.schema.types.crm import Opportunity
from backend.territories.coverage import opportunities_seen


@strawberry.type(description="A deal as it stands now.")
class OpportunityEvent:
    opportunity: Opportunity


def _seen(actor: Actor, ids: list[UUID]) -> list[OpportunityRow]:
    return list(opportunities_seen(actor).filter(pk__in=ids).order_by("updated_at", "id"))


@strawberry.type
class LiveSubscription(PlanRunsSubscription):
    @strawberry.subscription(description="Deals in your coverage, as they change.")
    async def opportunity_changed(self, info: Info) -> AsyncGenerator[OpportunityEvent, None]:
        actor = info.context.actor
        return _deals(info, actor)


async def _deals(info: Info, actor: Actor) -> AsyncGenerator[OpportunityEvent, None]:
    async with watch_scope(info.context.run, actor, only=frozenset({"opportunity"})) as scope:
        while True:
            changes, _ = await scope.next()
            ids = list({change.entity_id for change in changes if change.entity == "opportunity"})
            if not ids:
                continue
            for deal in await info.context.run(_seen, actor, ids):
                info.context.forget_loaded()
                yield OpportunityEvent(opportunity=rows.one(Opportunity, deal))
