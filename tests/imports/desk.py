"""Where an operator sits: files in a folder, mappings beside them, and an import that answers in lines."""

import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from backend.imports.run import run_import

ACCOUNTS = """
target = "account"
source = "erp"
key = "no"
[fields]
number = "no"
name = "name"
city = "city"
lat = "lat"
lng = "lng"
"""
ORDERS = """
target = "order_line"
source = "erp"
tiers_from_sales = true
[fields]
account = "store"
product = "item"
order_no = "order"
line_no = "line"
ordered_on = "day"
quantity = "bottles"
amount = "usd"
"""
ORDER_COLUMNS = "order,line,day,store,item,bottles,usd"
STORES = "no,name,city,lat,lng\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What an import answered."""

    code: int
    lines: list[str]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Returns created, changed, unchanged, refused."""
        [line] = [line for line in self.lines if " created, " in line]
        words = line.replace(",", "").split()
        return int(words[0]), int(words[2]), int(words[4]), int(words[6])

    @property
    def problems(self) -> list[str]:
        """Returns the lines about lines of the file."""
        return [line.strip() for line in self.lines if line.strip().startswith("line ")]

    @property
    def refusal(self) -> str:
        """Returns the one line of an import that did nothing."""
        [line] = self.lines
        return line


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder of files, and the org they go into."""

    folder: Path
    org: str

    def file(self, name: str, content: str | bytes) -> Path:
        """Writes a file; one named .gz is packed."""
        data = content.encode() if isinstance(content, str) else content
        path = self.folder / name
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def xlsx(self, name: str, rows: Sequence[Sequence[Any]]) -> Path:
        """Writes a spreadsheet."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(list(row))
        packed = io.BytesIO()
        book.save(packed)
        return self.file(name, packed.getvalue())

    def parquet(self, name: str, columns: dict[str, Any], *, rows_in_group: int | None = None) -> Path:
        """Writes a Parquet file."""
        path = self.folder / name
        pq.write_table(pa.table(columns), path, row_group_size=rows_in_group, compression="none")
        return path

    def bring(self, mapping: str | Path, file: Path, **options: Any) -> Told:
        """Imports a file through a mapping given as text."""
        path = mapping if isinstance(mapping, Path) else self.file("mapping.toml", mapping)
        lines: list[str] = []
        code = run_import(path, file, **({"org": self.org} | options), report=lines.append)
        return Told(code, lines)

    def stores(self, *numbers: str) -> Told:
        """Imports some stores near Ames, known to the source by their numbers."""
        rows = "".join(f"{number},Store {number},Ames,42.02,-93.6{place}\n" for place, number in enumerate(numbers))
        return self.bring(ACCOUNTS, self.file("stores.csv", STORES + rows))

    def orders(self, *rows: str, **options: Any) -> Told:
        """Imports order lines given as text, in the order of ORDER_COLUMNS."""
        return self.bring(ORDERS, self.file("orders.csv", "\n".join([ORDER_COLUMNS, *rows]) + "\n"), **options)
