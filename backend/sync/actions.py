"""Settling what could not be applied: tried again, insisted on, or put away; by its person, or by who leads them."""

from collections.abc import Collection

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.tokens import actor_of
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.sync import issues, judge, rules
from backend.sync.models import IssueState, Resolution, SyncIssue
from backend.sync.mutators.registry import Caller, Outcome
from backend.sync.protocol import Status


@transaction.atomic
def resolve_issue(
    *, actor: Actor, issue: SyncIssue, action: Resolution, fields: Collection[str] | None = None
) -> SyncIssue:
    """Does once more what the issue is about (retry), writes mine over what stands (keepMine), or puts it away (discard).

    What is done stays its author's; who settled it is written down beside. `fields`: only these of those in conflict; for
    the others what stands, stands. Where it fails again the issue stays open and says why now. Settled twice in the same
    way changes nothing; in another way, Conflict."""
    issue = SyncIssue.objects.select_for_update(of=("self",)).select_related("user").get(pk=issue.pk)
    if issue.state != IssueState.OPEN and issue.resolution == action:
        return issue
    rules.check_open(issue)
    rules.check_offered(issue, action)
    rules.check_fields(issue, fields or ())
    if action is not Resolution.DISCARD:
        came_to = _again(actor, issue, action, fields)
        if isinstance(came_to, DomainError) or came_to.clashes or came_to.objection:
            return _still_open(issue, came_to)
    issue.state = IssueState.DISCARDED if action is Resolution.DISCARD else IssueState.RESOLVED
    issue.resolution = action
    issue.resolved_by_id = actor.user_id
    issue.resolved_at = clock.now()
    issue.save(update_fields=["state", "resolution", "resolved_by", "resolved_at"])
    return issue


def _again(actor: Actor, issue: SyncIssue, action: Resolution, fields: Collection[str] | None) -> Outcome | DomainError:
    caller = Caller(
        actor=actor_of(issue.user, issue.device_id),
        device_id=issue.device_id,
        by=actor,
        insist=action is Resolution.KEEP_MINE,
        fields=issues.left_to_do(issue, fields),
    )
    return judge.attempt(caller, issues.again(issue.mutation))


def _still_open(issue: SyncIssue, came_to: Outcome | DomainError) -> SyncIssue:
    """Says of an open issue why it failed this time, and what stands only to a person who sees it."""
    tells = issues.may_tell(issue)
    if isinstance(came_to, DomainError):
        issue.kind, issue.code, issue.message = judge.status_of(came_to), came_to.code, came_to.message
        issue.theirs = dict(came_to.fields) if tells else {}
    elif came_to.objection is not None:
        issue.kind, issue.code, issue.message = Status.MERGED, came_to.objection.code, came_to.objection.message
        issue.actions = [Resolution.KEEP_MINE, Resolution.DISCARD]
    else:
        issue.kind = Status.MERGED if came_to.merged else Status.CONFLICT
        issue.code, issue.fields = came_to.code, issues.rows_of(came_to)
        if not tells:
            issue.fields = [{**one, "theirs": None} for one in issue.fields]
        issue.mine = {name: clash.mine for name, clash in came_to.clashes.items()}
        issue.theirs = {one["name"]: one["theirs"] for one in issue.fields}
        issue.actions = [Resolution.RETRY, Resolution.KEEP_MINE, Resolution.DISCARD]
        issue.mutation.pop("undone", None)
    issue.save(update_fields=["kind", "code", "message", "fields", "mine", "theirs", "actions", "mutation"])
    return issue
