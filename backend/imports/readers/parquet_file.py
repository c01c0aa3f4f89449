"""Parquet by pyarrow, batch by batch; the line of a row is its number from 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from backend.imports.problems import Problem, file_refused
from backend.imports.readers.table import Layout, Record, positions

BATCH = 10_000


class ParquetTable:
    """An open Parquet file whose schema fits."""

    def __init__(self, file: pq.ParquetFile, layout: Layout) -> None:
        self._file = file
        self._columns = list(layout.columns)
        schema = file.schema_arrow
        positions(list(schema.names), self._columns)
        for name in self._columns:
            if not _plain(schema.field(name).type):
                raise file_refused(
                    "COLUMN_TYPE", f"The column {name!r} holds {schema.field(name).type}, which is no single value."
                )
        self._total = max(1, file.metadata.num_rows)
        self._done = 0

    def progress(self) -> tuple[int, int]:
        """Returns rows."""
        return self._done, self._total

    def records(self) -> Iterator[Record | Problem]:
        """Gives the rows; a damaged page ends them with a problem at its first row."""
        batches = self._file.iter_batches(BATCH, columns=self._columns, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
                if batch is None:
                    return
                # Text that is not UTF-8 shows only when it is asked for.
                cells = [batch.column(name).to_pylist() for name in self._columns]
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
                message = f"the file is damaged in the {BATCH:,} rows from here on: {str(error).splitlines()[0]}"
                yield Problem(self._done + 1, "", message, "FILE_DAMAGED")
                return
            for row in zip(*cells, strict=True):
                self._done += 1
                yield Record(self._done, row)


def _plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    checks = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean,
        pa.types.is_date, pa.types.is_timestamp, pa.types.is_decimal, pa.types.is_null,
    )  # fmt: skip
    return any(check(kind) for check in checks)


@contextmanager
def open_parquet(path: Path, layout: Layout) -> Iterator[ParquetTable]:
    """Opens the file and checks its schema."""
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
    except pa.ArrowException as error:
        message = f"{path.name} is not a whole Parquet file: {str(error).splitlines()[0]}."
        raise file_refused("FILE_UNREADABLE", message) from error
    with file:
        yield ParquetTable(file, layout)
