"""Runs one import from file to report."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from backend.identity.models import Org
from backend.imports.lock import alone
from backend.imports.mapping import Mapping, OnError, read_mapping
from backend.imports.problems import mapping_wrong, org_not_found
from backend.imports.readers.opening import open_table
from backend.imports.readers.table import Layout, Table
from backend.imports.report import Report, Say, reporting
from backend.imports.rows import Reading
from backend.imports.targets.accounts import AccountTarget
from backend.imports.targets.base import Job, Target
from backend.imports.targets.opportunities import OpportunityTarget
from backend.imports.targets.order_lines import OrderLineTarget
from backend.imports.targets.people import ContactTarget, UserTarget
from backend.imports.targets.products import ProductTarget
from backend.imports.targets.visits import VisitTarget
from backend.kit.errors import DomainError, Invalid

DONE, SOME_REFUSED, NOTHING_DONE = 0, 1, 2

TARGETS: dict[str, type[Target]] = {
    "account": AccountTarget,
    "contact": ContactTarget,
    "opportunity": OpportunityTarget,
    "order_line": OrderLineTarget,
    "product": ProductTarget,
    "user": UserTarget,
    "visit": VisitTarget,
}


def run_import(
    mapping: Path,
    file: Path,
    *,
    org: str | None = None,
    dry_run: bool = False,
    on_error: str | None = None,
    report: Say | None = None,
    report_file: Path | None = None,
) -> int:
    """Imports `file` through `mapping` and tells what happened, line by line, to `report` (standard output).

    `org` and `on_error` outrank what the mapping says. `report_file` takes every problem as JSON lines. Returns 0 when
    every row went in, 1 when the good ones did, 2 when nothing was done; a refusal is told, not raised."""
    say = report or _print
    try:
        with reporting(report_file) as tally:
            return _run(mapping, file, org, dry_run, on_error, tally, say)
    except DomainError as error:
        say(f"{error.message} [{error.code}]")
        return NOTHING_DONE
    except OSError as error:
        say(f"{error.filename or file}: {error.strerror or error} [FILE_UNREADABLE]")
        return NOTHING_DONE


def _run(path: Path, file: Path, org: str | None, dry_run: bool, on_error: str | None, tally: Report, say: Say) -> int:
    mapping = read_mapping(path)
    kind = TARGETS.get(mapping.target)
    if kind is None:
        raise mapping_wrong(f"There is no target {mapping.target!r}; there are {', '.join(TARGETS)}.", target="unknown")
    _check_parts(mapping)
    reading = Reading(mapping, kind.fields, tally)
    tenant = _org(org or mapping.org)
    strictness = _strictness(on_error, mapping)
    layout = Layout(reading.columns, mapping.encoding, mapping.delimiter, mapping.sheet)
    with ExitStack() as stack:
        table = stack.enter_context(open_table(file, layout))
        stack.enter_context(alone(tenant))
        tick = stack.enter_context(_Bar(table, file.name, shown=say is _print))
        job = Job(tenant, mapping, strictness, dry_run, tally, tick)
        written = kind(job).load(reading.items(table))
    say(f"{mapping.target} rows of {file.name} into {tenant.slug}")
    for line in tally.lines(written=written, dry_run=dry_run):
        say(f"  {line}")
    if not written:
        return NOTHING_DONE
    return SOME_REFUSED if tally.faults else DONE


def _check_parts(mapping: Mapping) -> None:
    """A part that the target would pass over in silence is refused."""
    homes = {"locate": "account", "answers": "visit", "opened_stage": "opportunity", "tiers_from_sales": "order_line"}
    for part, target in homes.items():
        if getattr(mapping, part) and mapping.target != target:
            raise mapping_wrong(f"{part} is for {target}, not for {mapping.target}.", **{part: "not for this target"})


def _strictness(asked: str | None, mapping: Mapping) -> OnError:
    if asked is None:
        return mapping.on_error
    if asked not in ("keep_good", "refuse_file"):
        raise Invalid("ON_ERROR", "on_error is keep_good or refuse_file.", fields={"onError": asked})
    return cast(OnError, asked)


def _org(slug: str | None) -> Org:
    if slug is None:
        raise mapping_wrong("Say into which org: the mapping names none, and no other was given.", org="missing")
    org = Org.objects.filter(slug=slug).first()
    if org is None:
        raise org_not_found(slug)
    return org


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, table: Table, title: str, *, shown: bool) -> None:
        self._table = table
        self._progress: Progress | None = None
        console = Console(stderr=True)
        if shown and console.is_terminal:
            columns: tuple[Any, ...] = (
                TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
            )  # fmt: skip
            self._progress = Progress(*columns, console=console, transient=True)
            self._task = self._progress.add_task(title, total=table.progress()[1])

    def __enter__(self) -> Callable[[], None]:
        if self._progress is not None:
            self._progress.start()
        return self._tick

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _tick(self) -> None:
        if self._progress is not None:
            done, total = self._table.progress()
            self._progress.update(self._task, completed=done, total=total)
