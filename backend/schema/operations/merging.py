"""Making one account of two."""

from typing import Any
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.merging import actions, queries
from backend.merging.models import AccountMerge as AccountMergeRow
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.paging import Window, ordered_by
from backend.schema.types import rows
from backend.schema.types.crm import Account
from backend.schema.types.identity import User
from backend.schema.types.merging import AccountMerge, MergePreview, merged_fields, moved_rows
from backend.schema.types.pages import Connection
from backend.territories.coverage import account_for


@strawberry.input(description="Whose value of a field stands: take is winner or loser. Consent is not chosen.")
class MergeChoice:
    field: str
    take: str


@strawberry.input(description="loserId is taken into winnerId.")
class MergeAccountsInput:
    loser_id: UUID
    winner_id: UUID
    choices: list[MergeChoice] = strawberry.field(default_factory=list)


@strawberry.type
class AccountMergePayload:
    merge: AccountMerge
    account: Account


def _choices(given: list[MergeChoice]) -> dict[str, str]:
    return {one.field: one.take for one in given}


@strawberry.type
class MergingQuery:
    @strawberry.field(description="What mergeAccounts would do, without doing it. Managers and admins.")
    async def preview_account_merge(self, info: Info, input: MergeAccountsInput) -> MergePreview:
        actor = info.context.actor
        plan = await info.context.run(
            lambda: queries.preview(
                actor=actor,
                loser=queries.account_named(actor, input.loser_id, "loserId"),
                winner=queries.account_named(actor, input.winner_id, "winnerId"),
                choices=_choices(input.choices),
            )
        )
        people = await info.context.load.user.load_many(plan.gaining)
        return MergePreview(
            moves=moved_rows(plan.counts),
            fields=merged_fields([one.as_json() for one in plan.outcomes]),
            gaining=rows.many(User, [one for one in people if one is not None]),
        )

    @strawberry.field(description="The merges that an account took part in, newest first, undone ones too.")
    async def account_merges(
        self,
        info: Info,
        account_id: UUID,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AccountMerge]:
        actor = info.context.actor

        def seen() -> QuerySet[Any]:
            account = account_for(actor, account_id)
            return queries.merges_of(actor, account.pk)

        return reads.a_page(AccountMerge, seen, ordered_by("-merged_at"), Window(first, after, last, before))


@strawberry.type
class MergingMutation:
    @strawberry.mutation(
        description="Takes one account into another, whose id the loser's leads to from then on; again, it returns the merge "
        "that stands. Managers of both, and admins."
    )
    async def merge_accounts(self, info: Info, input: MergeAccountsInput) -> AccountMergePayload:
        actor = info.context.actor

        def act() -> AccountMergePayload:
            merge = actions.merge_accounts(
                actor=actor,
                loser=queries.account_named(actor, input.loser_id, "loserId"),
                winner=queries.account_named(actor, input.winner_id, "winnerId"),
                choices=_choices(input.choices),
            )
            return _payload(actor, merge, merge.survivor_id)

        return await info.context.run(act)

    @strawberry.mutation(description="Takes a merge back, within 30 days; account is the one that stands again.")
    async def undo_account_merge(self, info: Info, merge_id: UUID) -> AccountMergePayload:
        actor = info.context.actor

        def act() -> AccountMergePayload:
            merge = actions.undo_merge(actor=actor, merge=queries.merge_for(actor, merge_id))
            return _payload(actor, merge, merge.loser_id)

        return await info.context.run(act)


def _payload(actor: Actor, merge: AccountMergeRow, account_id: UUID) -> AccountMergePayload:
    account = account_for(actor, account_id)
    return AccountMergePayload(merge=rows.one(AccountMerge, merge), account=rows.one(Account, account))
