"""Accounts and deals."""

from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.crm import actions, queries
from backend.crm.models import Account as AccountRow
from backend.crm.models import Opportunity as OpportunityRow
from backend.kit.geo import checked_point
from backend.schema.changes import BASE_VERSION, given, told
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.filters.conditions import narrowed
from backend.schema.filters.inputs import AccountFilter, AccountOrder, OpportunityFilter, OpportunityOrder
from backend.schema.filters.orders import asked_order
from backend.schema.paging import Window, check_first, most_for, ordered_by
from backend.schema.types import rows
from backend.schema.types.crm import Account, Opportunity, Pipeline, Product
from backend.schema.types.pages import Connection
from backend.territories import nearby
from backend.territories.coverage import account_for, opportunities_seen, opportunity_for, visible


@strawberry.type(description="An account and its distance in metres.")
class NearbyAccount:
    account: Account
    distance_m: float


@strawberry.input(description="Only the fields given are changed.")
class AccountChanges:
    name: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    segment: str | None = strawberry.UNSET
    notes: str | None = strawberry.UNSET
    number: str | None = strawberry.UNSET
    lifecycle: str | None = strawberry.UNSET
    tier: str | None = strawberry.UNSET
    service_minutes: int | None = strawberry.UNSET
    boost: int | None = strawberry.UNSET
    visit_windows: JSON | None = strawberry.UNSET
    consent: JSON | None = strawberry.UNSET
    tags: list[str] | None = strawberry.UNSET
    displays: int | None = strawberry.UNSET
    journal: str | None = strawberry.UNSET


@strawberry.type
class AccountPayload:
    account: Account


@strawberry.type
class OpportunityPayload:
    opportunity: Opportunity


@strawberry.type
class CrmQuery:
    @strawberry.field(description="Accounts in the caller's coverage, by name where nothing else is said.")
    async def accounts(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: AccountFilter | None = None,
        order_by: list[AccountOrder] | None = None,
    ) -> Connection[Account]:
        actor = info.context.actor
        return reads.a_page(
            Account,
            lambda: narrowed(visible(AccountRow.objects.all(), actor, root="id"), actor, filter),
            asked_order(actor, order_by, ordered_by("name")),
            Window(first, after, last, before, most_for(actor)),
        )

    @strawberry.field
    async def account(self, info: Info, id: UUID) -> Account:
        actor = info.context.actor
        return reads.one(
            Account, lambda: visible(AccountRow.objects.filter(pk=id), actor, root="id"), lambda: account_for(actor, id)
        )

    @strawberry.field(description="The nearest accounts in the caller's coverage, nearest first.")
    async def nearby_accounts(self, info: Info, lat: float, lng: float, first: int = 20) -> list[NearbyAccount]:
        actor = info.context.actor
        check_first(first)
        point = checked_point(lat, lng)
        found = await info.context.run(lambda: nearby.accounts(actor, point, first))
        return [NearbyAccount(account=rows.one(Account, account), distance_m=metres) for account, metres in found]

    @strawberry.field(description="Deals in the caller's coverage, by name where nothing else is said.")
    async def opportunities(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: OpportunityFilter | None = None,
        order_by: list[OpportunityOrder] | None = None,
    ) -> Connection[Opportunity]:
        actor = info.context.actor
        return reads.a_page(
            Opportunity,
            lambda: narrowed(opportunities_seen(actor), actor, filter),
            asked_order(actor, order_by, ordered_by("name")),
            Window(first, after, last, before, most_for(actor)),
        )

    @strawberry.field
    async def opportunity(self, info: Info, id: UUID) -> Opportunity:
        actor = info.context.actor
        return reads.one(
            Opportunity, lambda: opportunities_seen(actor).filter(pk=id), lambda: opportunity_for(actor, id)
        )

    @strawberry.field
    async def pipelines(self, info: Info) -> list[Pipeline]:
        actor = info.context.actor
        return reads.a_list(Pipeline, lambda: queries.pipelines(actor)[:100])

    @strawberry.field(description="The catalogue, by name.")
    async def products(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Product]:
        actor = info.context.actor
        return reads.a_page(
            Product,
            lambda: queries.products(actor),
            ordered_by("name"),
            Window(first, after, last, before, most_for(actor)),
        )


@strawberry.type
class CrmMutation:
    @strawberry.mutation(description=f"Changes plain fields of an account. baseVersion: {BASE_VERSION}")
    async def edit_account(
        self, info: Info, id: UUID, changes: AccountChanges, base_version: int | None = None
    ) -> AccountPayload:
        actor = info.context.actor

        @told
        def act() -> AccountRow:
            account = account_for(actor, id)
            return actions.edit_account(actor=actor, account=account, changes=given(changes), base_version=base_version)

        return AccountPayload(account=rows.one(Account, await info.context.run(act)))

    @strawberry.mutation(
        description="Moves a deal to a stage of its pipeline, and records it. baseStageId: where you saw it; elsewhere by "
        "now, STAGE_MOVED_MEANWHILE."
    )
    async def move_stage(
        self,
        info: Info,
        opportunity_id: UUID,
        stage_id: UUID,
        reason: str = "",
        base_stage_id: UUID | None = None,
    ) -> OpportunityPayload:
        actor = info.context.actor

        @told
        def act() -> OpportunityRow:
            return actions.move_stage(
                actor=actor,
                opportunity=opportunity_for(actor, opportunity_id),
                stage=queries.stage_for(actor, stage_id),
                reason=reason,
                base_stage_id=base_stage_id,
            )

        return OpportunityPayload(opportunity=rows.one(Opportunity, await info.context.run(act)))
