"""Mutations of the inbox: what could not be applied is settled."""

from backend.kit.errors import Invalid
from backend.sync.actions import resolve_issue
from backend.sync.models import IssueState, Resolution
from backend.sync.mutators import decode
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation
from backend.sync.queries import issue_for
from backend.sync.rules import check_resolution


@mutator("syncIssue.resolve")
def resolve(caller: Caller, mutation: Mutation) -> Outcome:
    """The person tries again, insists, or puts it away."""
    args = mutation.args
    decode.only(args, "action", "fields")
    fields = args.get("fields")
    if fields is not None and not (isinstance(fields, list) and all(isinstance(one, str) for one in fields)):
        raise Invalid("BAD_VALUE", "fields is a list of names.", fields={"fields": "not a list of text"})
    issue = resolve_issue(
        actor=caller.actor,
        issue=issue_for(caller.actor, decode.entity_id(mutation)),
        action=check_resolution(args.get("action", Resolution.DISCARD)),
        fields=fields,
    )
    return DONE if issue.state != IssueState.OPEN else Outcome(settled=issue)
