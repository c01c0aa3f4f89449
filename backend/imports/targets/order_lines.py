"""Order lines: facts by the million, staged on the server, judged there, and merged part by part."""

from collections.abc import Iterator
from collections.abc import Mapping as Map
from itertools import islice
from typing import ClassVar

from django.db import connection

from backend.crm.sales import refresh_sales
from backend.imports.cells import Amount, Day, Field, Reference, Text, Whole
from backend.imports.mapping import Column
from backend.imports.report import Outcome
from backend.imports.rows import Item
from backend.imports.targets.base import Target
from backend.imports.targets.staging import Row, Staging
from backend.imports.tiering import apply_tiers

TAKEN = 20_000
"""Rows held in memory at once on their way to the staging table."""
MERGED = 50_000
"""Lines merged and committed at once; a kill loses at most the part at hand, and the next run writes it."""


class OrderLineTarget(Target):
    """A row becomes an order line, found again by order number and line number.

    A product that is not known leaves the line with its stock number alone; an account that is not known refuses it."""

    keyed = False
    fields: ClassVar[Map[str, Field]] = {
        "account": Field(Reference("account"), required=True),
        "product": Field(Text(60), required=True),
        "order_no": Field(Text(40), required=True),
        "line_no": Field(Whole(0), required=True),
        "ordered_on": Field(Day(), required=True),
        "quantity": Field(Whole(), required=True),
        "amount": Field(Amount(), required=True),
    }

    def load(self, items: Iterator[Item]) -> bool:
        """Stages all rows, then writes what differs; with refuse_file any problem found on the way stops before that."""
        job = self.job
        accounts, products = (self._source(job.mapping.fields[name]) for name in ("account", "product"))
        with Staging(job.org.pk, accounts=accounts, products=products) as staging:
            while rows := list(islice(_staged(items), TAKEN)):
                staging.take(rows)
                job.tick()
            job.report.add(staging.judge())
            if job.on_error == "refuse_file" and job.report.faults:
                return False
            if unknown := staging.without_product():
                job.report.notes.append(
                    f"{unknown:,} lines name a product that is not known: kept with its number alone"
                )
            for after, upto, rows_there in staging.ranges(MERGED):
                created, changed = (staging.count if job.dry_run else staging.merge)(after, upto)
                job.report.merge(Outcome(created, changed, rows_there - created - changed))
                job.tick()
        if not job.dry_run:
            self._follow()
        return True

    def _source(self, made: Column) -> str:
        return made.source or self.job.mapping.source

    def _follow(self) -> None:
        """Brings what is made from order lines up to date; also after a run that found nothing new, since the run
        before it may have been killed before it came here."""
        report = self.job.report
        if report.created + report.changed > MERGED:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE crm_orderline")
        report.notes.append(f"sales figures of {refresh_sales(self.job.org.pk):,} accounts changed")
        if self.job.mapping.tiers_from_sales:
            report.notes.append(f"tiers of {apply_tiers(self.job.org):,} accounts changed")


def _staged(items: Iterator[Item]) -> Iterator[Row]:
    for item in items:
        v = item.values
        yield (
            item.line, v["account"], v["product"], v["order_no"], v["line_no"], v["ordered_on"], v["quantity"], v["amount"],
        )  # fmt: skip
