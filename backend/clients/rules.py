"""What is refused of documents that clients name, and of builds that bring them."""

from backend.kit.errors import Conflict, DomainError, Invalid, NotFound

MOST_DOCUMENTS = 5_000
"""Of one build."""


class Outdated(DomainError):
    """The program is too old for this server: a newer one must be installed."""

    family = "UPGRADE"


def unknown_document() -> NotFound:
    """No build that this server knows brings such a document."""
    return NotFound(
        "DOCUMENT_UNKNOWN", "No client that this server knows has such a document.", fields={"documentId": "not found"}
    )


def retired_document() -> Outdated:
    """Only builds that were retired bring it."""
    return Outdated(
        "DOCUMENT_RETIRED", "The app is too old for this server; install a newer one.", fields={"documentId": "retired"}
    )


def bad_manifest(why: str) -> Invalid:
    """The file is none that a build writes, or what it says is not so."""
    return Invalid("MANIFEST_INVALID", why, fields={"file": "invalid"})


def build_is_other(app: str, build: str) -> Conflict:
    """A build is what it was when it was added."""
    return Conflict(
        "BUILD_EXISTS",
        f"{app} {build} is here with other documents, or was retired; a build never changes, so give yours another name.",
        fields={"build": "exists"},
    )


def no_build(app: str, build: str) -> NotFound:
    """There is no such build."""
    return NotFound("BUILD_NOT_FOUND", f"There is no {app} {build} here.", fields={"build": "not found"})
