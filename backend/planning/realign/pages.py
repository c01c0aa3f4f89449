"""The visits and appointments that an alignment concerns, page by page."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.field.models import Appointment, VisitSource
from backend.planning.realign.appointments import promises
from backend.planning.realign.hands import OPEN
from backend.planning.realign.visits import outcomes
from backend.territories.models import Alignment, AlignmentAppointment, AlignmentVisit


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


@dataclass(frozen=True, slots=True)
class AppointmentLine:
    """One appointment about an account, as a visit; None where it has gone since. Of a series what begins from `since` on, but
    for the times in `stays`."""

    appointment: Appointment | None
    account_id: UUID
    fate: str
    done: bool | None
    since: datetime
    rep_id: UUID
    taker_id: UUID
    stays: tuple[datetime, ...] = ()


def appointment_fates(alignment: Alignment) -> dict[str, int]:
    """Returns how many appointments have which fate."""
    if alignment.state in OPEN:
        return dict(sorted(Counter(one.fate.value for one in promises(alignment)).items()))
    return dict(sorted(Counter(alignment.appointments.values_list("fate", flat=True)).items()))


def appointment_lines(alignment: Alignment, *, first: int, skip: int) -> list[AppointmentLine]:
    """Returns some of the appointments, in the order of their time while it is a draft."""
    if alignment.state in OPEN:
        return [
            AppointmentLine(
                one.appointment,
                one.account,
                one.fate.value,
                None,
                one.since,
                one.appointment.user_id,
                one.taker,
                one.stays,
            )
            for one in promises(alignment)[skip : skip + first]
        ]
    begun = list(alignment.appointments.order_by("id")[skip : skip + first])
    there = Appointment.objects.filter(deleted_at=None, private=False).in_bulk([_stands(one) for one in begun])
    return [
        AppointmentLine(
            there.get(_stands(one)),
            one.account_id,
            one.fate,
            one.done,
            one.since,
            one.rep_id,
            one.taker_id,
            tuple(datetime.fromisoformat(at) for at in one.stays or ()),
        )
        for one in begun
    ]


def _stands(one: AlignmentAppointment) -> UUID:
    return one.made_id or one.appointment_id


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
