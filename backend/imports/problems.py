"""What can be wrong with a line of a file, and what stops a whole import."""

from dataclasses import dataclass

from backend.kit.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one line (`field` empty: with the line as a whole); `kept`: the row went in without it."""

    line: int
    field: str
    message: str
    code: str
    kept: bool = False

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"line {self.line}: {where}{self.message} [{self.code}]{', kept without it' if self.kept else ''}"


class BadValue(Exception):
    """A cell that its field cannot hold; `droppable`: the row is of use without it."""

    def __init__(self, code: str, message: str, *, droppable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.droppable = droppable


def mapping_wrong(message: str, **fields: str) -> Invalid:
    """The mapping itself cannot be used."""
    return Invalid("MAPPING_INVALID", message, fields=fields)


def file_refused(code: str, message: str) -> Invalid:
    """The file cannot be read at all, so nothing was done."""
    return Invalid(code, message, fields={"file": message})


def org_not_found(slug: str) -> NotFound:
    """No tenant of that name."""
    return NotFound("ORG_NOT_FOUND", f'There is no org "{slug}" in this database.', fields={"org": "not found"})


def import_running(slug: str) -> Conflict:
    """Two imports into one org at once would count each other's rows as their own."""
    return Conflict("IMPORT_RUNNING", f'Another import into "{slug}" is running; nothing was done. Try again after it.')
