"""Quotas: setting them for people, and seeing how far they are."""

from datetime import date
from uuid import UUID

import strawberry

from backend.quotas import actions, queries
from backend.quotas.actions import Asked
from backend.quotas.models import Quota as QuotaRow
from backend.schema.context import Info
from backend.schema.paging import Slice, Window, ordered_by, page
from backend.schema.types import rows
from backend.schema.types.pages import Connection, connection_of
from backend.schema.types.quotas import Quota
from backend.territories.coverage import user_for


@strawberry.input(
    description="measure: won, ordered or visits. target: a decimal number as text, of visits a whole one. currency: left out, "
    "the org's."
)
class SetQuotasInput:
    user_ids: list[UUID]
    measure: str
    first_day: date
    last_day: date
    target: str
    currency: str | None = None


@strawberry.type
class QuotasPayload:
    quotas: list[Quota]


@strawberry.type
class QuotasQuery:
    @strawberry.field(
        description="Your quotas and those of people beneath you, newest first; of one person (userId), or that hold on a day (on)."
    )
    async def quotas(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        user_id: UUID | None = None,
        on: date | None = None,
    ) -> Connection[Quota]:
        actor = info.context.actor

        def read() -> Slice[QuotaRow]:
            found = queries.quotas_seen(actor, user_id=user_id, on=on)
            shown = page(found, ordered_by("-created_at"), Window(first, after, last, before))
            queries.figured(shown.rows)
            return shown

        return connection_of(Quota, await info.context.run(read))


@strawberry.type
class QuotasMutation:
    @strawberry.mutation(
        description="Sets a quota for each of the people; one of the same measure and days is changed. Managers, for people beneath "
        "them, and admins."
    )
    async def set_quotas(self, info: Info, input: SetQuotasInput) -> QuotasPayload:
        actor = info.context.actor

        def act() -> list[QuotaRow]:
            people = [user_for(actor, one) for one in dict.fromkeys(input.user_ids)]
            asked = Asked(input.measure, input.first_day, input.last_day, input.target, input.currency)
            return queries.figured(actions.set_quotas(actor=actor, people=people, asked=asked))

        return QuotasPayload(quotas=rows.many(Quota, await info.context.run(act)))

    @strawberry.mutation(description="Takes a quota away.")
    async def drop_quota(self, info: Info, quota_id: UUID) -> QuotasPayload:
        actor = info.context.actor

        def act() -> list[QuotaRow]:
            return queries.figured([actions.drop_quota(actor=actor, quota=queries.quota_for(actor, quota_id))])

        return QuotasPayload(quotas=rows.many(Quota, await info.context.run(act)))
