"""One crossing that somebody hears of: what alert rules hand to delivery. Pure: no Django."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Severity = Literal["critical", "high", "normal", "low"]
Audience = Literal["rep", "manager", "named"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "normal", "low")
AUDIENCES: tuple[Audience, ...] = ("rep", "manager", "named")


def severity_of(kept: str) -> Severity:
    """Returns the severity that a row keeps as text."""
    return next(one for one in SEVERITIES if one == kept)


def audience_of(kept: str) -> Audience:
    """Returns the audience that a row keeps as text."""
    return next(one for one in AUDIENCES if one == kept)


@dataclass(frozen=True, slots=True)
class Hearing:
    """In which words one person hears (`key` of notifications/texts), and as whom: the one it is about, their manager, or named."""

    key: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One crossing of one subject under one rule: heard once by each person of `heard_by` (user id → Hearing).

    `rule` is the rule's stable key; `episode` (at most 60 characters) tells two crossings of one subject apart;
    `root_id` is the visibility root of the subject. `change_xid` is the transaction id in which what happened was
    written: a device whose cursor includes it has seen it already. After `keeps` nobody is disturbed with it any more;
    what nobody read within `escalate_after` goes to the manager. Values of `args` are text, and no more than their
    reader may read (see compose).
    """

    org_id: UUID
    rule_id: UUID | None
    rule_version_id: UUID | None
    rule: str
    category: str
    severity: Severity
    subject_entity: str
    subject_id: UUID
    episode: str
    root_id: UUID
    event_id: int | None
    occurred_at: datetime
    change_xid: int | None
    keeps: timedelta
    escalate_after: timedelta | None
    args: Mapping[str, str] = field(default_factory=dict)
    heard_by: Mapping[UUID, Hearing] = field(default_factory=dict)
