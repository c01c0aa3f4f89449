"""What an answer shows, found in its bytes."""

import re
from typing import Any

from tests.factories import planted
from tests.schema.leaks.garden import Grown
from tests.schema.leaks.oracle import PARTNERS_MAY_NOT, UUIDS, Oracle

WORDS = re.compile(r"~(\d+)\.(\w+)~")


class Watch:
    """Reads answers to one person, and keeps what they should not have been shown: what → by which question."""

    def __init__(self, grown: Grown, oracle: Oracle) -> None:
        self._rows, self._ids, self._oracle = grown.rows, grown.by_id(), oracle
        self.leaks: dict[str, str] = {}
        self.secrets: set[str] = set()
        """What is hidden from partners and was shown."""

    def read(self, answer: str, asked: str, given: Any) -> None:
        """Notes what an answer shows; the ids that were asked with are known to who asked."""
        for number, column in set(WORDS.findall(answer)):
            self._see(self._rows[int(number)], column, asked, given)
        for one in set(UUIDS.findall(answer)) - set(UUIDS.findall(str(given))):
            if (row := self._ids.get(one)) is not None:
                self._see(row, "id", asked, given)
        for text in PARTNERS_MAY_NOT - self.secrets:
            if text in answer and planted.stands(text, answer):
                self.secrets.add(text)
                if self._oracle.viewer.role == "partner":
                    self._tell(text, asked, given)

    def _see(self, row: Any, column: str, asked: str, given: Any) -> None:
        if not self._oracle.may_read(row, column, asked):
            self._tell(f"{type(row).__name__}.{column}", asked, given)

    def _tell(self, what: str, asked: str, given: Any) -> None:
        self.leaks.setdefault(f"{self._oracle.viewer.full_name} was shown {what}", f"{asked} {given}")
