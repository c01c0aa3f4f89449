"""Two plans side by side: which stops one has and the other has not, which moved, and how good each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.kit.errors import Invalid
from backend.planning.keeping import Figures, added_up
from backend.planning.models import PlanRun, PlanStop, VisitPlan


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a stop stands: whose day, at which place in it, and when."""

    rep_id: UUID
    day: date
    position: int
    start: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A stop that both plans have, in different places; `before` or `after` is None when only one has it."""

    account_id: UUID
    before: Placed | None
    after: Placed | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changes from one plan to the other, in order of the accounts' ids."""

    gained: tuple[Moved, ...]
    lost: tuple[Moved, ...]
    moved: tuple[Moved, ...]
    kept: int
    before: Figures
    after: Figures


def compare_plans(before: VisitPlan, after: VisitPlan) -> Comparison:
    """Compares two days."""
    return _compared(_stops([before]), _stops([after]), before.figures, after.figures)


def compare_runs(before: PlanRun, after: PlanRun) -> Comparison:
    """Compares two runs, all reps and days of each together; of several visits to one account the first with the first."""
    if before.kind != after.kind:
        raise Invalid("OTHER_KIND", "A week is compared with a week.", fields={"otherId": "of another kind"})
    rows = [PlanStop.objects.filter(plan__part__run=run).select_related("plan") for run in (before, after)]
    return _compared(list(rows[0]), list(rows[1]), before.figures, after.figures)


def _stops(plans: Sequence[VisitPlan]) -> list[PlanStop]:
    return list(PlanStop.objects.filter(plan__in=plans).select_related("plan"))


def _keyed(stops: Sequence[PlanStop]) -> dict[tuple[UUID, int], Placed]:
    found: dict[tuple[UUID, int], Placed] = {}
    for stop in sorted(stops, key=lambda one: one.planned_start):
        number = 0
        while (stop.account_id, number) in found:
            number += 1
        place = Placed(stop.plan.rep_id, stop.plan.day, stop.position, stop.planned_start)
        found[stop.account_id, number] = place
    return found


def _compared(
    before: Sequence[PlanStop], after: Sequence[PlanStop], worth: Mapping[str, object], other: Mapping[str, object]
) -> Comparison:
    old, new = _keyed(before), _keyed(after)
    both = sorted(old.keys() & new.keys())
    moved = [Moved(key[0], old[key], new[key]) for key in both if old[key] != new[key]]
    return Comparison(
        gained=tuple(Moved(key[0], None, new[key]) for key in sorted(new.keys() - old.keys())),
        lost=tuple(Moved(key[0], old[key], None) for key in sorted(old.keys() - new.keys())),
        moved=tuple(moved),
        kept=len(both) - len(moved),
        before=_plain(worth),
        after=_plain(other),
    )


def _plain(figures: Mapping[str, object]) -> Figures:
    empty = added_up([])
    return {name: value for name, value in figures.items() if isinstance(value, int | float | str)} or empty
