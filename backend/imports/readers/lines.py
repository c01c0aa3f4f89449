"""The physical lines of a file, each bounded: a line that is too long, or a file cut short, is said and passed over."""

import gzip
import zlib
from collections import deque
from dataclasses import dataclass
from typing import BinaryIO

from backend.imports.problems import Problem

LONGEST = 1 << 20
"""Bytes in one line, or in one row that spans several; more is damage, not data."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its end, and its number from 1."""

    number: int
    data: bytes


class Lines:
    """Reads lines one after another; some may be put back."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        self._waiting: deque[Line | Problem] = deque()
        self._ended = False

    def next(self) -> Line | Problem | None:
        """Returns the next line, or what is wrong with it; None at the end."""
        if self._waiting:
            return self._waiting.popleft()
        if self._ended:
            return None
        try:
            return self._read()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self._ended = True
            return Problem(
                self._number + 1, "", f"the compressed file is damaged or cut short here: {error}", "FILE_CUT_SHORT"
            )

    def put_back(self, lines: list[Line | Problem]) -> None:
        """Gives lines back, to be read again in the same order."""
        self._waiting.extendleft(reversed(lines))

    def _read(self) -> Line | Problem | None:
        data = self._file.readline(LONGEST + 1)
        if not data:
            self._ended = True
            return None
        if len(data) > LONGEST and not data.endswith(b"\n"):
            length = len(data)
            # The number rises first, so that a file cut short inside this line is not told of the same line twice.
            self._number += 1
            while (rest := self._file.readline(LONGEST)) != b"":
                length += len(rest)
                if rest.endswith(b"\n"):
                    break
            return Problem(self._number, "", f"{length:,} bytes long, at most {LONGEST:,} are read", "LINE_TOO_LONG")
        self._number += 1
        return Line(self._number, data)
