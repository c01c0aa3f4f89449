"""When a person works: setting hours, and days away."""

from datetime import date, time
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.field import rules
from backend.field.models import Absence, WorkingHours
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id


@transaction.atomic
def set_hours(
    *, actor: Actor, user: User, weekday: int, shift: tuple[time, time] | None, hours_id: UUID | None = None
) -> WorkingHours | None:
    """Sets a person's shift on a weekday (local times), or with None makes it a day off; returns what stands then.

    `hours_id`: of the row, if there is none for the day yet and the id is free."""
    rules.check_may_set_calendar(actor, user.pk)
    rules.check_weekday(weekday)
    if shift is not None:
        rules.check_hours(*shift)
    # The person's row serialises two settings of one day: both would find no shift and make one.
    User.objects.select_for_update().get(pk=user.pk)
    hours = WorkingHours.objects.filter(user=user, weekday=weekday, deleted_at=None).first()
    if shift is None:
        if hours is not None:
            hours.deleted_at = clock.now()
            hours.save(update_fields=["deleted_at"])
        return None
    if hours is None:
        free = hours_id is not None and not WorkingHours.objects.filter(pk=hours_id).exists()
        return WorkingHours.objects.create(
            id=hours_id if free else new_id(),
            org_id=actor.org_id,
            user=user,
            weekday=weekday,
            start=shift[0],
            end=shift[1],
        )
    hours.start, hours.end = shift
    hours.save(update_fields=["start", "end"])
    return hours


@transaction.atomic
def add_absence(
    *, actor: Actor, user: User, first_day: date, last_day: date, reason: str = "", absence_id: UUID | None = None
) -> Absence:
    """Writes down days away, both included; no day is planned on them."""
    rules.check_may_set_calendar(actor, user.pk)
    rules.check_days(first_day, last_day)
    absence = Absence(
        id=absence_id or new_id(),
        org_id=actor.org_id,
        user=user,
        first_day=first_day,
        last_day=last_day,
        reason=reason.strip()[:100],
    )
    try:
        with transaction.atomic():
            absence.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken() from error
    return absence


@transaction.atomic
def remove_absence(*, actor: Actor, user: User, absence_id: UUID) -> Absence:
    """Takes an absence back; doing it twice is NotFound."""
    rules.check_may_set_calendar(actor, user.pk)
    absence = Absence.objects.select_for_update().filter(pk=absence_id, user=user, deleted_at=None).first()
    if absence is None:
        raise rules.absence_not_found()
    absence.deleted_at = clock.now()
    absence.save(update_fields=["deleted_at"])
    return absence
