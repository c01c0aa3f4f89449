"""The committed pictures of the two contracts: the SDL, and what each version of the wire knows. A change shows in a diff."""

from pathlib import Path

from backend.schema.api import schema
from backend.sync import pictures

SDL = Path(__file__).with_name("schema.graphql")


def sdl() -> str:
    """Returns the schema as text."""
    return schema.as_str() + "\n"


def main(check: bool) -> int:
    """Writes both snapshots, or with `check` says which is stale; returns an exit code. A picture of an older version is
    never written: what its phones would miss is told, and is a failure either way."""
    stale = 0
    broken = pictures.broken_promises()
    for promise in broken:
        print(f"{promise}: say in backend/sync/versions.py what its phones are told instead.")  # noqa: T201
    for path, text in ((SDL, sdl()), (pictures.newest(), pictures.text())):
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        if check:
            print(f"{path.name} is stale: run `make schema` and look at the diff.")  # noqa: T201
        else:
            path.write_text(text)
    return 1 if broken or (check and stale) else 0
