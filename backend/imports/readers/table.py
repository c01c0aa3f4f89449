"""What every reader gives: rows of the wanted columns, in bounded memory, each with its line; and problems in between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from backend.imports.cells import Cell
from backend.imports.problems import Problem, file_refused


class Record(NamedTuple):
    """A row: cells in the order of the wanted columns; `line` counts from 1 as an editor or a spreadsheet does."""

    line: int
    cells: Sequence[Cell]


class Table(Protocol):
    """An open file."""

    def records(self) -> Iterator[Record | Problem]:
        """Gives each row or what is wrong with it, in the order of the file, once."""

    def progress(self) -> tuple[int, int]:
        """Returns how much is read and how much there is, in one unit of the reader's choice."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read: the columns wanted, and what a text file or a workbook cannot say of itself."""

    columns: Sequence[str]
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | None = None


def positions(header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Returns where the wanted columns stand in the header; raises Invalid COLUMN_MISSING or COLUMN_TWICE."""
    missing = [name for name in wanted if name not in header]
    if missing:
        raise file_refused(
            "COLUMN_MISSING",
            f"The file has no column {', '.join(map(repr, missing))}; it has {', '.join(map(repr, header)) or 'none'}.",
        )
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise file_refused("COLUMN_TWICE", f"The file has the column {', '.join(map(repr, twice))} more than once.")
    return [header.index(name) for name in wanted]
