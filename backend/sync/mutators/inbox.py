"""Mutations of what a person keeps track of: conflicts settled, notifications read."""

from backend.sync.actions import resolve_issue
from backend.sync.mutators import decode
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation


@mutator("syncIssue.resolve")
def resolve(caller: Caller, mutation: Mutation) -> Outcome:
    """The person has seen to it."""
    resolve_issue(actor=caller.actor, issue_id=decode.entity_id(mutation))
    return DONE
