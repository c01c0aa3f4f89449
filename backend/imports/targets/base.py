"""What every target does: look up, compare, write only what differs; in bulk, and the same file twice writes nothing."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, models, transaction

from backend.identity.models import Org
from backend.imports.cells import Field, Reference
from backend.imports.external import name_rows, rows_named
from backend.imports.mapping import Mapping, OnError
from backend.imports.problems import Problem, mapping_wrong
from backend.imports.report import Outcome, Report
from backend.imports.rows import Item
from backend.kit.ids import new_id

CHUNK = 2_000
"""Rows read, compared and committed together."""

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Job:
    """One import: into which org, by which mapping, and how strictly."""

    org: Org
    mapping: Mapping
    on_error: OnError
    dry_run: bool
    report: Report
    tick: Callable[[], None]

    @property
    def rolls_back(self) -> bool:
        """Says whether all of it must be one transaction, because it may have to be undone."""
        return self.dry_run or self.on_error == "refuse_file"


class Target(ABC):
    """Takes good rows and makes the database say what they say."""

    fields: ClassVar[Map[str, Field]]
    keyed: ClassVar[bool] = True

    def __init__(self, job: Job) -> None:
        self.job = job
        mapping = job.mapping
        if self.keyed != bool(mapping.key):
            told = "needs a key: the columns that name a row" if self.keyed else "has its own key"
            raise mapping_wrong(f"{mapping.target} {told}.", key="missing" if self.keyed else "not wanted")

    @abstractmethod
    def load(self, items: Iterator[Item]) -> bool:
        """Writes the rows and tallies them in the job's report; returns whether they stand (or would, in a dry run)."""


class State(Enum):
    """What became of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Pair(Generic[M]):
    """A row of the file and its row here."""

    item: Item
    row: M
    state: State

    def touch(self) -> None:
        """Says that something beneath the row changed."""
        if self.state is State.UNCHANGED:
            self.state = State.CHANGED


class _RolledBack(Exception):
    pass


class EntityTarget(Target, Generic[M]):
    """A target whose rows are rows of one model, found again by their external id."""

    model: ClassVar[type[models.Model]]
    entity: ClassVar[str]
    later: ClassVar[frozenset[str]] = frozenset()
    """References that `finish` resolves, because they may name rows further down."""

    def load(self, items: Iterator[Item]) -> bool:
        """Writes chunk by chunk, each committed; or all in one transaction when it may have to be undone."""
        if not self.job.rolls_back:
            self._chunks(items)
            return True
        try:
            with transaction.atomic():
                self._chunks(items)
                if self.job.dry_run or self.job.report.faults:
                    raise _RolledBack
        except _RolledBack:
            return self.job.on_error == "keep_good" or not self.job.report.faults
        return True

    def _chunks(self, items: Iterator[Item]) -> None:
        while chunk := list(islice(items, CHUNK)):
            self._settle(chunk)
            self.job.tick()
        with transaction.atomic():
            self.finish()

    def _settle(self, chunk: list[Item]) -> None:
        """Writes a chunk; when the database refuses it, halves it until the one row to blame is found."""
        outcome = Outcome()
        try:
            with transaction.atomic():
                pairs = self.write(chunk, outcome)
        except (IntegrityError, DataError) as error:
            if len(chunk) > 1:
                half = len(chunk) // 2
                self._settle(chunk[:half])
                self._settle(chunk[half:])
                return
            told = str(error).splitlines()[0]
            self.job.report.add([Problem(chunk[0].line, "", f"the database refuses it: {told}", "DATABASE_REFUSED")])
            return
        for pair in pairs:
            setattr(outcome, pair.state.value, getattr(outcome, pair.state.value) + 1)
        self.settled(pairs)
        self.job.report.merge(outcome)

    def write(self, chunk: list[Item], outcome: Outcome) -> list[Pair[M]]:
        """Makes or changes the rows of a chunk in the current transaction; refusals go into the outcome."""
        items = self.resolve(chunk, outcome)
        known = rows_named(self.job.org, self.job.mapping.source, self.entity, [item.key for item in items])
        by_id: dict[UUID, Any] = self.model._default_manager.in_bulk(list(known.values()))
        rows = {key: by_id[row_id] for key, row_id in known.items() if row_id in by_id}
        items = self.check(items, rows, outcome)
        pairs: list[Pair[M]] = []
        changed_fields: set[str] = set()
        for item in items:
            wanted = self.wanted(item)
            row = rows.get(item.key)
            if row is None:
                row = cast(M, self.model(id=new_id(), org=self.job.org, **wanted))
                pairs.append(Pair(item, row, State.CREATED))
                continue
            differing = [name for name, value in wanted.items() if getattr(row, name) != value]
            for name in differing:
                setattr(row, name, wanted[name])
            changed_fields.update(differing)
            pairs.append(Pair(item, row, State.CHANGED if differing else State.UNCHANGED))
        self._save(pairs, changed_fields)
        self.write_children(pairs, outcome)
        return pairs

    def _save(self, pairs: list[Pair[M]], changed_fields: set[str]) -> None:
        created = [pair for pair in pairs if pair.state is State.CREATED]
        rows: Any = self.model._default_manager
        rows.bulk_create([pair.row for pair in created], batch_size=CHUNK)
        name_rows(
            self.job.org, self.job.mapping.source, self.entity, [(pair.item.key, pair.row.pk) for pair in created]
        )
        changed = [pair.row for pair in pairs if pair.state is State.CHANGED]
        if changed:
            rows.bulk_update(changed, sorted(changed_fields), batch_size=500)

    def resolve(self, chunk: list[Item], outcome: Outcome) -> list[Item]:
        """Finds the rows that references name; a reference to nothing known refuses its row."""
        for name, made in self.job.mapping.fields.items():
            kind = self.fields[name].kind
            if not isinstance(kind, Reference) or name in self.later:
                continue
            source = made.source or self.job.mapping.source
            asked = {str(item.values[name]) for item in chunk if item.values[name]}
            found = rows_named(self.job.org, source, kind.entity, asked)
            kept: list[Item] = []
            for item in chunk:
                value = item.values[name]
                item.refs[name] = found.get(str(value)) if value else None
                if value and item.refs[name] is None:
                    told = f"no {kind.entity} {value!r} from {source}"
                    outcome.problems.append(Problem(item.line, name, told, "UNKNOWN_REFERENCE"))
                    continue
                kept.append(item)
            chunk = kept
        return chunk

    def check(self, items: list[Item], rows: Map[str, Any], outcome: Outcome) -> list[Item]:
        """Returns the items that keep the target's own rules; the others go into the outcome as problems."""
        return items

    @abstractmethod
    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the model's attributes as the item wants them: only those that the mapping has."""

    def write_children(self, pairs: Sequence[Pair[M]], outcome: Outcome) -> None:
        """Writes what hangs on the rows; `pair.touch()` where that changes something."""

    def settled(self, pairs: Sequence[Pair[M]]) -> None:
        """Learns which rows are safely written."""

    def finish(self) -> None:
        """Does what needs all rows, after the last chunk."""

    def given(self, item: Item, *names: str, refs: Sequence[str] = ()) -> dict[str, Any]:
        """Returns the item's values, and `name_id` for its references, of those fields that the mapping has."""
        values: dict[str, Any] = {name: item.values[name] for name in names if name in item.values}
        return values | {f"{name}_id": item.refs[name] for name in refs if name in item.refs}


def noon(day: date, zone: str) -> datetime:
    """Returns midday of a day: where a source has days only, the hour is not known and noon keeps the day in every near zone."""
    return datetime.combine(day, time(12), ZoneInfo(zone))
