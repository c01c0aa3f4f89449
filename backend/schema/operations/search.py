"""Search in names and notes."""

from enum import Enum
from uuid import UUID

import strawberry

from backend.schema.context import Info
from backend.schema.paging import check_first
from backend.schema.types import rows
from backend.schema.types.crm import Account
from backend.territories import searching


@strawberry.enum
class SearchKind(Enum):
    ACCOUNT = "account"
    CONTACT = "contact"
    OPPORTUNITY = "opportunity"


@strawberry.type(
    description="Something found. id: of the account, of the person's part in it (Contact), or of the deal. rank: higher is nearer."
)
class SearchHit:
    kind: SearchKind
    id: UUID
    title: str
    account_id: UUID | None
    rank: float

    @strawberry.field(description="The account, or that of the person or the deal.")
    async def account(self, info: Info) -> Account | None:
        if self.account_id is None:
            return None
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))


@strawberry.type
class SearchQuery:
    @strawberry.field(
        description="Accounts (by name, number, notes, place), people and deals in the caller's coverage, the nearest first. "
        "Every word is to be found, the last one by its beginning; Chinese, Japanese and Korean by any piece."
    )
    async def search(
        self, info: Info, text: str, kinds: list[SearchKind] | None = None, first: int = 20
    ) -> list[SearchHit]:
        actor = info.context.actor
        check_first(first)
        asked = {one.value for one in (kinds or SearchKind)}
        found = await info.context.run(lambda: searching.found(actor, text, asked, first))
        return [
            SearchHit(kind=SearchKind(one.kind), id=one.id, title=one.title, account_id=one.account_id, rank=one.rank)
            for one in found
        ]
