"""The wire: versions, operations, reasons and codes. docs/sync.md tells it to a client's author."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

CURRENT = 2
FLOOR = 1
"""The oldest version that is spoken; sync.versions has their history."""
UNSAID = 1
"""What a client speaks that does not say it: the first version's could leave it out."""

PAGE_LIMIT = 500
PUSH_LIMIT = 100
MUTATION_BYTES = 64 * 1024
FARTHEST_OFFSET_MS = 200 * 366 * 86_400_000


class ResetReason(StrEnum):
    """Why a device must drop what it holds; its outbox stays."""

    CURSOR_INVALID = "CURSOR_INVALID"
    CURSOR_REWOUND = "CURSOR_REWOUND"
    EPOCH_CHANGED = "EPOCH_CHANGED"
    PAGES_SUPERSEDED = "PAGES_SUPERSEDED"
    """Only the staged pages go: pull again from the last complete cursor."""
    TOO_OLD = "TOO_OLD"
    """What the device would have to be told is no longer kept."""


class EvictReason(StrEnum):
    """Why a root leaves a device."""

    SCOPE = "scope"
    """No longer in the person's coverage."""
    REFRESH = "refresh"
    """What the device holds of it is uncertain: the whole root follows again."""


Op = dict[str, Any]
"""put {op, entity, id, root, row} | del {op, entity, id} | evict {op, root, reason}."""


@dataclass(frozen=True, slots=True)
class PullPage:
    """One page. Without `complete`, stage it; with it, swap all staged pages in and keep `cursor`.

    `lines`: the operations as JSON text. `ready`: the highest priority that is wholly delivered with this page."""

    lines: list[str]
    cursor: str | None
    complete: bool
    more: bool
    last_seq: int
    epoch: str
    server_time: datetime
    reset: ResetReason | None = None
    ready: int | None = None

    @property
    def ops(self) -> list[Op]:
        """Returns the operations, read anew at every call."""
        return [json.loads(line) for line in self.lines]


class Status(StrEnum):
    """What became of a mutation. DUPLICATE never stands in the ledger: the first answer is given again."""

    APPLIED = "APPLIED"
    MERGED = "MERGED"
    CONFLICT = "CONFLICT"
    REJECTED = "REJECTED"


class Halt(StrEnum):
    """Why a push stopped before its end; what stands before it is kept."""

    SEQ_GAP = "SEQ_GAP"
    DEVICE_FORKED = "DEVICE_FORKED"
    BUSY = "BUSY"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One thing a person did on a phone. `base` holds the values the phone had under `set`."""

    seq: int
    id: UUID
    name: str
    entity_id: UUID | None = None
    base: Mapping[str, Any] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    args: Mapping[str, Any] = field(default_factory=dict)
    client_time: datetime | None = None
    depends_on: tuple[UUID, ...] = ()
    group: UUID | None = None
    """Mutations that follow one another in one push under one group are applied all or none."""
    clock_offset_ms: int | None = None
    """What to add to the phone's clock, in milliseconds, to have the server's, as the phone measured it."""
    odd: Mapping[str, Any] = field(default_factory=dict)
    """Of base, set and args those that came as something else than an object; such a mutation is refused."""
    protocol: int | None = None
    """The version it was written in, where that is not the one it is sent in: an app that was updated with a full outbox."""

    @property
    def clock_offset(self) -> timedelta:
        """Returns the offset of the phone's clock; none when it measured none, or one beyond all calendars."""
        offset = self.clock_offset_ms or 0
        return timedelta(milliseconds=offset) if abs(offset) <= FARTHEST_OFFSET_MS else timedelta(0)


@dataclass(frozen=True, slots=True)
class Result:
    """The stored answer to one mutation; `fields` names what is wrong with which field."""

    seq: int
    id: UUID
    status: Status
    code: str | None = None
    message: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    issue_id: UUID | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class PushReply:
    """All answers so far, and why it stopped, if it did."""

    last_seq: int
    results: list[Result]
    halt: Halt | None = None
    message: str | None = None
