"""The names rows have in other systems: looked up in bulk, written in bulk."""

from collections.abc import Collection, Iterable
from uuid import UUID

from backend.crm.models import ExternalId
from backend.identity.models import Org


def rows_named(org: Org, source: str, entity: str, names: Collection[str]) -> dict[str, UUID]:
    """Returns the id of the row for each name that is known; one query."""
    if not names:
        return {}
    found = ExternalId.objects.filter(org=org, source=source, entity=entity, value__in=names)
    return dict(found.values_list("value", "row_id"))


def name_rows(org: Org, source: str, entity: str, named: Iterable[tuple[str, UUID]]) -> None:
    """Writes new names; one that is taken is an IntegrityError."""
    ExternalId.objects.bulk_create(
        [ExternalId(org=org, source=source, entity=entity, value=name, row_id=row) for name, row in named],
        batch_size=5000,
    )
