"""A deal's own fields, and what it is about."""

from datetime import date
from uuid import UUID

import strawberry

from backend.crm import actions, deal_lines, queries
from backend.crm.models import Opportunity as OpportunityRow
from backend.crm.models import OpportunityLine as LineRow
from backend.kit.ids import new_id
from backend.schema.changes import BASE_VERSION, given, told
from backend.schema.context import Info
from backend.schema.masks import writable
from backend.schema.operations.crm import OpportunityPayload
from backend.schema.types import rows
from backend.schema.types.crm import Opportunity, OpportunityLine
from backend.territories.coverage import line_for, opportunity_for


@strawberry.input(description="Only the fields given are changed. amount: decimal text in the org's currency.")
class OpportunityChanges:
    name: str | None = strawberry.UNSET
    amount: str | None = strawberry.UNSET
    close_date: date | None = strawberry.UNSET
    notes: str | None = strawberry.UNSET


@strawberry.input(description="quantity and unitPrice: decimal text. Without a price, the catalogue's.")
class AddOpportunityLineInput:
    opportunity_id: UUID
    product_id: UUID
    quantity: str
    unit_price: str | None = None
    id: UUID | None = None


@strawberry.input(description="Only the fields given are changed; decimal text.")
class OpportunityLineChanges:
    quantity: str | None = strawberry.UNSET
    unit_price: str | None = strawberry.UNSET


@strawberry.type
class OpportunityLinePayload:
    line: OpportunityLine | None


@strawberry.type
class DealsMutation:
    @strawberry.mutation(description=f"Changes plain fields of a deal. baseVersion: {BASE_VERSION}")
    async def edit_opportunity(
        self, info: Info, opportunity_id: UUID, changes: OpportunityChanges, base_version: int | None = None
    ) -> OpportunityPayload:
        actor = info.context.actor

        @told
        def act() -> OpportunityRow:
            deal = opportunity_for(actor, opportunity_id)
            return actions.edit_opportunity(
                actor=actor,
                opportunity=deal,
                changes=writable(given(changes), actor, OpportunityRow),
                base_version=base_version,
            )

        return OpportunityPayload(opportunity=rows.one(Opportunity, await info.context.run(act)))

    @strawberry.mutation(description="Puts a product into a deal.")
    async def add_opportunity_line(self, info: Info, input: AddOpportunityLineInput) -> OpportunityLinePayload:
        actor = info.context.actor

        @told
        def act() -> LineRow:
            deal = opportunity_for(actor, input.opportunity_id)
            writable({"quantity": input.quantity}, actor, LineRow)
            return deal_lines.add_line(
                actor=actor,
                opportunity=deal,
                line_id=input.id or new_id(),
                product=queries.product_for(actor, input.product_id),
                quantity=input.quantity,
                unit_price=input.unit_price,
            )

        return OpportunityLinePayload(line=rows.one(OpportunityLine, await info.context.run(act)))

    @strawberry.mutation(description=f"Changes quantity or price of a line of a deal. baseVersion: {BASE_VERSION}")
    async def edit_opportunity_line(
        self, info: Info, line_id: UUID, changes: OpportunityLineChanges, base_version: int | None = None
    ) -> OpportunityLinePayload:
        actor = info.context.actor

        @told
        def act() -> LineRow:
            line = line_for(actor, line_id)
            return deal_lines.change_line(actor=actor, line=line, changes=given(changes), base_version=base_version)

        return OpportunityLinePayload(line=rows.one(OpportunityLine, await info.context.run(act)))

    @strawberry.mutation(description=f"Takes a product out of a deal. baseVersion: {BASE_VERSION}")
    async def remove_opportunity_line(
        self, info: Info, line_id: UUID, base_version: int | None = None
    ) -> OpportunityLinePayload:
        actor = info.context.actor

        @told
        def act() -> LineRow:
            return deal_lines.remove_line(actor=actor, line=line_for(actor, line_id), base_version=base_version)

        return OpportunityLinePayload(line=rows.one(OpportunityLine, await info.context.run(act)))
