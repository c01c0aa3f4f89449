"""Documents for clients that keep whole collections, such as RxDB: names and shapes as its own query builders make them.

What a document holds that a client sends back is text as the wire has it, so that an echo of it is the same again. What a
client sends is JSON: a value of a wrong type must be refused alone, not with all that was sent beside it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import strawberry
from strawberry.scalars import JSON

T = TypeVar("T")

_UPPER = re.compile("([A-Z])")


@strawberry.type(
    description="An account, whole; `deleted` when it is gone for its reader, and then the rest tells nothing."
)
class AccountDocument:
    id: strawberry.ID
    number: str | None
    name: str | None
    kind: str | None
    parent_id: str | None
    tier: str | None
    lifecycle: str | None
    segment: str | None
    phone: str | None
    notes: str | None
    consent: JSON | None
    visit_windows: JSON | None
    service_minutes: int | None
    boost: int | None
    tags: JSON | None
    displays: int | None
    journal: str | None
    created_at: str | None
    version: int | None
    deleted: bool


@strawberry.type(description="A person's part in an account, whole.")
class ContactDocument:
    id: strawberry.ID
    account_id: str | None
    contact_id: str | None
    role: str | None
    is_primary: bool | None
    version: int | None
    full_name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None
    consent: JSON | None
    deleted: bool


@strawberry.type(description="A deal, whole; its amount is text.")
class OpportunityDocument:
    id: strawberry.ID
    account_id: str | None
    owner_id: str | None
    name: str | None
    pipeline_id: str | None
    stage_id: str | None
    amount: str | None
    currency: str | None
    opened_on: str | None
    close_date: str | None
    reason: str | None
    notes: str | None
    created_at: str | None
    version: int | None
    deleted: bool


@strawberry.type(description="A visit with its evidence: checkIn and report, null before.")
class VisitDocument:
    id: strawberry.ID
    account_id: str | None
    rep_id: str | None
    state: str | None
    source: str | None
    planned_start: str | None
    planned_end: str | None
    started_at: str | None
    ended_at: str | None
    reason: str | None
    purpose: str | None
    plan_id: str | None
    version: int | None
    check_in: JSON | None
    report: JSON | None
    deleted: bool


@strawberry.type(description="Where a collection stands. Keep it as it is; it may be shown again.")
class DocumentCheckpoint:
    cursor: str


@strawberry.type
class AccountBulk:
    documents: list[AccountDocument]
    checkpoint: DocumentCheckpoint | None


@strawberry.type
class ContactBulk:
    documents: list[ContactDocument]
    checkpoint: DocumentCheckpoint | None


@strawberry.type
class OpportunityBulk:
    documents: list[OpportunityDocument]
    checkpoint: DocumentCheckpoint | None


@strawberry.type
class VisitBulk:
    documents: list[VisitDocument]
    checkpoint: DocumentCheckpoint | None


@strawberry.input
class AccountInputCheckpoint:
    cursor: str


@strawberry.input
class ContactInputCheckpoint:
    cursor: str


@strawberry.input
class OpportunityInputCheckpoint:
    cursor: str


@strawberry.input
class VisitInputCheckpoint:
    cursor: str


@strawberry.input(description="A document as it was changed, and what it was changed from (null: it is new).")
class AccountInputPushRow:
    assumed_master_state: JSON | None = None
    new_document_state: JSON


@strawberry.input
class ContactInputPushRow:
    assumed_master_state: JSON | None = None
    new_document_state: JSON


@strawberry.input
class OpportunityInputPushRow:
    assumed_master_state: JSON | None = None
    new_document_state: JSON


@strawberry.input
class VisitInputPushRow:
    assumed_master_state: JSON | None = None
    new_document_state: JSON


@strawberry.type(description="What WatermelonDB's pullChanges returns.")
class WatermelonChanges:
    changes: JSON
    timestamp: float
    experimental_strategy: str | None


def documents(kind: type[T], found: Iterable[Mapping[str, Any]]) -> list[T]:
    """Returns documents of the facades as objects of their GraphQL type."""
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return [
        kind(**{snake: value for name, value in one.items() if (snake := _UPPER.sub(r"_\1", name).lower()) in names})
        for one in found
    ]
