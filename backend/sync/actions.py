"""Writing what sync itself keeps: the inbox of things that could not be applied."""

from uuid import UUID

from django.db import transaction

from backend.identity.actor import Actor
from backend.kit.errors import NotFound
from backend.sync.models import IssueState, SyncIssue


@transaction.atomic
def resolve_issue(*, actor: Actor, issue_id: UUID) -> SyncIssue:
    """Marks one of the actor's own issues as seen to; doing it twice changes nothing."""
    issue = SyncIssue.objects.select_for_update().filter(pk=issue_id, user_id=actor.user_id, deleted_at=None).first()
    if issue is None:
        raise NotFound("ISSUE_NOT_FOUND", "There is no such issue for you.", fields={"entityId": "not found"})
    if issue.state == IssueState.OPEN:
        issue.state = IssueState.RESOLVED
        issue.save(update_fields=["state"])
    return issue
