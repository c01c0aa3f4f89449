"""What becomes of the visits that are planned at accounts which go to somebody else.

Those of the coming days stay with their rep, who is shown the account until a day after. Of those that lie further ahead the
manager chooses: they are called off, and the account is due again and stands among the new rep's suggestions (suggest); or
they go to the new rep at their time (reassign); or they stay as well (keep). An appointment, which is a visit that no plan
made, was agreed with the customer and is never called off: it goes to the new rep at its time, or stays where it is when that
rep has something else then. Where nobody follows, all visits stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.field.agenda import taken
from backend.field.models import Visit, VisitSource
from backend.planning.realign.hands import ask, instant, loses, losing
from backend.territories.models import Alignment, LaterVisits, VisitFate

AHEAD = ("planned", "en_route")
SHOWN_AFTER = timedelta(days=1)
"""So long after a visit that stays its rep is still shown the account: reports are written in the evening."""

_VISITS = f"""
    SELECT v.id, v.account_id, v.rep_id, hands.taker, v.planned_start, v.planned_end, v.source
    FROM hands JOIN field_visit v ON v.account_id = hands.account_id AND v.deleted_at IS NULL
    WHERE v.state = ANY(%(ahead)s) AND v.planned_end > %(from)s AND {loses("v.rep_id")}
    ORDER BY v.planned_start, v.id
"""  # noqa: S608 - of our own parts


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit that is ahead, whose it is, and who has the account afterwards."""

    id: UUID
    account: UUID
    rep: UUID
    taker: UUID | None
    start: datetime
    end: datetime
    source: str

    @property
    def appointment(self) -> bool:
        """Says that somebody made it by hand, with the customer."""
        return self.source != VisitSource.PLAN


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a visit; `rep`: whose it is afterwards."""

    visit: Planned
    fate: VisitFate
    rep: UUID


class Calendar:
    """When people have something already."""

    def __init__(self, reps: Sequence[UUID], since: datetime, until: datetime) -> None:
        self._taken: dict[UUID, list[tuple[datetime, datetime]]] = {}
        ahead = Visit.objects.filter(rep__in=reps, deleted_at=None, state__in=[*AHEAD, "in_progress"])
        for rep, start, end in ahead.filter(planned_end__gt=since).values_list(
            "rep_id", "planned_start", "planned_end"
        ):
            self.take(rep, start, end)
        for rep, start, end in taken(reps, since, until):
            self.take(rep, start, end)

    def take(self, rep: UUID, start: datetime, end: datetime) -> None:
        """Notes that a person has something then."""
        self._taken.setdefault(rep, []).append((start, end))

    def free(self, rep: UUID, start: datetime, end: datetime) -> bool:
        """Says whether a person has nothing then."""
        return not any(begins < end and ends > start for begins, ends in self._taken.get(rep, ()))


def outcomes(alignment: Alignment) -> list[Outcome]:
    """Returns what becomes of each visit, by the alignment's own choice, in the order of their time. Four queries, or one."""
    at = instant(alignment)
    found = [Planned(*row) for row in ask(_VISITS, losing(alignment, ahead=list(AHEAD), **{"from": at}))]
    takers = [one for one in {visit.taker for visit in found} if one is not None]
    calendar = Calendar(takers, at, max((visit.end for visit in found), default=at))
    until = at + timedelta(days=alignment.keep_days)
    return [_decide(visit, until, LaterVisits(alignment.later_visits), calendar) for visit in found]


def _decide(visit: Planned, until: datetime, later: LaterVisits, calendar: Calendar) -> Outcome:
    stays = Outcome(visit, VisitFate.KEPT, visit.rep)
    if visit.taker is None or visit.start < until or later == LaterVisits.KEEP:
        return stays
    if visit.appointment or later == LaterVisits.REASSIGN:
        if calendar.free(visit.taker, visit.start, visit.end):
            calendar.take(visit.taker, visit.start, visit.end)
            return Outcome(visit, VisitFate.REASSIGNED, visit.taker)
        if visit.appointment:
            return stays
    return Outcome(visit, VisitFate.SUGGESTED, visit.taker)
