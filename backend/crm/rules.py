"""What the CRM allows, and the errors it raises."""

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from backend.crm.models import Account, Lifecycle, Opportunity, Stage, StageCategory
from backend.identity.actor import Actor
from backend.identity.models import OUTSIDERS, Role, User
from backend.kit.errors import Busy, Conflict, Invalid, NotFound, NotPermitted
from backend.kit.trees import makes_circle

CHANNELS = frozenset({"email", "phone", "sms", "post", "visit"})
MOST_WINDOWS = 50
CURRENCY = re.compile(r"^[A-Z]{3}$")


def missing(what: str, name: str) -> NotFound:
    """No such row, or none the caller may see."""
    return NotFound(f"{what.upper()}_NOT_FOUND", f"There is no such {what} for you.", fields={name: "not found"})


def check_text(value: object, name: str, *, longest: int, required: bool = False) -> str:
    """Returns the text, trimmed; refuses what is not text, too long, empty when required, or holds a NUL."""
    if not isinstance(value, str):
        raise Invalid("NOT_TEXT", f"{name} must be text.", fields={name: "not text"})
    text = value.strip()
    if required and not text:
        raise Invalid("REQUIRED", f"{name} is required.", fields={name: "required"})
    if len(text) > longest:
        raise Invalid("TOO_LONG", f"{name} is at most {longest} characters.", fields={name: "too long"})
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid("NOT_TEXT", f"{name} holds a character that is not text.", fields={name: "not text"})
    return text


def check_choice(value: object, name: str, choices: list[str]) -> str:
    """Returns the value if it is one of the choices."""
    if value not in choices:
        raise Invalid("NOT_A_CHOICE", f"{name} is one of {', '.join(choices)}.", fields={name: "not a choice"})
    return str(value)


def check_amount(value: object, name: str) -> Decimal | None:
    """Returns money as an exact decimal of two places; None stays None."""
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise Invalid("NOT_A_NUMBER", f"{name} must be a decimal number.", fields={name: "not a number"}) from error
    if not amount.is_finite() or amount < 0 or amount >= Decimal(10) ** 12:
        raise Invalid("OUT_OF_RANGE", f"{name} must be between 0 and 10^12.", fields={name: "out of range"})
    return amount.quantize(Decimal("0.01"))


def check_quantity(value: object, name: str) -> Decimal:
    """Returns a quantity above nothing, of two places."""
    amount = check_amount(value, name)
    if not amount or amount >= Decimal(10) ** 10:
        raise Invalid("OUT_OF_RANGE", f"{name} must be above 0 and below 10^10.", fields={name: "out of range"})
    return amount


def check_price(value: object, name: str) -> Decimal:
    """Returns a price, of two places; there must be one."""
    amount = check_amount(value, name)
    if amount is None:
        raise Invalid("REQUIRED", f"{name} is required.", fields={name: "required"})
    if amount >= Decimal(10) ** 10:
        raise Invalid("OUT_OF_RANGE", f"{name} must be below 10^10.", fields={name: "out of range"})
    return amount


def check_pair(lat: object, lng: object) -> tuple[float | None, float | None]:
    """Returns a point's two numbers; both or neither."""
    for name, value in (("lat", lat), ("lng", lng)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise Invalid("NOT_A_NUMBER", f"{name} must be a number.", fields={name: "not a number"})
    if (lat is None) != (lng is None):
        raise Invalid("POINT_SHAPE", "lat and lng are given together.", fields={"lat": "with lng", "lng": "with lat"})
    return (None, None) if lat is None or lng is None else (float(str(lat)), float(str(lng)))


def check_int(value: object, name: str, *, low: int, high: int) -> int:
    """Returns a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Invalid("OUT_OF_RANGE", f"{name} is a whole number from {low} to {high}.", fields={name: "out of range"})
    return value


LEADERS_ONLY = frozenset({"tier", "boost"})
"""What steers the planning of others."""


def check_standing(account: Account) -> None:
    """A row read before a lock and merged while it was waited for: asked again, its id leads to where its rows went."""
    if account.merged_into_id is not None:
        raise Busy("MERGED_MEANWHILE", "The account was merged this moment; try again.", fields={"accountId": "merged"})


def check_may_edit(actor: Actor, account: Account, changes: Mapping[str, object]) -> None:
    """A partner edits no account; tier and boost are for who leads; a number once given is theirs to change too."""
    if actor.role == Role.PARTNER:
        raise NotPermitted("PARTNER_READ_ONLY", "A partner does not edit accounts.")
    if actor.leads:
        return
    kept = LEADERS_ONLY | ({"number"} if account.number else set())
    if forbidden := sorted(kept & changes.keys()):
        raise NotPermitted(
            "MANAGER_ONLY",
            f"Only a manager changes {', '.join(forbidden)}.",
            fields=dict.fromkeys(forbidden, "manager only"),
        )


def check_consent(value: object) -> dict[str, bool]:
    """Returns consent per channel; an unknown channel or a value that is not yes or no is refused."""
    if not isinstance(value, Mapping):
        raise Invalid("CONSENT_SHAPE", "consent maps a channel to true or false.", fields={"consent": "not an object"})
    for channel, given in value.items():
        if channel not in CHANNELS or not isinstance(given, bool):
            raise Invalid(
                "CONSENT_SHAPE",
                f"consent knows {', '.join(sorted(CHANNELS))}, each true or false.",
                fields={f"consent.{channel}": "unknown channel or not a boolean"},
            )
    return dict(value)


def _local(text: str) -> time:
    moment = time.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a window is in local time")
    return moment


def check_windows(value: object) -> list[dict[str, Any]]:
    """Returns visit windows; each has weekday 1..7 and from < to as HH:MM."""
    if not isinstance(value, list):
        raise Invalid("WINDOWS_SHAPE", "visitWindows is a list.", fields={"visitWindows": "not a list"})
    if len(value) > MOST_WINDOWS:
        raise Invalid("TOO_LONG", f"visitWindows are at most {MOST_WINDOWS}.", fields={"visitWindows": "too many"})
    checked: list[dict[str, Any]] = []
    for number, window in enumerate(value):
        name = f"visitWindows[{number}]"
        try:
            weekday, start, end = (
                window["weekday"],
                _local(window["from"]),
                _local(window["to"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(
                "WINDOWS_SHAPE", "A window has weekday, from and to.", fields={name: "weekday, from, to"}
            ) from error
        check_int(weekday, f"{name}.weekday", low=1, high=7)
        if start.tzinfo is not None or end.tzinfo is not None:
            raise Invalid("WINDOWS_SHAPE", "A window's times are local, without a zone.", fields={name: "has a zone"})
        if end <= start:
            raise Invalid("WINDOW_SPAN", "A window ends after it starts.", fields={name: "ends before it starts"})
        checked.append({"weekday": weekday, "from": f"{start:%H:%M}", "to": f"{end:%H:%M}"})
    return checked


MOST_TAGS = 30


def check_tags(value: object) -> list[str]:
    """Returns tags trimmed, each once, in order of the alphabet."""
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise Invalid("TAGS_SHAPE", "tags is a list of words.", fields={"tags": "not a list of text"})
    tags = sorted({check_text(tag, "tags", longest=40, required=True) for tag in value})
    if len(tags) > MOST_TAGS:
        raise Invalid("TOO_LONG", f"tags are at most {MOST_TAGS}.", fields={"tags": "too many"})
    return tags


def check_journal(before: str, after: object) -> str:
    """A journal is only added to: what stands in it stays, in front."""
    text = check_text(after, "journal", longest=50_000)
    if not text.startswith(before):
        raise Invalid("APPEND_ONLY", "A journal is only added to.", fields={"journal": "what stands must stay"})
    return text


LIFECYCLE_MOVES: dict[str, frozenset[str]] = {
    one: frozenset(Lifecycle.values) if one != Lifecycle.CLOSED else frozenset({Lifecycle.CLOSED, Lifecycle.PROSPECT})
    for one in Lifecycle.values
}


def check_lifecycle(before: str, after: str) -> str:
    """A closed account is reopened as a prospect, never silently as active."""
    check_choice(after, "lifecycle", list(Lifecycle.values))
    if after not in LIFECYCLE_MOVES[before]:
        raise Conflict("LIFECYCLE_MOVE", "A closed account is reopened as a prospect.", fields={"lifecycle": "closed"})
    return after


def check_parent(account: Account, parent: Account | None) -> None:
    """Refuses a parent of another org, and a circle."""
    if parent is None:
        return
    if parent.org_id != account.org_id:
        raise missing("account", "parentId")
    if makes_circle(account.pk, parent, key=lambda one: one.pk, parent=lambda one: one.parent):
        raise Invalid("PARENT_CYCLE", "That would make a circle of accounts.", fields={"parentId": "circle"})


def check_stage(opportunity_pipeline: UUID, stage: Stage, reason: str) -> None:
    """A stage belongs to the deal's pipeline; winning or losing says why."""
    if stage.pipeline_id != opportunity_pipeline:
        raise Invalid(
            "STAGE_OTHER_PIPELINE", "That stage is of another pipeline.", fields={"stageId": "other pipeline"}
        )
    if stage.category != StageCategory.OPEN and not reason.strip():
        raise Invalid("REASON_REQUIRED", "Say why it was won or lost.", fields={"reason": "required"})


def check_base_stage(opportunity: Opportunity, base: UUID | None) -> None:
    """Refuses a move made on a stage that is no longer the deal's."""
    if base is not None and opportunity.stage_id != base:
        raise Conflict("STAGE_MOVED_MEANWHILE", "Somebody moved it meanwhile.", fields={"stageId": "moved meanwhile"})


def check_own(actor: Actor, owner_id: UUID, what: str) -> None:
    """What a person wrote is theirs to change, and of who leads."""
    if owner_id != actor.user_id and not actor.leads:
        raise NotPermitted(
            f"NOT_YOUR_{what.upper()}", f"Only its owner changes this {what}.", fields={"id": "another's"}
        )


def id_taken(name: str) -> Invalid:
    """A client made this id before: for this very thing, or for another."""
    return Invalid("ID_TAKEN", "That id is used already.", fields={name: "taken"})


def check_lead_open(status: str) -> None:
    """What became an account, or nothing, is history."""
    if status not in ("new", "working"):
        raise Conflict("LEAD_STATUS", f"The lead is {status}.", fields={"status": f"is {status}"})


def check_may_assign(actor: Actor) -> None:
    """Who leads says whose a lead is."""
    if not actor.leads:
        raise NotPermitted("MANAGERS_ONLY", "Managers and admins give leads to people.")


def check_lead_owner(person: User) -> None:
    """A lead is given to somebody of the firm who is there."""
    if not person.is_active or person.role in OUTSIDERS:
        raise Invalid("LEAD_OWNER", "A lead is given to a person of yours who is there.", fields={"userId": "not them"})


def check_task_open(status: str) -> None:
    """An activity ends once."""
    if status != "open":
        raise Conflict("ACTIVITY_ENDED", f"It is already {status}.", fields={"status": status})


def check_not_by_hand(status: str) -> None:
    """A lead is qualified by converting it, so that every qualified lead has its account."""
    if status == "qualified":
        raise Invalid("CONVERT_INSTEAD", "Convert the lead to qualify it.", fields={"status": "convert instead"})


def check_lead_move(before: str, after: str, reason: str) -> None:
    """new → working → qualified | disqualified; disqualifying says why."""
    moves = {"new": {"working", "qualified", "disqualified"}, "working": {"qualified", "disqualified"}}
    if after not in moves.get(before, set()):
        raise Conflict(
            "LEAD_STATUS", f"A lead that is {before} cannot become {after}.", fields={"status": f"is {before}"}
        )
    if after == "disqualified" and not reason.strip():
        raise Invalid("REASON_REQUIRED", "Say why it was disqualified.", fields={"reason": "required"})
