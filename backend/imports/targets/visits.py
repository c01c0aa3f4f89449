"""Visits that were made, with what came of them."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, cast

from backend.field.lifecycle import VisitState
from backend.field.models import Visit, VisitReport, VisitSource
from backend.imports.cells import Day, Field, Reference, Text, Whole
from backend.imports.problems import Problem
from backend.imports.report import Outcome
from backend.imports.rows import Item
from backend.imports.targets.base import EntityTarget, Pair, State, noon
from backend.kit.ids import new_id


class VisitTarget(EntityTarget[Visit]):
    """A row becomes a completed visit that begins at noon of its day, because the day is all that a source has."""

    model = Visit
    entity = "visit"
    fields: ClassVar[Map[str, Field]] = {
        "account": Field(Reference("account"), required=True),
        "rep": Field(Reference("user"), required=True),
        "day": Field(Day(), required=True),
        "minutes": Field(Whole(1, 1440), empty=30),
        "purpose": Field(Text(100)),
        "outcome": Field(Text(40)),
        "summary": Field(Text(10_000)),
    }

    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the visit's columns."""
        day, minutes = cast(date, item.values["day"]), cast(int, item.values.get("minutes", 30))
        start = noon(day, self.job.org.timezone)
        end = start + timedelta(minutes=minutes)
        return self.given(item, "purpose", refs=("account", "rep")) | {
            "state": VisitState.COMPLETED.value,
            "source": VisitSource.IMPORT.value,
            "planned_start": start,
            "planned_end": end,
            "started_at": start,
            "ended_at": end,
        }

    def write_children(self, pairs: Sequence[Pair[Visit]], outcome: Outcome) -> None:
        """Writes the reports; one that stands is immutable, and a file that says otherwise is told so."""
        asked = [pair for pair in pairs if pair.item.values.get("outcome")]
        old = [pair.row.pk for pair in asked if pair.state is not State.CREATED]
        known = {report.visit_id: report for report in VisitReport.objects.filter(visit__in=old, late=False)}
        created: list[VisitReport] = []
        for pair in asked:
            visit = pair.row
            wanted = {
                "outcome": pair.item.values["outcome"],
                "summary": pair.item.values.get("summary", ""),
                "answers": pair.item.answers,
            }
            report = known.get(visit.pk)
            if report is None:
                created.append(
                    VisitReport(
                        id=new_id(), org=self.job.org, visit=visit, author_id=visit.rep_id,
                        submitted_at=cast(datetime, visit.ended_at), **wanted,
                    )
                )  # fmt: skip
                pair.touch()
            elif any(getattr(report, name) != value for name, value in wanted.items()):
                told = "the report stands and is immutable"
                outcome.problems.append(Problem(pair.item.line, "outcome", told, "REPORT_IMMUTABLE", kept=True))
        VisitReport.objects.bulk_create(created, batch_size=2000)
