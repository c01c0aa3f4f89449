"""What this server knows of clients and their documents."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from backend.clients import rules
from backend.clients.models import ClientBuild, TrustedDocument


@dataclass(frozen=True, slots=True)
class Build:
    """A build, and how many documents it has."""

    app: str
    build: str
    added_at: datetime
    retired_at: datetime | None
    documents: int


def text_of(document_id: str) -> str:
    """Returns the text of a document that a build in use has; raises NotFound (DOCUMENT_UNKNOWN), Outdated
    (DOCUMENT_RETIRED). One query."""
    in_use = Count("builds", filter=Q(builds__retired_at=None))
    found = TrustedDocument.objects.filter(pk=document_id).annotate(in_use=in_use).values_list("text", "in_use").first()
    if found is None:
        raise rules.unknown_document()
    text, builds = found
    if not builds:
        raise rules.retired_document()
    return str(text)


def builds() -> list[Build]:
    """Returns all builds, the newest first."""
    rows = ClientBuild.objects.annotate(many=Count("documents")).order_by("-added_at", "-id")
    return [
        Build(app=row.app, build=row.build, added_at=row.added_at, retired_at=row.retired_at, documents=row.many)
        for row in rows
    ]
