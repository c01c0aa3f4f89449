"""The manifest of this build, for `fieldbeat documents add`; written anew by `python -m mobile_client_stub.manifest`."""

import json
from pathlib import Path

from mobile_client_stub import wire
from mobile_client_stub.wire import Document

FILE = Path(__file__).with_name("documents.json")


def documents() -> list[Document]:
    """Returns every document that this program can send."""
    return [one for one in vars(wire).values() if isinstance(one, Document)]


def rendered() -> str:
    """Returns the manifest: texts by id, as the client preset of @graphql-codegen writes it."""
    return json.dumps({one.id: one.text for one in documents()}, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
