"""Drawing what the newest version knows, and asking whether the older ones are still told what they know."""

from dataclasses import asdict
from json import dumps
from pathlib import Path

from backend.identity.models import Role
from backend.sync import push, versions  # noqa: F401 - registers the mutations
from backend.sync.mutators.registry import names
from backend.sync.tables import TABLES
from backend.sync.versions import Picture
from backend.sync.view import choices, view_for


def draw() -> Picture:
    """Returns the picture of the newest version as the program stands."""
    return Picture(
        entities={table.entity: sorted({"id", *table.columns}) for table in TABLES},
        values={
            f"{table.entity}.{name}": found
            for table in TABLES
            for name in sorted(table.columns)
            if (found := choices(table, name))
        },
        mutations=names(),
    )


def text() -> str:
    """Returns the drawn picture as it stands in its file."""
    return dumps(asdict(draw()), indent=2) + "\n"


def newest() -> Path:
    """Returns the file of the newest version's picture."""
    return versions.PICTURES / f"{versions.newest()}.json"


def broken_promises() -> list[str]:
    """Returns, in words, what older phones would no longer be told or could no longer say; empty when all is well."""
    now = draw()
    found: list[str] = []
    for version in versions.spoken()[:-1]:
        known = versions.picture(version.number)
        try:
            view_for(version.number, Role.ADMIN)
        except KeyError as error:
            found.append(f"version {version.number} knows a column {error} that nothing gives any more")
        for key, values in now.values.items():
            entity, _, column = key.partition(".")
            told = versions.former_values(entity, version.number).get(column, {})
            if (before := known.values.get(key)) is not None:
                unknown = sorted({told.get(value, value) for value in values} - set(before))
                found += [f"version {version.number} does not know {key} {value!r}" for value in unknown]
        found += [
            f"version {version.number} may send {name}, which nothing takes any more"
            for name in known.mutations
            if name not in now.mutations and not any(name in one.upcasters for one in versions.later(version.number))
        ]
    return found
