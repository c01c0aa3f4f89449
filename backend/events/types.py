"""The closed vocabulary of what may happen: frozen, ids and plain values only, unknown fields refused."""

from dataclasses import asdict, dataclass, fields
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Base of every event; `name` is what stands in the outbox."""

    name: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class OpportunityStageMoved(Event):
    """An opportunity went from one stage to another (`history_id` is its row of StageHistory)."""

    name: ClassVar[str] = "opportunity.stage_moved"
    opportunity_id: UUID
    history_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class OpportunityAmountChanged(Event):
    """A deal is worth something else than before (`change_id` is its row of OpportunityAmount)."""

    name: ClassVar[str] = "opportunity.amount_changed"
    opportunity_id: UUID
    change_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class LeadAssigned(Event):
    """A lead was given to a person (`assignment_id` is its row of LeadAssignment)."""

    name: ClassVar[str] = "lead.assigned"
    lead_id: UUID
    assignment_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class SyncIssueRaised(Event):
    """Work of a phone could not be taken over as sent, and waits for a person."""

    name: ClassVar[str] = "sync.issue_raised"
    issue_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class VisitCheckedIn(Event):
    """A rep checked in at a visit."""

    name: ClassVar[str] = "visit.checked_in"
    visit_id: UUID
    check_in_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class VisitCompleted(Event):
    """A visit ended with its report."""

    name: ClassVar[str] = "visit.completed"
    visit_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class VisitOverdue(Event):
    """A planned visit's end has passed and nobody came; once per visit."""

    name: ClassVar[str] = "visit.overdue"
    visit_id: UUID
    account_id: UUID
    rep_id: UUID


@dataclass(frozen=True, slots=True)
class AttachmentStored(Event):
    """The content of a photo, signature or document is here."""

    name: ClassVar[str] = "attachment.stored"
    attachment_id: UUID
    account_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class OrderSubmitted(Event):
    """A customer ordered through a rep."""

    name: ClassVar[str] = "order.submitted"
    order_id: UUID
    account_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class OrderSettled(Event):
    """An order was confirmed or cancelled."""

    name: ClassVar[str] = "order.settled"
    order_id: UUID
    account_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class PlanAccepted(Event):
    """A day's plan became visits."""

    name: ClassVar[str] = "plan.accepted"
    plan_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class AccountMoved(Event):
    """An account went from one territory (or none) to another."""

    name: ClassVar[str] = "account.moved"
    account_id: UUID
    from_territory_id: UUID | None
    to_territory_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class TerritoryMoved(Event):
    """All accounts of a territory went into another (`move_id` is its row of TerritoryMove)."""

    name: ClassVar[str] = "territory.moved"
    move_id: UUID
    from_territory_id: UUID
    to_territory_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class TerritoryAlignmentScheduled(Event):
    """A draft of other territories is to become the field."""

    name: ClassVar[str] = "territory.alignment_scheduled"
    alignment_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class TerritoryAlignmentCalledOff(Event):
    """A draft that was to become the field is a draft again."""

    name: ClassVar[str] = "territory.alignment_called_off"
    alignment_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class TerritoryAligned(Event):
    """A draft became the field (`model_id`: the model that is active now)."""

    name: ClassVar[str] = "territory.aligned"
    alignment_id: UUID
    model_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class TerritoryAlignmentSettled(Event):
    """All that follows from a draft that became the field is done: the planned visits too."""

    name: ClassVar[str] = "territory.alignment_settled"
    alignment_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class AccountsMerged(Event):
    """An account was taken into another."""

    name: ClassVar[str] = "account.merged"
    merge_id: UUID
    loser_id: UUID
    winner_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class AccountMergeUndone(Event):
    """A merge was taken back."""

    name: ClassVar[str] = "account.merge_undone"
    merge_id: UUID
    loser_id: UUID
    winner_id: UUID
    actor_id: UUID


@dataclass(frozen=True, slots=True)
class DeviceRevoked(Event):
    """A device was cut off."""

    name: ClassVar[str] = "device.revoked"
    device_id: UUID
    actor_id: UUID


VOCABULARY: dict[str, type[Event]] = {
    kind.name: kind
    for kind in (
        OpportunityStageMoved,
        OpportunityAmountChanged,
        LeadAssigned,
        SyncIssueRaised,
        VisitCheckedIn,
        VisitCompleted,
        VisitOverdue,
        AttachmentStored,
        OrderSubmitted,
        OrderSettled,
        PlanAccepted,
        AccountMoved,
        TerritoryMoved,
        TerritoryAlignmentScheduled,
        TerritoryAlignmentCalledOff,
        TerritoryAligned,
        TerritoryAlignmentSettled,
        AccountsMerged,
        AccountMergeUndone,
        DeviceRevoked,
    )
}


def encode(event: Event) -> dict[str, str | None]:
    """Returns the event's fields as JSON-ready text."""
    return {key: None if value is None else str(value) for key, value in asdict(event).items()}


def decode(name: str, payload: dict[str, str | None]) -> Event:
    """Returns the event again; raises ValueError for a name or a field that the vocabulary does not have."""
    kind = VOCABULARY.get(name)
    if kind is None:
        raise ValueError(f"unknown event {name!r}")
    known = {field.name for field in fields(kind)}
    if set(payload) != known:
        raise ValueError(f"event {name!r} has fields {sorted(payload)}, not {sorted(known)}")
    return kind(**{key: None if value is None else UUID(value) for key, value in payload.items()})
