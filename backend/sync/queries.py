"""Reading the inbox: one's own issues, and of those beneath, for who leads."""

from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.sync.models import SyncIssue
from backend.sync.rules import issue_not_found
from backend.territories.coverage import visible


def issues_seen(actor: Actor) -> QuerySet[SyncIssue]:
    """Returns the issues of the actor and of those beneath them."""
    return visible(SyncIssue.objects.all(), actor, root="user_id")


def conflicts_seen(actor: Actor) -> QuerySet[SyncIssue]:
    """Returns the issues in which others changed fields meanwhile."""
    return issues_seen(actor).exclude(fields=[])


def issue_for(actor: Actor, issue_id: UUID) -> SyncIssue:
    """Returns an issue of the actor's, or of somebody beneath them; raises NotFound."""
    issue = issues_seen(actor).filter(pk=issue_id).first()
    if issue is None:
        raise issue_not_found()
    return issue
