"""Territories, and moving accounts between them."""

from datetime import datetime
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.crm.models import Account as AccountRow
from backend.identity.queries import person_for
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.crm import Account
from backend.schema.types.territories import Territory, TerritoryMove
from backend.territories import actions, moving
from backend.territories.coverage import account_for, visible_roots_sql
from backend.territories.models import AssignmentSource
from backend.territories.models import Territory as TerritoryRow
from backend.territories.models import TerritoryMove as TerritoryMoveRow
from backend.territories.queries import moves_seen, territory_for


@strawberry.type
class AccountMovedPayload:
    account: Account
    territory: Territory
    valid_from: datetime


@strawberry.type
class TerritoryMovePayload:
    move: TerritoryMove


@strawberry.type
class SharePayload:
    account: Account


@strawberry.type
class TerritoriesQuery:
    @strawberry.field(description="The territories in the caller's coverage.")
    async def territories(self, info: Info) -> list[Territory]:
        actor = info.context.actor

        def seen() -> QuerySet[TerritoryRow]:
            found = TerritoryRow.objects.filter(org_id=actor.org_id, pk__in=visible_roots_sql(actor), deleted_at=None)
            return found.order_by("name", "id")[:100]

        return reads.a_list(Territory, seen)

    @strawberry.field(
        description="Territories whose accounts were moved as a whole, newest first. Managers and admins."
    )
    async def territory_moves(self, info: Info) -> list[TerritoryMove]:
        actor = info.context.actor
        return reads.a_list(TerritoryMove, lambda: moves_seen(actor)[:100])


@strawberry.type
class TerritoriesMutation:
    @strawberry.mutation(description="Moves an account into a territory, now. Managers and admins.")
    async def move_account(
        self, info: Info, account_id: UUID, territory_id: UUID, pin: bool = False
    ) -> AccountMovedPayload:
        actor = info.context.actor

        def act() -> AccountMovedPayload:
            account, territory = account_for(actor, account_id), territory_for(actor, territory_id)
            source = AssignmentSource.PIN if pin else AssignmentSource.MANUAL
            placed = actions.place_account(actor=actor, account=account, territory=territory, source=source)
            return AccountMovedPayload(
                account=rows.one(Account, account),
                territory=rows.one(Territory, territory),
                valid_from=placed.valid_from,
            )

        return await info.context.run(act)

    @strawberry.mutation(
        description="Moves every account of a territory into another, in the background; pinned ones stay. "
        "territoryMoves tells how far it is. Managers and admins."
    )
    async def move_territory_accounts(
        self, info: Info, from_territory_id: UUID, to_territory_id: UUID
    ) -> TerritoryMovePayload:
        actor = info.context.actor

        def act() -> TerritoryMoveRow:
            source, target = territory_for(actor, from_territory_id), territory_for(actor, to_territory_id)
            return moving.move_all(actor=actor, source=source, target=target)

        return TerritoryMovePayload(move=rows.one(TerritoryMove, await info.context.run(act)))

    @strawberry.mutation(description="Shows an account to one more person of the org.")
    async def share_account(
        self, info: Info, account_id: UUID, user_id: UUID, until: datetime | None = None
    ) -> SharePayload:
        actor = info.context.actor

        def act() -> AccountRow:
            account = account_for(actor, account_id)
            actions.share_account(actor=actor, account=account, user=person_for(actor, user_id), until=until)
            return account

        return SharePayload(account=rows.one(Account, await info.context.run(act)))

    @strawberry.mutation(description="Ends the sharing.")
    async def unshare_account(self, info: Info, account_id: UUID, user_id: UUID) -> SharePayload:
        actor = info.context.actor

        def act() -> AccountRow:
            account = account_for(actor, account_id)
            actions.unshare_account(actor=actor, account=account, user=person_for(actor, user_id))
            return account

        return SharePayload(account=rows.one(Account, await info.context.run(act)))
