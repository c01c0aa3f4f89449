"""From records to items: the mapping's small changes, the field's kind, and every problem of a row at once."""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from uuid import UUID

from backend.imports.cells import Cell, Field, Text, Value, Whole, text_of
from backend.imports.mapping import Column, Mapping
from backend.imports.problems import BadValue, Problem, mapping_wrong
from backend.imports.readers.table import Record, Table
from backend.imports.report import Report

_CLEANERS: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "collapse": lambda text: " ".join(text.split()),
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "slug": lambda text: re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_"),
    "digits": lambda text: re.sub(r"\D", "", text),
}
_ANSWER = {"text": Field(Text(200)), "integer": Field(Whole())}


@dataclass(slots=True)
class Item:
    """A good row: its key in the source system (empty when the target needs none) and its values by field.

    `refs`: the rows here that its references name, filled in by the target."""

    line: int
    key: str
    values: dict[str, Value]
    answers: dict[str, Value]
    refs: dict[str, UUID | None] = field(default_factory=dict)


Maker = Callable[[Sequence[Cell]], Value]


def _maker(made: Column, kind: Field, at: int) -> Maker:
    """Returns the function that reads one field from a row's cells; it raises BadValue."""
    clean = [_CLEANERS[name] for name in made.clean]
    read, form = kind.kind.read, made.date
    plain = not (made.prefix or made.replace or made.map is not None)

    def make(cells: Sequence[Cell]) -> Value:
        raw: Cell = cells[at] if at >= 0 else made.constant
        if isinstance(raw, str) or not plain:
            text = text_of(raw)
            for change in clean:
                text = change(text)
            if text:
                text = made.replace.get(text, made.prefix + text)
            if made.map is not None:
                text = _mapped(made.map, made.otherwise, text)
            raw = text or made.default
        elif raw is None:
            raw = made.default
        if raw is None or raw == "":
            if kind.required:
                raise BadValue("REQUIRED", "is empty")
            return kind.empty
        return read(raw, form)

    return make


def _mapped(table: Map[str, str], otherwise: str | None, text: str) -> str:
    known = table.get(text, otherwise)
    if known is None:
        if text == "":
            return ""
        raise BadValue("NOT_IN_MAP", f"the mapping does not say what {text[:40]!r} becomes")
    return known


class Reading:
    """Reads a table's rows through a mapping for one target's fields; what is wrong goes into the report."""

    def __init__(self, mapping: Mapping, fields: Map[str, Field], report: Report) -> None:
        unknown = sorted(set(mapping.fields) - set(fields))
        if unknown:
            raise mapping_wrong(
                f"{mapping.target} has no field {', '.join(unknown)}; it has {', '.join(sorted(fields))}.",
                **{f"fields.{name}": "unknown" for name in unknown},
            )
        absent = sorted(name for name, one in fields.items() if one.required and name not in mapping.fields)
        if absent:
            raise mapping_wrong(
                f"{mapping.target} needs {', '.join(absent)}.", **{f"fields.{name}": "missing" for name in absent}
            )
        columns = mapping.columns()
        self.columns = columns
        self._mapping = mapping
        self._report = report
        self._makers = [
            (name, _maker(made, fields[name], columns.index(made.column) if made.column is not None else -1))
            for name, made in mapping.fields.items()
        ]
        self._answers = [
            (name, _maker(made, _ANSWER[made.kind], columns.index(made.column) if made.column is not None else -1))
            for name, made in mapping.answers.items()
        ]
        self._key = [columns.index(name) for name in mapping.key]
        self._empty = {name: fields[name].empty for name in mapping.fields}
        self._where = [
            [(columns.index(name), frozenset(values)) for name, values in alternative.items()]
            for alternative in mapping.where
        ]

    def items(self, table: Table) -> Iterator[Item]:
        """Gives the good rows, each key once; keys seen are kept in memory, some hundred bytes for each."""
        report = self._report
        seen: dict[str, int] = {}
        for record in table.records():
            report.read += 1
            if isinstance(record, Problem):
                report.add([record])
                continue
            if self._where and not self._wanted(record.cells):
                report.passed_over += 1
                continue
            problems: list[Problem] = []
            key = self._key_of(record, seen, problems)
            if key is None and not problems:
                report.passed_over += 1
                continue
            values = self._values(record, self._makers, problems)
            answers = self._values(record, self._answers, problems) if self._answers else {}
            if problems:
                report.add(problems)
                if not all(problem.kept for problem in problems):
                    continue
            yield Item(record.line, key or "", values, answers)

    def _wanted(self, cells: Sequence[Cell]) -> bool:
        return any(all(text_of(cells[at]) in values for at, values in terms) for terms in self._where)

    def _key_of(self, record: Record, seen: dict[str, int], problems: list[Problem]) -> str | None:
        """Returns the row's key; None for a repeated row that the mapping passes over, or after adding a problem."""
        if not self._key:
            return ""
        parts = [text_of(record.cells[at]).strip() for at in self._key]
        key = "/".join(parts)
        names = ", ".join(self._mapping.key)
        if not all(parts):
            problems.append(Problem(record.line, names, "is empty, but names the row", "KEY_MISSING"))
        elif len(key) > 120:
            problems.append(Problem(record.line, names, f"{len(key)} characters, at most 120 fit", "TOO_LONG"))
        elif key in seen:
            if self._mapping.repeat == "skip":
                return None
            problems.append(Problem(record.line, names, f"{key!r} is on line {seen[key]} too", "DUPLICATE_KEY"))
        else:
            seen[key] = record.line
            return key
        return None

    def _values(self, record: Record, makers: list[tuple[str, Maker]], problems: list[Problem]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for name, make in makers:
            try:
                values[name] = make(record.cells)
            except BadValue as bad:
                problems.append(Problem(record.line, name, bad.message, bad.code, kept=bad.droppable))
                values[name] = self._empty.get(name)
        return values
