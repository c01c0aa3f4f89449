"""What alert rules allow, and the errors of this room."""

from collections.abc import Mapping
from uuid import UUID

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from backend.notifications.alerting.kinds.base import Kind
from backend.notifications.alerting.models import AlertRule
from backend.notifications.alerting.parameters import Values, checked
from backend.notifications.occurrence import SEVERITIES

MANAGERS = ("all", "direct", "none")
MOST_RULES = 200
MOST_NAMED = 20
LONGEST_NAME = 120
MINUTES = (5, 43_200)
_HEARS = frozenset({"rep", "managers", "named"})


def check_may_manage(actor: Actor) -> None:
    """Refuses all but managers and admins."""
    if not actor.leads:
        raise NotPermitted("MANAGERS_ONLY", "Managers and admins look after alert rules.")


def check_may_change(actor: Actor, rule: AlertRule) -> None:
    """Refuses a manager a rule of the whole org, which only admins change."""
    check_may_manage(actor)
    if rule.branch_id is None and actor.role != Role.ADMIN:
        raise NotPermitted("ADMINS_ONLY", "A rule of the whole org is changed by admins.")


def check_branch(actor: Actor, branch_id: UUID | None) -> None:
    """Refuses a manager a rule of the whole org."""
    check_may_manage(actor)
    if branch_id is None and actor.role != Role.ADMIN:
        raise NotPermitted(
            "ADMINS_ONLY", "A rule of the whole org is made by admins.", fields={"branchId": "whose people it is for"}
        )


def check_values(kind: Kind, given: object) -> Values:
    """Returns the parameters of a kind, checked, each and against one another."""
    values = checked(kind.parameters, given)
    wrong = kind.complains(values) if kind.complains is not None else {}
    if wrong:
        raise Invalid(
            "ALERT_PARAMETERS",
            "Some parameters do not go together.",
            fields={f"parameters.{name}": why for name, why in wrong.items()},
        )
    return values


def check_hears(given: object) -> dict[str, object]:
    """Returns who hears, as a version keeps it; whether the named are seen is asked elsewhere."""
    wrong: dict[str, str] = {}
    told = given if isinstance(given, Mapping) else {}
    if not isinstance(given, Mapping) or set(told) - _HEARS:
        wrong["hears"] = f"an object of {', '.join(sorted(_HEARS))}"
    rep, managers, named = told.get("rep", False), told.get("managers", "none"), told.get("named", [])
    if not isinstance(rep, bool):
        wrong["hears.rep"] = "true or false"
    if managers not in MANAGERS:
        wrong["hears.managers"] = f"one of {', '.join(MANAGERS)}"
    ids = _ids(named)
    if ids is None or len(ids) > MOST_NAMED:
        wrong["hears.named"], ids = f"at most {MOST_NAMED} ids of people", []
    if not wrong and not rep and managers == "none" and not ids:
        wrong["hears"] = "nobody would hear"
    if wrong:
        raise Invalid("ALERT_AUDIENCE", "Who is to hear is not said rightly.", fields=wrong)
    return {"rep": rep, "managers": managers, "named": [str(one) for one in ids]}


def _ids(named: object) -> list[UUID] | None:
    if not isinstance(named, list):
        return None
    try:
        return sorted({UUID(str(one)) for one in named})
    except ValueError:
        return None


def check_name(name: str) -> str:
    """Returns the name without blanks around it."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise Invalid("ALERT_NAME", "A rule has a name.", fields={"name": f"1 to {LONGEST_NAME} characters"})
    return name


def check_severity(severity: str) -> str:
    """Refuses what is no severity."""
    if severity not in SEVERITIES:
        raise Invalid(
            "ALERT_SEVERITY", "There is no such severity.", fields={"severity": f"one of {', '.join(SEVERITIES)}"}
        )
    return severity


def check_minutes(minutes: int, name: str) -> int:
    """Refuses less than five minutes and more than thirty days."""
    least, most = MINUTES
    if not least <= minutes <= most:
        raise Invalid("OUT_OF_RANGE", f"{name} is from {least} to {most}.", fields={name: "out of range"})
    return minutes


def check_count(count: int) -> None:
    """Refuses more rules than one org can want: each is asked every minute."""
    if count >= MOST_RULES:
        raise Conflict("ALERT_RULES_FULL", f"An org has at most {MOST_RULES} alert rules.")


def check_seen_version(rule: AlertRule, number: int | None) -> None:
    """Refuses a change made on another version than the one in force."""
    if number is not None and number != rule.number:
        raise Conflict(
            "EDITED_MEANWHILE",
            "Somebody changed this meanwhile; look again.",
            fields={"baseNumber": f"is {rule.number}"},
        )


def rule_not_found() -> NotFound:
    """No such rule, or none the caller sees."""
    return NotFound("ALERT_RULE_NOT_FOUND", "There is no such alert rule for you.", fields={"ruleId": "not found"})
