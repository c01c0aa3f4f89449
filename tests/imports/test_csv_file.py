"""CSV as it comes: each bad line is told by its number, and its neighbours are read."""

import gzip
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.imports.cells import Cell
from backend.imports.problems import Problem
from backend.imports.readers.csv_file import ends_inside_quotes
from backend.imports.readers.lines import LONGEST
from backend.imports.readers.opening import open_table
from backend.imports.readers.table import Layout
from backend.kit.errors import Invalid

Found = list[tuple[int, Sequence[Cell] | str]]


def read(path: Path, content: bytes, *, encoding: str = "utf-8", delimiter: str = ",") -> Found:
    """Returns (line, cells) of good rows and (line, code) of bad ones."""
    path.write_bytes(content)
    with open_table(path, Layout(("a", "b"), encoding, delimiter)) as table:
        return [
            (one.line, one.code) if isinstance(one, Problem) else (one.line, list(one.cells)) for one in table.records()
        ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Returns where the file will stand."""
    return tmp_path / "file.csv"


def test_columns_are_found_by_name_and_lines_are_counted_as_an_editor_does(path: Path) -> None:
    assert read(path, b"x,b,a\n1,2,3\r\n\n4,5,6") == [(2, ["3", "2"]), (4, ["6", "5"])]


def test_a_byte_order_mark_is_no_part_of_the_first_name(path: Path) -> None:
    assert read(path, "\ufeffa,b\nñ,2\n".encode()) == [(2, ["ñ", "2"])]


def test_a_quoted_cell_may_hold_the_delimiter_a_quote_and_line_ends(path: Path) -> None:
    assert read(path, b'a,b\n"x, ""y""\nz",2\n3,4\n') == [(2, ['x, "y"\nz', "2"]), (4, ["3", "4"])]


def test_a_quote_inside_a_plain_cell_is_plain(path: Path) -> None:
    assert read(path, b'a,b\n5" pipe,2\n6" pipe,3\n') == [(2, ['5" pipe', "2"]), (3, ['6" pipe', "3"])]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(path: Path) -> None:
    assert read(path, b'a,b\n1,"2\n3,4\n5,6\n') == [(2, "QUOTE_NOT_CLOSED"), (3, ["3", "4"]), (4, ["5", "6"])]


def test_a_quote_that_is_never_closed_is_not_looked_for_without_end(path: Path) -> None:
    rows = b"".join(b"%d,%s\n" % (number, b"x" * 1000) for number in range(2 * LONGEST // 1000))
    found = read(path, b'a,b\n1,"2\n' + rows)
    assert found[0] == (2, "QUOTE_NOT_CLOSED")
    assert [line for line, _ in found] == list(range(2, 3 + 2 * LONGEST // 1000))
    assert all(code != "QUOTE_NOT_CLOSED" for _, code in found[1:])


def test_text_after_a_closing_quote_is_no_csv(path: Path) -> None:
    assert read(path, b'a,b\n"1"x,2\n3,4\n') == [(2, "NOT_CSV"), (3, ["3", "4"])]


@pytest.mark.parametrize("line", [b"1", b"1,2,3"])
def test_a_row_with_too_few_or_too_many_cells_is_told(path: Path, line: bytes) -> None:
    assert read(path, b"a,b\n" + line + b"\n3,4\n") == [(2, "COLUMN_COUNT"), (3, ["3", "4"])]


def test_a_byte_of_another_encoding_costs_its_line_only(path: Path) -> None:
    assert read(path, b"a,b\nCaf\xe9,2\n3,4\n") == [(2, "WRONG_ENCODING"), (3, ["3", "4"])]
    assert read(path, b"a,b\nCaf\xe9,2\n", encoding="latin-1") == [(2, ["Café", "2"])]


def test_nul_costs_its_line_only(path: Path) -> None:
    assert read(path, b"a,b\n1,\0\n3,4\n") == [(2, "NUL_CHARACTER"), (3, ["3", "4"])]


def test_a_line_of_ten_megabytes_is_told_and_never_held(path: Path) -> None:
    path.write_bytes(b"a,b\n1," + b"x" * (10 << 20) + b"\n3,4\n")
    tracemalloc.start()
    with open_table(path, Layout(("a", "b"))) as table:
        bad, good = table.records()
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(bad, Problem)
    assert str(bad) == "line 2: 10,485,763 bytes long, at most 1,048,576 are read [LINE_TOO_LONG]"
    assert not isinstance(good, Problem)
    assert (good.line, list(good.cells)) == (3, ["3", "4"])
    assert peak < 5 * LONGEST


def test_a_file_that_is_one_line_without_end_is_refused(path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read(path, b"a,b" * LONGEST)
    assert refused.value.code == "FILE_UNREADABLE"


def test_many_lines_are_read_in_the_memory_of_few(path: Path) -> None:
    path.write_bytes(b"a,b\n" + b"1234567890,1234567890\n" * 50_000)
    tracemalloc.start()
    with open_table(path, Layout(("a", "b"))) as table:
        assert sum(1 for _ in table.records()) == 50_000
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000


def test_gzip_that_is_cut_short_gives_its_whole_lines_and_says_where_it_ends(tmp_path: Path) -> None:
    rows = b"".join(b"%d,%d\n" % (number, number * 7919 % 1000) for number in range(2, 3000))
    found = read(tmp_path / "file.csv.gz", gzip.compress(b"a,b\n" + rows)[:-2000])
    *whole, last = found
    assert last == (len(whole) + 2, "FILE_CUT_SHORT")
    assert 100 < len(whole) < 2998
    assert whole == [(number, [str(number), str(number * 7919 % 1000)]) for number in range(2, len(whole) + 2)]


def test_gzip_whose_checksum_is_wrong_says_so_after_its_rows(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"a,b\n1,2\n"))
    packed[-8] ^= 1
    assert read(tmp_path / "file.csv.gz", bytes(packed)) == [(2, ["1", "2"]), (3, "FILE_CUT_SHORT")]


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read(tmp_path / "file.csv.gz", b"a,b\n1,2\n")
    assert refused.value.code == "FILE_UNREADABLE"


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"", "FILE_EMPTY", "The file is empty."),
        (b"a,c\n1,2\n", "COLUMN_MISSING", "The file has no column 'b'; it has 'a', 'c'."),
        (b"a,b,b\n1,2,3\n", "COLUMN_TWICE", "The file has the column 'b' more than once."),
    ],
)
def test_a_header_that_does_not_fit_refuses_the_file(path: Path, content: bytes, code: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(path, content)
    assert (refused.value.code, refused.value.message) == (code, told)


def test_another_delimiter(path: Path) -> None:
    assert read(path, b"a;b\n1,5;2\n", delimiter=";") == [(2, ["1,5", "2"])]


@pytest.mark.parametrize(
    ("text", "still_open"),
    [
        ('a,"b', True),
        ('a,"b"', False),
        ('"a""', True),
        ('"a"""', False),
        ('a"b', False),
        ('"a","b', True),
        ("a,b", False),
    ],
)
def test_where_a_quoted_cell_ends(text: str, still_open: bool) -> None:
    assert ends_inside_quotes(text, ",") is still_open
