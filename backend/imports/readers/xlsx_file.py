"""Spreadsheets by python-calamine, which holds one sheet in memory: the format ends at 1,048,576 rows, and so do we."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from backend.imports.cells import Cell, text_of
from backend.imports.problems import Problem, file_refused
from backend.imports.readers.table import Layout, Record, positions

LARGEST = 512 << 20
"""Bytes of the unpacked workbook; more is a bomb, or wants to be a Parquet file."""


class XlsxTable:
    """An open sheet whose header has been read."""

    def __init__(self, sheet: CalamineSheet, layout: Layout) -> None:
        if sheet.start is None:
            raise file_refused("FILE_EMPTY", f"The sheet {sheet.name!r} is empty.")
        self._rows = sheet.iter_rows()
        self._total = max(1, sheet.start[0] + sheet.height)
        self._done = 0
        header = self._next() or []
        # A sheet that has a first filled cell has a row with it, so this ends.
        while all(cell is None for cell in header):
            header = self._next() or [""]
        self._positions = positions([text_of(cell).strip() for cell in header], layout.columns)

    def progress(self) -> tuple[int, int]:
        """Returns rows."""
        return self._done, self._total

    def records(self) -> Iterator[Record | Problem]:
        """Gives the rows below the header; empty rows are nothing."""
        while (cells := self._next()) is not None:
            if any(cell is not None for cell in cells):
                yield Record(self._done, [cells[at] for at in self._positions])

    def _next(self) -> list[Cell] | None:
        row = next(self._rows, None)
        if row is None:
            return None
        self._done += 1
        return [_cell(cell) for cell in row]


def _cell(cell: object) -> Cell:
    if cell is None or cell == "":
        return None
    # Durations have no field they could go to; their text at least is told in the refusal.
    return cell if isinstance(cell, Cell.__args__) else str(cell)


@contextmanager
def open_xlsx(path: Path, layout: Layout) -> Iterator[XlsxTable]:
    """Opens the named sheet, or the first."""
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise file_refused("FILE_UNREADABLE", f"{path.name} is not a whole .xlsx file: {error}.") from error
    if unpacked > LARGEST:
        raise file_refused(
            "FILE_TOO_LARGE", f"{path.name} unpacks to {unpacked:,} bytes, at most {LARGEST:,} are read."
        )
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            name = layout.sheet if layout.sheet is not None else names[0]
            if name not in names:
                raise file_refused("SHEET_MISSING", f"{path.name} has no sheet {name!r}; it has {', '.join(names)}.")
            yield XlsxTable(book.get_sheet_by_name(name), layout)
    except CalamineError as error:
        raise file_refused("FILE_UNREADABLE", f"{path.name} cannot be read: {error}.") from error
