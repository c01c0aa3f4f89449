"""CSV, plain or gzipped, read as a stream: a bad line is told and never takes its neighbours with it."""

import csv
import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from backend.imports.problems import Problem, file_refused
from backend.imports.readers.lines import LONGEST, Line, Lines
from backend.imports.readers.table import Layout, Record, positions


class CsvTable:
    """An open CSV file whose header has been read."""

    def __init__(self, raw: BinaryIO, lines: BinaryIO, layout: Layout) -> None:
        self._raw = raw
        self._size = max(1, os.fstat(raw.fileno()).st_size)
        self._lines = Lines(lines)
        self._encoding = layout.encoding
        self._delimiter = layout.delimiter
        header = self._header()
        self._width = len(header)
        self._positions = positions(header, layout.columns)

    def progress(self) -> tuple[int, int]:
        """Returns bytes of the (compressed) file."""
        return self._raw.tell(), self._size

    def records(self) -> Iterator[Record | Problem]:
        """Gives the rows below the header; empty lines are nothing."""
        while (found := self._row()) is not None:
            if isinstance(found, Problem):
                yield found
                continue
            line, cells = found
            if not cells:
                continue
            if len(cells) != self._width:
                yield Problem(line, "", f"{len(cells)} cells, the header has {self._width}", "COLUMN_COUNT")
                continue
            yield Record(line, [cells[at] for at in self._positions])

    def _header(self) -> list[str]:
        found = self._row()
        if found is None:
            raise file_refused("FILE_EMPTY", "The file is empty.")
        if isinstance(found, Problem):
            raise file_refused("FILE_UNREADABLE", f"The header cannot be read: {found}.")
        return [cell.strip() for cell in found[1]]

    def _row(self) -> tuple[int, list[str]] | Problem | None:
        line = self._lines.next()
        if line is None or isinstance(line, Problem):
            return line
        text = self._decode(line)
        if isinstance(text, Problem):
            return text
        if '"' in text and ends_inside_quotes(text, self._delimiter):
            joined = self._join(line, text)
            if isinstance(joined, Problem):
                return joined
            text = joined
        text = text.removesuffix("\n").removesuffix("\r")
        if not text:
            return line.number, []
        try:
            cells = next(csv.reader([text] if "\n" not in text else text.splitlines(keepends=True),
                                    delimiter=self._delimiter, strict=True))  # fmt: skip
        except csv.Error as error:
            return Problem(line.number, "", f"not CSV: {error}", "NOT_CSV")
        return line.number, cells

    def _join(self, first: Line, text: str) -> str | Problem:
        """Returns the row whose quoted cell goes on over more lines; when it never ends, those lines are put back."""
        taken: list[Line | Problem] = []
        while len(text) <= LONGEST:
            line = self._lines.next()
            if line is None:
                break
            taken.append(line)
            more = line if isinstance(line, Problem) else self._decode(line)
            if isinstance(more, Problem):
                break
            text += more
            if '"' in more and not ends_inside_quotes(text, self._delimiter):
                return text
        self._lines.put_back(taken)
        return Problem(first.number, "", "a quotation mark is opened and never closed", "QUOTE_NOT_CLOSED")

    def _decode(self, line: Line) -> str | Problem:
        data = line.data.removeprefix(b"\xef\xbb\xbf") if line.number == 1 else line.data
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError as error:
            return Problem(
                line.number, "", f"byte {error.start + 1} (0x{data[error.start]:02x}) is not {self._encoding}",
                "WRONG_ENCODING",
            )  # fmt: skip
        if "\0" in text:
            return Problem(line.number, "", f"character {text.index(chr(0)) + 1} is NUL", "NUL_CHARACTER")
        return text


def ends_inside_quotes(text: str, delimiter: str) -> bool:
    """Says whether a quoted cell is still open at the end; a mark inside a cell that does not begin with one is plain."""
    at = 0
    while True:
        if text.startswith('"', at):
            at = _closing(text, at + 1)
            if at < 0:
                return True
        at = text.find(delimiter, at)
        if at < 0:
            return False
        at += 1


def _closing(text: str, at: int) -> int:
    """Returns where the quoted cell that is open at `at` has ended, or -1."""
    while (at := text.find('"', at)) >= 0:
        if not text.startswith('"', at + 1):
            return at + 1
        at += 2
    return -1


@contextmanager
def open_csv(path: Path, layout: Layout) -> Iterator[CsvTable]:
    """Opens the file and reads its header."""
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        lines: BinaryIO = raw
        if path.name.lower().endswith(".gz"):
            lines = cast(BinaryIO, stack.enter_context(gzip.open(raw, "rb")))
        yield CsvTable(raw, lines, layout)
