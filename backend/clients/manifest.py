"""Reads the files in which builds of clients name their documents: the `persisted-documents.json` of @graphql-codegen's client
preset and of Relay (id to text), and the `persisted-query-manifest.json` of Apollo. Each id is the SHA-256 of its text."""

import hashlib
import json

from backend.clients import rules

APOLLO = "apollo-persisted-query-manifest"
_SHA1, _MD5 = 40, 32


def digest(text: str) -> str:
    """Returns the id of a document."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read(content: str) -> dict[str, str]:
    """Returns the texts by id; raises Invalid (MANIFEST_INVALID) with what is wrong, and where."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise rules.bad_manifest(f"The file is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise rules.bad_manifest("The file holds no manifest: it must be an object.")
    listed = _apollo(found) if "format" in found else list(found.items())
    if not listed:
        raise rules.bad_manifest("The file names no document.")
    if len(listed) > rules.MOST_DOCUMENTS:
        raise rules.bad_manifest(f"The file names more than {rules.MOST_DOCUMENTS} documents.")
    return {_checked(name, text): str(text) for name, text in listed}


def _apollo(found: dict[str, object]) -> list[tuple[object, object]]:
    operations = found.get("operations")
    if found["format"] != APOLLO or found.get("version") != 1 or not isinstance(operations, list):
        raise rules.bad_manifest(f"The file is of a format that is not known here; {APOLLO} of version 1 is.")
    if not all(isinstance(one, dict) for one in operations):
        raise rules.bad_manifest("The file's operations must be objects.")
    return [(one.get("id"), one.get("body")) for one in operations]


def _checked(name: object, text: object) -> str:
    if not isinstance(name, str) or not isinstance(text, str):
        raise rules.bad_manifest(f"Document {name!r} has no text, or no id.")
    if name.lower() != digest(text):
        why = {
            _SHA1: "it looks like SHA-1: set hashAlgorithm to sha256 in the client preset",
            _MD5: "it looks like MD5: set persistConfig.algorithm to SHA256 in Relay",
        }.get(len(name), "the text was changed")
        raise rules.bad_manifest(f"The id {name} is not the SHA-256 of its text; {why}.")
    return name.lower()
