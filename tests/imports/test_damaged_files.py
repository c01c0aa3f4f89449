"""Damaged files lose nothing and say where: the good lines go in, or the whole file is refused, as chosen."""

import gzip
from typing import Any

import pytest
from django.db import connection

from backend.crm.models import Account
from tests.imports.desk import ACCOUNTS, STORES, Desk

GOOD = ["10,Ten,Ames,42.0,-93.6", "11,Eleven,Ames,42.0,-93.6", "13,Thirteen,Ames,42.0,-93.6"]

DAMAGE = [
    (b"12,Caf\xe9,Ames,42.0,-93.6", "line 4: byte 7 (0xe9) is not utf-8 [WRONG_ENCODING]"),
    (b"12,Tw\0lve,Ames,42.0,-93.6", "line 4: character 6 is NUL [NUL_CHARACTER]"),
    (b"12,Twelve,Ames", "line 4: 3 cells, the header has 5 [COLUMN_COUNT]"),
    (b"11,Twelve,Ames,42.0,-93.6", "line 4: no: '11' is on line 3 too [DUPLICATE_KEY]"),
    (b",Twelve,Ames,42.0,-93.6", "line 4: no: is empty, but names the row [KEY_MISSING]"),
    (b'12,"Twelve,Ames,42.0,-93.6', "line 4: a quotation mark is opened and never closed [QUOTE_NOT_CLOSED]"),
    (b'12,"Twelve"x,Ames,42.0,-93.6', "line 4: not CSV: ',' expected after '\"' [NOT_CSV]"),
    (
        b"12," + b"x" * (10 << 20) + b",Ames,42.0,-93.6",
        "line 4: 10,485,780 bytes long, at most 1,048,576 are read [LINE_TOO_LONG]",
    ),
]


def file(bad: bytes) -> bytes:
    """Returns a file with one bad line among good ones."""
    return b"\n".join([STORES.encode().strip(), *(row.encode() for row in GOOD[:2]), bad, GOOD[2].encode(), b""])


@pytest.mark.parametrize(("bad", "told"), DAMAGE, ids=[told.rpartition("[")[2].strip("]") for _, told in DAMAGE])
@pytest.mark.parametrize("name", ["stores.csv", "stores.csv.gz"])
def test_a_bad_line_is_told_and_the_good_ones_are_kept(desk: Desk, bad: bytes, told: str, name: str) -> None:
    answer = desk.bring(ACCOUNTS, desk.file(name, file(bad)))
    problems = [problem for problem in answer.problems if "kept without" not in problem]
    assert (answer.code, answer.counts, problems) == (1, (3, 0, 0, 1), [told])
    assert set(Account.objects.values_list("name", flat=True)) == {"Ten", "Eleven", "Thirteen"}
    assert desk.bring(ACCOUNTS, desk.file(name, file(bad))).counts == (0, 0, 3, 1)


@pytest.mark.parametrize(("bad", "told"), DAMAGE, ids=[told.rpartition("[")[2].strip("]") for _, told in DAMAGE])
def test_a_bad_line_refuses_the_whole_file_when_that_is_chosen(desk: Desk, bad: bytes, told: str) -> None:
    answer = desk.bring(ACCOUNTS, desk.file("stores.csv", file(bad)), on_error="refuse_file")
    assert (answer.code, answer.problems, Account.objects.count()) == (2, [told], 0)
    assert "  the file was refused, nothing was written: 1 problem" in answer.lines
    mended = desk.bring(ACCOUNTS, desk.file("stores.csv", file(b"12,Twelve,Ames,42.0,-93.6")), on_error="refuse_file")
    assert (mended.code, mended.counts) == (0, (4, 0, 0, 0))


def test_a_file_cut_short_gives_what_it_has_and_says_where_it_ends(desk: Desk) -> None:
    rows = "".join(f"{number},Store {number * 7919 % 1000},Ames,42.0,-93.6\n" for number in range(3000))
    path = desk.folder / "stores.csv.gz"
    path.write_bytes(gzip.compress((STORES + rows).encode())[:-3000])
    answer = desk.bring(ACCOUNTS, path)
    [problem] = answer.problems
    kept = Account.objects.count()
    assert answer.code == 1
    assert problem.startswith(f"line {kept + 2}: the compressed file is damaged or cut short here")
    assert 100 < kept < 3000
    whole = desk.bring(ACCOUNTS, desk.file("stores.csv.gz", STORES + rows))
    assert (whole.code, whole.counts) == (0, (3000 - kept, 0, kept, 0))


def test_a_missing_column_does_nothing_and_names_it(desk: Desk) -> None:
    answer = desk.bring(ACCOUNTS, desk.file("stores.csv", "no,title\n10,Ten\n"))
    assert (answer.code, Account.objects.count()) == (2, 0)
    assert answer.refusal == (
        "The file has no column 'name', 'city', 'lat', 'lng'; it has 'no', 'title'. [COLUMN_MISSING]"
    )


def test_parquet_of_another_schema_does_nothing_and_says_why(desk: Desk) -> None:
    columns = {"no": ["10"], "name": [["Ten"]], "city": ["Ames"], "lat": [42.0], "lng": [-93.6]}
    answer = desk.bring(ACCOUNTS, desk.parquet("stores.parquet", columns))
    assert (answer.code, Account.objects.count()) == (2, 0)
    assert answer.refusal == "The column 'name' holds list<element: string>, which is no single value. [COLUMN_TYPE]"


def test_what_only_the_database_knows_to_be_wrong_costs_one_row(desk: Desk) -> None:
    # A rule of the database that no target knows: the day it comes, one row is told and the others go in.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE crm_account ADD CONSTRAINT no_elevens CHECK (name <> 'Eleven')")
    answer = desk.bring(ACCOUNTS, desk.file("stores.csv", "\n".join([STORES.strip(), *GOOD])))
    assert (answer.code, answer.counts) == (1, (2, 0, 0, 1))
    [problem] = answer.problems
    assert problem.startswith("line 3: the database refuses it: ")
    assert problem.endswith("[DATABASE_REFUSED]")
    assert set(Account.objects.values_list("name", flat=True)) == {"Ten", "Thirteen"}


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "xlsx", "parquet"])
def test_all_formats_say_the_same(desk: Desk, kind: str) -> None:
    rows: list[list[Any]] = [["50010", "Ten", "Ames", 42.0, -93.6], ["50011", "Eleven", "Ames", 42.1, -93.5]]
    header = STORES.strip().split(",")
    if kind == "xlsx":
        path = desk.xlsx("stores.xlsx", [header, *([int(row[0]), *row[1:]] for row in rows)])
    elif kind == "parquet":
        path = desk.parquet("stores.parquet", dict(zip(header, zip(*rows, strict=True), strict=True)))
    else:
        path = desk.file(f"stores.{kind}", "\n".join([STORES.strip(), *(",".join(map(str, row)) for row in rows)]))
    desk.bring(
        ACCOUNTS, desk.file("first.csv", "\n".join([STORES.strip(), *(",".join(map(str, row)) for row in rows)]))
    )
    assert desk.bring(ACCOUNTS, path).counts == (0, 0, 2, 0)
