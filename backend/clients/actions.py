"""Builds come and go. The operator does it from the command line, so there is no actor."""

from collections.abc import Mapping

from django.db import transaction

from backend.clients import rules
from backend.clients.models import ClientBuild, TrustedDocument
from backend.kit import clock


@transaction.atomic
def add_build(*, app: str, build: str, documents: Mapping[str, str]) -> bool:
    """Adds a build with its documents, text by id; returns False when it was here just so. Raises Conflict (BUILD_EXISTS)."""
    row, new = ClientBuild.objects.get_or_create(app=app, build=build, defaults={"added_at": clock.now()})
    if not new:
        if row.retired_at is not None or set(row.documents.values_list("id", flat=True)) != set(documents):
            raise rules.build_is_other(app, build)
        return False
    TrustedDocument.objects.bulk_create(
        [TrustedDocument(id=key, text=text) for key, text in sorted(documents.items())], ignore_conflicts=True
    )
    row.documents.set(TrustedDocument.objects.filter(pk__in=list(documents)))
    return True


@transaction.atomic
def retire_build(*, app: str, build: str) -> bool:
    """Ends a build: documents that only it had are no longer good. Returns False when it was retired before. Raises NotFound."""
    row = ClientBuild.objects.select_for_update().filter(app=app, build=build).first()
    if row is None:
        raise rules.no_build(app, build)
    if row.retired_at is not None:
        return False
    row.retired_at = clock.now()
    row.save(update_fields=["retired_at"])
    return True
