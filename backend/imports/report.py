"""What an import did: counts, each problem with its line, and notes; printed, and written as JSON lines when asked."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from backend.imports.problems import Problem

LISTED = 100
"""Problems printed and kept in memory; the JSON file has them all."""


@dataclass(slots=True)
class Outcome:
    """What became of some rows; merged into the report only once they are safely written."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    located: int = 0
    unlocated: list[str] = field(default_factory=list)


class Report:
    """The tally of one import."""

    def __init__(self, details: TextIO | None = None) -> None:
        self.read = 0
        self.passed_over = 0
        self.created = 0
        self.changed = 0
        self.unchanged = 0
        self.located = 0
        self.unlocated: list[str] = []
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.codes: Counter[str] = Counter()
        self.refused = 0
        self.kept = 0
        self._details = details
        self._last_refused = 0

    def add(self, problems: Iterable[Problem]) -> None:
        """Takes problems in, those of one line after another; a line with two of them is refused once."""
        for problem in problems:
            self.codes[problem.code] += 1
            if problem.kept:
                self.kept += 1
            elif problem.line != self._last_refused:
                self.refused += 1
                self._last_refused = problem.line
            if len(self.problems) < LISTED:
                self.problems.append(problem)
            if self._details is not None:
                self._details.write(json.dumps(asdict(problem), ensure_ascii=False) + "\n")

    def merge(self, outcome: Outcome) -> None:
        """Takes in what became of some rows."""
        self.created += outcome.created
        self.changed += outcome.changed
        self.unchanged += outcome.unchanged
        self.located += outcome.located
        self.unlocated += outcome.unlocated
        self.notes += outcome.notes
        self.add(outcome.problems)

    @property
    def faults(self) -> int:
        """How many problems there are in all."""
        return self.codes.total()

    def lines(self, *, written: bool, dry_run: bool) -> Iterator[str]:
        """Tells the whole as lines for a person."""
        passed = f", {self.passed_over:,} passed over by the mapping" if self.passed_over else ""
        yield f"{self.read:,} rows read{passed}"
        counts = f"{self.created:,} created, {self.changed:,} changed, {self.unchanged:,} unchanged"
        if written:
            yield f"{counts}, {self.refused:,} refused{' (dry run: nothing was written)' if dry_run else ''}"
        else:
            yield f"the file was refused, nothing was written: {self.faults:,} problem{'s' * (self.faults != 1)}"
        if self.located:
            yield f"{self.located:,} without coordinates, located by their postcode"
        for name in self.unlocated:
            yield f"kept without a place: {name}"
        yield from self.notes
        for problem in self.problems:
            yield str(problem)
        if self.faults > len(self.problems):
            codes = ", ".join(f"{code} {count:,}" for code, count in self.codes.most_common())
            yield f"and {self.faults - len(self.problems):,} more; in all: {codes}"

    def totals(self) -> dict[str, object]:
        """Returns the counts as plain values."""
        names = "read passed_over created changed unchanged refused kept located unlocated notes"
        return {name: getattr(self, name) for name in names.split()} | {"codes": dict(self.codes)}

    def write_totals(self) -> None:
        """Ends the JSON file with the counts."""
        if self._details is not None:
            self._details.write(json.dumps({"totals": self.totals()}, ensure_ascii=False) + "\n")


@contextmanager
def reporting(path: Path | None) -> Iterator[Report]:
    """Gives a report whose problems also go to `path`, one JSON object a line, the totals last."""
    if path is None:
        yield Report()
        return
    with path.open("w", encoding="utf-8") as details:
        report = Report(details)
        yield report
        report.write_totals()


Say = Callable[[str], None]
