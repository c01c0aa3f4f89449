"""What one stream is sent: the tables of its version and of its person's role, limited to its entities."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from backend.sync.tables import RANK, SyncedTable
from backend.sync.view import view_of


@dataclass(frozen=True, slots=True)
class Sight:
    """`tables`: rank → table. `shape`: entity → fingerprint of its columns."""

    tables: dict[int, SyncedTable]
    shape: dict[str, str]

    @property
    def digest(self) -> str:
        """Returns a short name of the shape."""
        return hashlib.sha256(repr(sorted(self.shape.items())).encode()).hexdigest()[:12]

    def changed(self, held: dict[str, str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Returns the entities to send again and those to take away from who was sent the shape `held`, None if nobody
        knows what that was."""
        resend = tuple(entity for entity, print_ in self.shape.items() if held is None or held.get(entity) != print_)
        drop = tuple(entity for entity in (RANK if held is None else held) if entity not in self.shape)
        return resend, drop


def sight_of(user_id: UUID, protocol: int, entities: Collection[str] | None) -> Sight:
    """Returns what a stream is sent, with the role its person has in the snapshot of this transaction."""
    view = view_of(user_id, protocol)
    tables = {
        rank: table
        for rank, table in enumerate(view.tables)
        if table is not None and (entities is None or table.entity in entities)
    }
    return Sight(tables, {table.entity: view.shape[table.entity] for table in tables.values()})
