"""Spreadsheets and Parquet give what CSV gives; what does not fit is refused before anything is done."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from backend.imports.cells import Cell
from backend.imports.problems import Problem
from backend.imports.readers import parquet_file, xlsx_file
from backend.imports.readers.opening import open_table
from backend.imports.readers.table import Layout
from backend.kit.errors import Invalid
from tests.imports.desk import Desk

AT = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001 - a spreadsheet knows no time zones


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk without a database."""
    return Desk(tmp_path, "none")


def read(path: Path, *columns: str, sheet: str | None = None) -> list[tuple[int, Sequence[Cell]] | Problem]:
    """Returns what the file gives."""
    with open_table(path, Layout(columns, sheet=sheet)) as table:
        return [one if isinstance(one, Problem) else (one.line, list(one.cells)) for one in table.records()]


def test_a_spreadsheet_gives_typed_cells_by_the_row_numbers_it_shows(desk: Desk) -> None:
    rows: list[list[object]] = [["a", "b", "c"], [1, "007", date(2026, 1, 2)], [None, None, None], [1.5, None, AT]]
    assert read(desk.xlsx("f.xlsx", rows), "b", "a", "c") == [
        (2, ["007", 1.0, date(2026, 1, 2)]),
        (4, [None, 1.5, AT]),
    ]


def test_a_table_that_begins_further_down_keeps_its_row_numbers(desk: Desk) -> None:
    assert read(desk.xlsx("f.xlsx", [[], [], ["a"], ["x"]]), "a") == [(4, ["x"])]


def test_a_sheet_is_chosen_by_name_and_a_missing_one_is_told(desk: Desk) -> None:
    path = desk.xlsx("f.xlsx", [["a"], ["x"]])
    assert read(path, "a", sheet="Sheet") == [(2, ["x"])]
    with pytest.raises(Invalid) as refused:
        read(path, "a", sheet="Stores")
    assert (refused.value.code, refused.value.message) == (
        "SHEET_MISSING",
        "f.xlsx has no sheet 'Stores'; it has Sheet.",
    )


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "LARGEST", 1000)
    with pytest.raises(Invalid) as refused:
        read(desk.xlsx("f.xlsx", [["a"], ["x"]]), "a")
    assert refused.value.code == "FILE_TOO_LARGE"


@pytest.mark.parametrize("name", ["f.xlsx", "f.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(desk.file(name, b"a,b\n1,2\n" * 10), "a")
    assert refused.value.code == "FILE_UNREADABLE"


def test_an_empty_sheet_is_told(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        read(desk.xlsx("f.xlsx", []), "a")
    assert refused.value.code == "FILE_EMPTY"


def test_parquet_gives_its_rows_from_1(desk: Desk) -> None:
    columns = {"n": [1, 2], "s": ["x", None], "d": [date(2026, 1, 2), None], "m": [Decimal("1.50"), Decimal("2.00")]}
    assert read(desk.parquet("f.parquet", columns), "s", "n", "m", "d") == [
        (1, ["x", 1, Decimal("1.50"), date(2026, 1, 2)]),
        (2, [None, 2, Decimal("2.00"), None]),
    ]


def test_parquet_of_another_schema_is_refused(desk: Desk) -> None:
    path = desk.parquet("f.parquet", {"a": [[1, 2]], "b": [{"x": 1}], "c": [b"x"]})
    for column, kind in (("a", "list<element: int64>"), ("b", "struct<x: int64>"), ("c", "binary")):
        with pytest.raises(Invalid) as refused:
            read(path, column)
        assert (refused.value.code, refused.value.message) == (
            "COLUMN_TYPE",
            f"The column '{column}' holds {kind}, which is no single value.",
        )
    with pytest.raises(Invalid, match="has no column 'd'"):
        read(path, "d")


def test_a_damaged_page_ends_the_rows_and_says_where(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "BATCH", 10)
    path = desk.parquet("f.parquet", {"a": pa.array([f"row {n}" for n in range(40)])}, rows_in_group=10)
    data = bytearray(path.read_bytes())
    at = data.index(b"row 25")
    data[at - 4 : at] = b"\xff\xff\xff\x7f"
    path.write_bytes(bytes(data))
    *rows, last = read(path, "a")
    assert rows == [(n + 1, [f"row {n}"]) for n in range(20)]
    assert isinstance(last, Problem)
    assert (last.line, last.code) == (21, "FILE_DAMAGED")


def test_a_parquet_file_cut_short_is_refused(desk: Desk) -> None:
    path = desk.parquet("f.parquet", {"a": list(range(1000))})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Invalid) as refused:
        read(path, "a")
    assert refused.value.code == "FILE_UNREADABLE"


@pytest.mark.parametrize(("name", "code"), [("f.txt", "FILE_KIND_UNKNOWN"), ("gone.csv", "FILE_UNREADABLE")])
def test_a_file_that_cannot_be_opened_is_refused(desk: Desk, name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(desk.folder / name, "a")
    assert refused.value.code == code
