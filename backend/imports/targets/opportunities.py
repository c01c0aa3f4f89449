"""Opportunities with their product and the moves that the source has dates for."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast
from uuid import UUID

from backend.crm.models import Opportunity, OpportunityLine, Product, Stage, StageCategory, StageHistory
from backend.imports.cells import Amount, Day, Field, Reference, Text
from backend.imports.external import rows_named
from backend.imports.problems import Problem, mapping_wrong
from backend.imports.report import Outcome
from backend.imports.rows import Item
from backend.imports.targets.base import EntityTarget, Job, Pair, State, noon
from backend.kit import clock
from backend.kit.ids import new_id

_PLAIN = ("name", "amount", "currency", "opened_on", "close_date", "reason", "notes")


class OpportunityTarget(EntityTarget[Opportunity]):
    """A row becomes an opportunity; without an account it hangs on its owner.

    Its history has a move for each date the source has: into `opened_stage` of the mapping on `opened_on`, and into a
    won or lost stage on `close_date`. No date, no move: none is made up."""

    model = Opportunity
    entity = "opportunity"
    fields: ClassVar[Map[str, Field]] = {
        "account": Field(Reference("account"), empty=None),
        "owner": Field(Reference("user"), required=True),
        "name": Field(Text(200), required=True),
        "pipeline": Field(Text(100), required=True),
        "stage": Field(Text(100), required=True),
        "amount": Field(Amount(14, Decimal(0)), empty=None),
        "currency": Field(Text(3), empty="USD"),
        "opened_on": Field(Day(), empty=None),
        "close_date": Field(Day(), empty=None),
        "reason": Field(Text(200)),
        "notes": Field(Text(10_000)),
        "product": Field(Reference("product"), empty=None),
        "quantity": Field(Amount(12, Decimal(0)), empty=Decimal(1)),
    }

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        stages = Stage.objects.filter(org=job.org, deleted_at=None).select_related("pipeline")
        self._stages = {(stage.pipeline.name, stage.name): stage for stage in stages}
        opened = job.mapping.opened_stage
        if opened is not None and all(name != opened for _, name in self._stages):
            raise mapping_wrong(f"No pipeline here has a stage {opened!r}.", opened_stage="unknown")

    def check(self, items: list[Item], rows: Map[str, Any], outcome: Outcome) -> list[Item]:
        """Refuses a stage that the pipeline does not have, and a deal closed without a reason."""
        good: list[Item] = []
        for item in items:
            stage = self._stages.get((str(item.values["pipeline"]), str(item.values["stage"])))
            if stage is None:
                told = f"the pipeline {item.values['pipeline']!r} has no stage {item.values['stage']!r}"
                outcome.problems.append(Problem(item.line, "stage", told, "UNKNOWN_STAGE"))
            elif stage.category != StageCategory.OPEN and not item.values.get("reason"):
                told = f"{stage.name} needs a reason"
                outcome.problems.append(Problem(item.line, "reason", told, "REASON_REQUIRED"))
            else:
                good.append(item)
        return good

    def _stage(self, item: Item) -> Stage:
        return self._stages[str(item.values["pipeline"]), str(item.values["stage"])]

    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the opportunity's columns."""
        stage = self._stage(item)
        own = {"stage_id": stage.pk, "pipeline_id": stage.pipeline_id}
        return self.given(item, *_PLAIN, refs=("account", "owner")) | own

    def write(self, chunk: list[Item], outcome: Outcome) -> list[Pair[Opportunity]]:
        """Writes the chunk, and a move for each opportunity whose stage the file changes."""
        before = self._stages_before(chunk)
        pairs = super().write(chunk, outcome)
        moves: list[StageHistory] = []
        for pair in pairs:
            if pair.state is State.CREATED:
                moves += self._first_moves(pair)
            elif before[pair.item.key] != pair.row.stage_id:
                closed = pair.row.close_date if self._stage(pair.item).category != StageCategory.OPEN else None
                moved_at = noon(closed, self.job.org.timezone) if closed else clock.now()
                moves.append(self._move(pair.row, before[pair.item.key], pair.row.stage_id, moved_at))
        StageHistory.objects.bulk_create(moves, batch_size=2000)
        return pairs

    def _stages_before(self, chunk: list[Item]) -> dict[str, Any]:
        known = rows_named(self.job.org, self.job.mapping.source, self.entity, [item.key for item in chunk])
        stages = dict(Opportunity.objects.filter(pk__in=known.values()).values_list("id", "stage_id"))
        return {key: stages.get(row) for key, row in known.items()}

    def _first_moves(self, pair: Pair[Opportunity]) -> list[StageHistory]:
        row, stage, zone = pair.row, self._stage(pair.item), self.job.org.timezone
        opened = self._stages.get((str(pair.item.values["pipeline"]), self.job.mapping.opened_stage or ""))
        moves: list[StageHistory] = []
        if isinstance(row.opened_on, date) and opened is not None:
            moves.append(self._move(row, None, opened.pk, noon(row.opened_on, zone)))
        if isinstance(row.close_date, date) and stage.category != StageCategory.OPEN:
            before = moves[-1].to_stage_id if moves else None
            moves.append(self._move(row, before, stage.pk, noon(row.close_date, zone)))
        return moves

    def _move(self, row: Opportunity, before: Any, after: Any, moved_at: Any) -> StageHistory:
        move = StageHistory(id=new_id(), org=self.job.org, opportunity=row, moved_at=moved_at, reason=row.reason)
        move.from_stage_id, move.to_stage_id, move.moved_by_id = before, after, row.owner_id
        return move

    def write_children(self, pairs: Sequence[Pair[Opportunity]], outcome: Outcome) -> None:
        """Writes the one line that the source's product makes; lines that people added since stay."""
        asked = [pair for pair in pairs if pair.item.refs.get("product")]
        old = [pair.row.pk for pair in asked if pair.state is not State.CREATED]
        there = OpportunityLine.objects.filter(opportunity__in=old)
        known = {(line.opportunity_id, line.product_id): line for line in there}
        listed = dict(
            Product.objects.filter(pk__in=[pair.item.refs["product"] for pair in asked]).values_list("id", "unit_price")
        )
        created: list[OpportunityLine] = []
        changed: list[OpportunityLine] = []
        for pair in asked:
            product = cast(UUID, pair.item.refs["product"])
            quantity = Decimal(str(pair.item.values.get("quantity", 1)))
            # A deal that is open or lost has no price of its own yet: the list price is what it would be worth.
            price = pair.row.amount / quantity if pair.row.amount and quantity else listed.get(product) or Decimal(0)
            price = price.quantize(Decimal("0.01"))
            line = known.get((pair.row.pk, product))
            if line is None:
                line = OpportunityLine(id=new_id(), org=self.job.org, opportunity=pair.row)
                line.product_id, line.quantity, line.unit_price = product, quantity, price
                created.append(line)
                pair.touch()
            elif (line.quantity, line.unit_price) != (quantity, price):
                line.quantity, line.unit_price = quantity, price
                changed.append(line)
                pair.touch()
        OpportunityLine.objects.bulk_create(created, batch_size=2000)
        OpportunityLine.objects.bulk_update(changed, ["quantity", "unit_price"], batch_size=500)
