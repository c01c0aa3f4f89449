"""The committed pictures of the two contracts: the SDL, and the wire's entities and mutations. A change shows in a diff."""

import json
from pathlib import Path

from backend.schema.api import schema
from backend.sync import push
from backend.sync.mutators.registry import names
from backend.sync.protocol import CURRENT, FLOOR
from backend.sync.tables import TABLES

SDL = Path(__file__).with_name("schema.graphql")
WIRE = Path(push.__file__).with_name("wire.json")


def sdl() -> str:
    """Returns the schema as text."""
    return schema.as_str() + "\n"


def wire() -> str:
    """Returns the wire's entities with their columns, and the names of its mutations."""
    picture = {
        "protocol": {"current": CURRENT, "floor": FLOOR},
        "entities": {table.entity: sorted({"id", *table.columns}) for table in TABLES},
        "mutations": names(),
    }
    return json.dumps(picture, indent=2) + "\n"


def main(check: bool) -> int:
    """Writes both snapshots, or with `check` says which is stale; returns an exit code."""
    stale = 0
    for path, text in ((SDL, sdl()), (WIRE, wire())):
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        if check:
            print(f"{path.name} is stale: run `make schema` and look at the diff.")  # noqa: T201
        else:
            path.write_text(text)
    return 1 if check and stale else 0
