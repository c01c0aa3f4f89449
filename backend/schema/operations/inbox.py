"""The inbox: of oneself, and of those beneath."""

from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.paging import Window, ordered_by
from backend.schema.types import rows
from backend.schema.types.inbox import SyncIssue
from backend.schema.types.pages import Connection
from backend.sync import queries
from backend.sync.actions import resolve_issue
from backend.sync.models import IssueState
from backend.sync.models import SyncIssue as SyncIssueRow
from backend.sync.rules import check_resolution


@strawberry.input(description="All that is given must hold.")
class SyncIssueFilter:
    state: str | None = None
    user_id: UUID | None = None
    code: str | None = None


@strawberry.input(description="action: retry, keepMine or discard; fields: only these of those in conflict.")
class ResolveSyncIssueInput:
    id: UUID
    action: str
    fields: list[str] | None = None


@strawberry.type(description="done: it is settled. Otherwise it is still open, and says why.")
class ResolveSyncIssuePayload:
    issue: SyncIssue
    done: bool


def _listed(
    info: Info, window: Window, where: SyncIssueFilter | None, *, conflicts: bool = False
) -> Connection[SyncIssue]:
    actor = info.context.actor

    def listed() -> QuerySet[SyncIssueRow]:
        found = queries.conflicts_seen(actor) if conflicts else queries.issues_seen(actor)
        for name in ("state", "user_id", "code"):
            if where is not None and (value := getattr(where, name)) is not None:
                found = found.filter(**{name: value})
        return found

    return reads.a_page(SyncIssue, listed, ordered_by("-created_at"), window)


@strawberry.type
class InboxQuery:
    @strawberry.field(description="What could not be applied as sent, of yourself and those beneath you; newest first.")
    async def sync_issues(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: SyncIssueFilter | None = None,
    ) -> Connection[SyncIssue]:
        return _listed(info, Window(first, after, last, before), filter)

    @strawberry.field(description="Those of them in which others changed fields meanwhile, field by field.")
    async def sync_conflicts(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: SyncIssueFilter | None = None,
    ) -> Connection[SyncIssue]:
        return _listed(info, Window(first, after, last, before), filter, conflicts=True)

    @strawberry.field
    async def sync_issue(self, info: Info, id: UUID) -> SyncIssue:
        actor = info.context.actor
        return reads.one(
            SyncIssue, lambda: queries.issues_seen(actor).filter(pk=id), lambda: queries.issue_for(actor, id)
        )


@strawberry.type
class InboxMutation:
    @strawberry.mutation(description="Tries it again, writes what was wanted over what stands, or puts it away.")
    async def resolve_sync_issue(self, info: Info, input: ResolveSyncIssueInput) -> ResolveSyncIssuePayload:
        actor = info.context.actor

        def act() -> SyncIssueRow:
            return resolve_issue(
                actor=actor,
                issue=queries.issue_for(actor, input.id),
                action=check_resolution(input.action),
                fields=input.fields,
            )

        issue = await info.context.run(act)
        return ResolveSyncIssuePayload(issue=rows.one(SyncIssue, issue), done=issue.state != IssueState.OPEN)
