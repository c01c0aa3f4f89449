"""Doing what an alignment means for appointments about accounts: decided before the instant, done after it, each by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.field.appointments import hand_on
from backend.field.models import Appointment
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.errors import DomainError
from backend.kit.logs import logger
from backend.planning.realign.appointments import promises
from backend.planning.realign.hands import ask, instant, people, values
from backend.territories.models import Alignment, AlignmentAppointment, VisitFate

_log = logger("planning")

_AFTERWARDS = "SELECT account_id, t FROM hands"


def decide_appointments(alignment: Alignment) -> list[tuple[AlignmentAppointment, datetime]]:
    """Writes down what becomes of each; returns those of which their rep keeps some, with when that ends."""
    returning = _returning(alignment)
    handled = {one.appointment_id for one in returning}
    found = [one for one in promises(alignment) if one.appointment.pk not in handled]
    coming = [
        AlignmentAppointment(
            alignment=alignment,
            appointment_id=one.appointment.pk,
            account_id=one.account,
            rep_id=one.appointment.user_id,
            taker_id=one.taker,
            fate=one.fate,
            since=one.since,
            stays=[at.isoformat() for at in one.stays] or None,
            done=True if one.fate == VisitFate.KEPT else None,
        )
        for one in found
    ]
    AlignmentAppointment.objects.bulk_create([*returning, *coming], batch_size=2_000)
    return [(row, one.stays_until) for row, one in zip(coming, found, strict=True) if one.stays_until is not None]


def note_kept(rows: Sequence[AlignmentAppointment], shares: Mapping[tuple[UUID, UUID], UUID]) -> None:
    """Notes by which shares their reps see the accounts."""
    for one in rows:
        one.share_id = shares.get((one.account_id, one.rep_id))
    AlignmentAppointment.objects.bulk_update(rows, ["share_id"], batch_size=2_000)


def _returning(alignment: Alignment) -> list[AlignmentAppointment]:
    """Returns, for a rollback, what gives back the appointments of the alignment that is taken back, as of visits."""
    if alignment.undoes_id is None:
        return []
    there = dict(ask(_AFTERWARDS, values(alignment)))
    after = people(alignment, "after")
    before = AlignmentAppointment.objects.filter(alignment_id=alignment.undoes_id, done=True, fate=VisitFate.REASSIGNED)
    return [
        AlignmentAppointment(
            alignment=alignment,
            appointment_id=one.made_id,
            account_id=one.account_id,
            rep_id=one.taker_id,
            taker_id=one.rep_id,
            fate=VisitFate.RETURNED,
            since=instant(alignment),
            made_version=one.made_version,
        )
        for one in before.order_by("id")
        if one.made_id is not None and one.rep_id in after.get(there.get(one.account_id, alignment.pk), ())
    ]


def settle_appointments(actor: Actor, alignment: Alignment, most: int) -> int:
    """Hands some appointments on; returns how many, 0 when none is left."""
    waiting = list(alignment.appointments.filter(done=None).order_by("id")[:most])
    for one in waiting:
        one.done = _settle(actor, one)
        one.save(update_fields=["done", "made_id", "made_version"])
    return len(waiting)


def _settle(actor: Actor, one: AlignmentAppointment) -> bool:
    """Does it; says whether it could be done: somebody may have changed or called it off before us."""
    found = Appointment.objects.filter(pk=one.appointment_id, deleted_at=None, user_id=one.rep_id)
    row = found.filter(account_id=one.account_id, private=False).first()
    if row is None or (one.fate == VisitFate.RETURNED and row.version != one.made_version):
        return False
    try:
        # A savepoint of its own: what one appointment refuses must not undo the others.
        with transaction.atomic():
            taker, stays = User.objects.get(pk=one.taker_id), [datetime.fromisoformat(at) for at in one.stays or ()]
            given = hand_on(actor=actor, appointment=row, user=taker, since=one.since, stays=stays)
    except DomainError as error:
        _log.info("appointment_not_settled", appointment=str(row.pk), code=error.code)
        return False
    if given is None:
        return False
    given.refresh_from_db(fields=["version"])
    one.made_id, one.made_version = given.pk, given.version
    return True
