"""Accounts that became one."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.merging import models
from backend.merging.rules import undoable_until
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types.crm import Account
from backend.schema.types.edges import edge
from backend.schema.types.identity import User


@strawberry.type(description="How many rows of one kind go from the loser to the winner.")
class MovedRows:
    what: str
    count: int


@strawberry.type(
    description="One field of two accounts: both values, what stands afterwards, and whose that is (winner, loser, both or "
    "same). conflict: two values stood against one another and one gave way."
)
class MergedField:
    field: str
    winner: JSON | None
    loser: JSON | None
    result: JSON | None
    taken: str
    conflict: bool


@strawberry.type(description="What a merge would do; gaining are those who will be shown the winner.")
class MergePreview:
    moves: list[MovedRows]
    fields: list[MergedField]
    gaining: list[User]


@shows(models.AccountMerge, fields=(models.AccountMerge, "outcomes"), moves=(models.AccountMerge, "journal"))
@strawberry.type(description="One account taken into another; leftAsIs names what an undo found changed and let be.")
class AccountMerge:
    id: UUID
    loser_id: UUID
    winner_id: UUID
    merged_at: datetime
    undone_at: datetime | None
    left_as_is: list[str]

    account: Account | None = edge(sources.ACCOUNT, "survivor_id", description="Where the loser's id leads today.")

    merged_by: User | None = edge(sources.USER, "merged_by_id")

    undone_by: User | None = edge(sources.USER, "undone_by_id")

    @strawberry.field(description="Until when it can be undone.")
    def undoable_until(self) -> datetime:
        return undoable_until(self)  # type: ignore[arg-type]

    @strawberry.field
    def fields(self) -> list[MergedField]:
        return merged_fields(self.outcomes)  # type: ignore[attr-defined]

    @strawberry.field
    def moves(self) -> list[MovedRows]:
        counts: dict[str, int] = {}
        for table, _, ids in self.journal["moves"]:  # type: ignore[attr-defined]
            name = table.partition(".")[2]
            counts[name] = counts.get(name, 0) + len(ids)
        return moved_rows(counts)


def merged_fields(outcomes: list[dict[str, Any]]) -> list[MergedField]:
    """Returns outcomes, as they are kept, as GraphQL has them."""
    return [MergedField(**one) for one in outcomes]


def moved_rows(counts: dict[str, int]) -> list[MovedRows]:
    """Returns counts by kind as GraphQL has them."""
    return [MovedRows(what=what, count=count) for what, count in sorted(counts.items())]
