"""The visits and deals that an alignment concerns, page by page."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from backend.field.models import VisitSource
from backend.planning.realign.hands import OPEN
from backend.planning.realign.visits import outcomes
from backend.territories.models import Alignment, AlignmentVisit


@dataclass(frozen=True, slots=True)
class FateCount:
    """So many visits, and appointments among them, have one fate; appointments are told until it has begun."""

    fate: str
    count: int
    appointments: int


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit, whose it is and whose it will be, and what becomes of it; `done`: None until it is so."""

    visit_id: UUID
    account_id: UUID
    fate: str
    done: bool | None
    rep_id: UUID
    taker_id: UUID


def fates(alignment: Alignment) -> list[FateCount]:
    """Returns how many visits have which fate."""
    if alignment.state not in OPEN:
        begun = Counter(alignment.visits.values_list("fate", flat=True))
        return [FateCount(fate, count, 0) for fate, count in sorted(begun.items())]
    found = outcomes(alignment)
    counts = Counter(one.fate.value for one in found)
    agreed = Counter(one.fate.value for one in found if one.visit.source != VisitSource.PLAN)
    return [FateCount(fate, count, agreed[fate]) for fate, count in sorted(counts.items())]


def visit_lines(alignment: Alignment, *, first: int, skip: int) -> list[VisitLine]:
    """Returns some of the visits, in the order of their time while it is a draft."""
    if alignment.state in OPEN:
        found = outcomes(alignment)[skip : skip + first]
        return [
            VisitLine(one.visit.id, one.visit.account, one.fate.value, None, one.visit.rep, one.rep) for one in found
        ]
    begun = AlignmentVisit.objects.filter(alignment=alignment).order_by("id")[skip : skip + first]
    return [VisitLine(one.visit_id, one.account_id, one.fate, one.done, one.rep_id, one.taker_id) for one in begun]
