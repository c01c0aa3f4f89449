"""What may be done about an issue, and the errors that say so."""

from collections.abc import Collection

from backend.kit.errors import Conflict, Invalid, NotFound
from backend.sync.models import Resolution, SyncIssue


def issue_not_found() -> NotFound:
    """No such issue, or none the caller may see."""
    return NotFound("ISSUE_NOT_FOUND", "There is no such issue for you.", fields={"entityId": "not found"})


def check_resolution(action: object) -> Resolution:
    """Returns one of retry, keepMine, discard."""
    if action not in Resolution.values:
        told = f"action is one of {', '.join(Resolution.values)}."
        raise Invalid("NOT_A_CHOICE", told, fields={"action": "not a choice"})
    return Resolution(action)


def check_open(issue: SyncIssue) -> None:
    """An issue is settled once."""
    if issue.state != "open":
        raise Conflict("ISSUE_CLOSED", f"It is {issue.state} already.", fields={"state": issue.state})


def check_offered(issue: SyncIssue, action: Resolution) -> None:
    """Not everything can be tried again: what the server could not hold is only put away."""
    if action not in issue.actions:
        raise Invalid(
            "NOT_OFFERED", f"Here one may {', '.join(issue.actions)}.", fields={"action": "not offered for this issue"}
        )


def check_fields(issue: SyncIssue, names: Collection[str]) -> None:
    """Fields are named among those that the issue is about."""
    known = {one["name"] for one in issue.fields}
    if unknown := sorted(set(names) - known):
        raise Invalid("UNKNOWN_FIELD", "The issue is not about that field.", fields=dict.fromkeys(unknown, "unknown"))
