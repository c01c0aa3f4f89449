"""Opens a file with the reader of its kind."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from backend.imports.problems import file_refused
from backend.imports.readers.csv_file import open_csv
from backend.imports.readers.parquet_file import open_parquet
from backend.imports.readers.table import Layout, Table
from backend.imports.readers.xlsx_file import open_xlsx


@contextmanager
def open_table(path: Path, layout: Layout) -> Iterator[Table]:
    """Opens a .csv, .csv.gz, .xlsx or .parquet file; raises Invalid when it cannot be read at all.

    Codes: FILE_KIND_UNKNOWN, FILE_UNREADABLE, FILE_EMPTY, COLUMN_MISSING, COLUMN_TWICE, COLUMN_TYPE."""
    name = path.name.lower()
    opened: AbstractContextManager[Table]
    if name.endswith((".csv", ".csv.gz")):
        opened = open_csv(path, layout)
    elif name.endswith(".xlsx"):
        opened = open_xlsx(path, layout)
    elif name.endswith(".parquet"):
        opened = open_parquet(path, layout)
    else:
        raise file_refused(
            "FILE_KIND_UNKNOWN", f"{path.name} is not a .csv, .csv.gz, .xlsx or .parquet file, going by its name."
        )
    try:
        with opened as table:
            yield table
    except OSError as error:
        if error.filename is None:
            raise
        raise file_refused("FILE_UNREADABLE", f"{path} cannot be read: {error.strerror}.") from error
