"""A store of documents as RxDB keeps one: what stands here, what it takes for the server's, and its rules for both."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.identity.models import Device, User
from backend.sync.facades.rxdb import Bulk, pull_documents, push_documents
from tests.factories.world import acting

Document = dict[str, Any]


@dataclass
class Collection:
    """One collection on one device."""

    user: User
    device: Device
    entity: str
    documents: dict[str, Document] = field(default_factory=dict)
    assumed: dict[str, Document] = field(default_factory=dict)
    checkpoint: str | None = None

    def page(self, limit: int = 100, *, lost: bool = False) -> Bulk:
        """Takes one page, or loses it on the way."""
        self.user.refresh_from_db()
        bulk = pull_documents(
            actor=acting(self.user, self.device),
            device_id=self.device.pk,
            entity=self.entity,
            checkpoint=self.checkpoint,
            limit=limit,
        )
        if lost or not bulk.documents:
            return bulk
        for one in bulk.documents:
            if not self.dirty(one["id"]):
                self.documents[one["id"]] = self.assumed[one["id"]] = one
        self.checkpoint = bulk.checkpoint
        return bulk

    def pull(self, limit: int = 100) -> int:
        """Pulls until a page is not full; returns how many pages came."""
        pages = 1
        while len(self.page(limit).documents) >= limit:
            pages += 1
        return pages

    def dirty(self, row: str) -> bool:
        """Says whether the document was changed here and not pushed."""
        return row in self.documents and self.documents[row] != self.assumed.get(row)

    def edit(self, row: object, **changes: Any) -> None:
        """Changes a document, or makes one."""
        self.documents[str(row)] = {"id": str(row), "deleted": False} | self.documents.get(str(row), {}) | changes

    def push(self, *, lost: bool = False) -> list[Document]:
        """Pushes what is dirty; what the server says otherwise is adopted, unless its answer is lost."""
        rows = [(self.assumed.get(row), one) for row, one in self.documents.items() if self.dirty(row)]
        told = push_documents(
            actor=acting(self.user, self.device), device_id=self.device.pk, entity=self.entity, rows=rows
        )
        if not lost:
            for _, sent in rows:
                self.assumed[sent["id"]] = sent
            for one in told:
                self.documents[one["id"]] = self.assumed[one["id"]] = one
        return told

    def living(self) -> dict[str, Document]:
        """Returns what the person sees."""
        return {row: one for row, one in self.documents.items() if not one["deleted"]}

    def one(self, row: UUID) -> Document:
        """Returns a document."""
        return self.documents[str(row)]
