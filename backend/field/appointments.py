"""Making, changing and calling off appointments: one time, this and those that follow, or all."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.field import appointment_rules as own
from backend.field import rules
from backend.field.agenda import called_off, series_of
from backend.field.models import Appointment
from backend.field.recurrence import checked_rule, instant, local
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.models import check_seen

FIELDS = ("title", "notes", "place", "lat", "lng", "private", "account", "starts_at", "ends_at", "zone", "rrule")
_COPIED = ("title", "notes", "place", "lat", "lng", "private", "account_id", "zone")
_SECOND = timedelta(seconds=1)


class Reach(StrEnum):
    """How far a change goes: one time, that one and those that follow, or the whole series."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@transaction.atomic
def make(*, actor: Actor, user: User, fields: Mapping[str, Any], appointment_id: UUID | None = None) -> Appointment:
    """Makes an appointment of FIELDS (a zone that is not given is the person's own); `rrule` makes it a series."""
    rules.check_may_set_calendar(actor, user.pk)
    row = Appointment(id=appointment_id or new_id(), org_id=actor.org_id, user=user, zone=user.timezone)
    _set(row, fields)
    own.check_may_touch(actor, row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken() from error
    return row


@transaction.atomic
def change(
    *,
    actor: Actor,
    appointment: Appointment,
    changes: Mapping[str, Any],
    reach: Reach,
    at: datetime | None = None,
    base_version: int | None = None,
) -> Appointment:
    """Changes FIELDS of one time of a series (the one that begins there at `at`), of it and those that follow, or of all;
    returns the row that has the change. Of all, `starts_at` is that of the first; of the others, of the one at `at`.

    An appointment that does not come again is changed whole, whatever the reach. With `base_version`,
    refuses (Conflict) what was edited since."""
    row = _opened(actor, appointment)
    check_seen(row.version, base_version)
    if row.series is not None and reach is not Reach.THIS:
        at, row = row.recurrence_at, row.series
    if not row.rrule:
        if row.series is not None:
            own.check_single(changes)
        return _saved(row, changes)
    if reach is Reach.ALL:
        return _change_all(row, changes)
    begins = _one_of(row, at, moved=reach is Reach.FOLLOWING)
    if reach is Reach.THIS:
        own.check_single(changes)
        return _moved(row, begins, changes)
    if begins == row.starts_at:
        return _change_all(row, changes)
    return _split(row, begins, changes)


@transaction.atomic
def call_off(*, actor: Actor, appointment: Appointment, reach: Reach, at: datetime | None = None) -> Appointment:
    """Calls off one time of a series, it and those that follow, or all; returns the row that says so."""
    row = _opened(actor, appointment)
    if row.series is not None:
        at, row = row.recurrence_at, row.series
    elif not row.rrule:
        return _deleted(row)
    if reach is Reach.ALL:
        return _all_deleted(row)
    begins = _one_of(row, at, moved=True)
    if reach is Reach.THIS:
        _drop_moved(row, lambda one: one == begins)
        row.exdates = sorted({*row.exdates, begins.isoformat()})
        row.save(update_fields=["exdates"])
        return row
    if begins == row.starts_at:
        return _all_deleted(row)
    _drop_moved(row, lambda one: one >= begins)
    return _ended(row, begins)


@transaction.atomic
def hand_on(
    *, actor: Actor, appointment: Appointment, user: User, since: datetime, stays: Collection[datetime] = ()
) -> Appointment | None:
    """Gives what of an appointment begins at or after an instant to another person, and returns the row that has it; None
    when nothing does. Of a series the times before stay where they are; the others are a series of their own then.

    The times of a series in `stays`, by the beginnings they have in it, stay too, each as an appointment of its own."""
    rules.check_may_set_calendar(actor, user.pk)
    row = _opened(actor, appointment)
    if row.series is not None:
        return _torn_off(row, row.series, user) if row.starts_at >= since else None
    if row.starts_at >= since:
        given = row
    else:
        ahead = series_of(row).starts(since, row.over_at, without=called_off(row))
        begins = next((one for one in ahead if one >= since), None)
        if begins is None:
            return None
        given = _split(row, begins, {}, user)
    if stays:
        _leave(given, row.user_id, {one.astimezone(UTC) for one in stays})
    for one in (given, *given.moved.select_for_update().filter(deleted_at=None)):
        one.user = user
        one.save(update_fields=["user"])
    return given


def _leave(series: Appointment, user_id: UUID, stays: set[datetime]) -> None:
    """Leaves some times of a series, as far as it has them, with a person; the series does not have them any more."""
    moved = {one.recurrence_at: one for one in series.moved.select_for_update().filter(deleted_at=None)}
    length = series.ends_at - series.starts_at
    for at in sorted(stays - called_off(series)):
        one = moved.get(at)
        if one is not None:
            one.series = one.recurrence_at = None
            one.save(update_fields=["series", "recurrence_at"])
            continue
        if next(series_of(series).starts(at, at + _SECOND), None) != at:
            continue
        one = Appointment(org_id=series.org_id, user_id=user_id, **{name: getattr(series, name) for name in _COPIED})
        one.starts_at, one.ends_at, one.over_at = at, at + length, at + length
        one.save(force_insert=True)
    series.exdates = sorted({*series.exdates, *(one.isoformat() for one in stays)})
    series.save(update_fields=["exdates"])


def _torn_off(row: Appointment, series: Appointment, user: User) -> Appointment:
    """Gives one time of a series that was moved to somebody else; the series does not have it any more."""
    assert row.recurrence_at is not None
    series.exdates = sorted({*series.exdates, row.recurrence_at.isoformat()})
    series.save(update_fields=["exdates"])
    row.series = row.recurrence_at = None
    row.user = user
    row.save(update_fields=["series", "recurrence_at", "user"])
    return row


def _opened(actor: Actor, appointment: Appointment) -> Appointment:
    """Returns the row as it stands, locked, and its series with it."""
    rules.check_may_set_calendar(actor, appointment.user_id)
    if appointment.series_id is not None:
        Appointment.objects.select_for_update().get(pk=appointment.series_id)
    row = Appointment.objects.select_for_update(of=("self",)).select_related("series").get(pk=appointment.pk)
    if row.deleted_at is not None:
        raise own.appointment_not_found()
    own.check_may_touch(actor, row)
    return row


def _set(row: Appointment, changes: Mapping[str, Any]) -> None:
    """Writes fields, and brings what follows from them along; a new beginning without an end keeps the length."""
    # One that is being made has no times yet.
    length = row.ends_at - row.starts_at if vars(row).get("ends_at") is not None else None
    own.check_given(changes)
    for name in FIELDS:
        if name in changes:
            setattr(row, name, changes[name])
    if "starts_at" in changes and "ends_at" not in changes and length is not None:
        row.ends_at = row.starts_at + length
    if "account" in changes:
        own.check_about(row, changes["account"])
    own.checked_zone(row.zone)
    own.check_appointment(row)
    row.starts_at, row.ends_at = (one.astimezone(UTC).replace(microsecond=0) for one in (row.starts_at, row.ends_at))
    if row.rrule:
        # In the hour that the clock shows twice, all the times of a series are in the first.
        first = instant(series_of(row).first, series_of(row).zone)
        row.starts_at, row.ends_at = first, first + (row.ends_at - row.starts_at)
    if "rrule" in changes:
        row.until = None
    if row.rrule and ("rrule" in changes or "starts_at" in changes or "zone" in changes):
        kept, until = checked_rule(row.rrule, replace(series_of(row), rule=""))
        row.rrule, row.until = kept, until or row.until
    row.over_at = series_of(row).last_end()


def _saved(row: Appointment, changes: Mapping[str, Any]) -> Appointment:
    _set(row, changes)
    row.save()
    return row


def _one_of(row: Appointment, at: datetime | None, *, moved: bool = False) -> datetime:
    """Returns the beginning of a time that the series has; with `moved`, or had before it was moved."""
    begins = own.check_at(at).astimezone(UTC)
    found = next(series_of(row).starts(begins, begins + _SECOND, without=called_off(row)), None)
    if found != begins:
        raise own.occurrence_not_found()
    others = row.moved.filter(recurrence_at=begins, deleted_at=None)
    if not moved and others.exists():
        raise own.occurrence_not_found()
    return begins


def _moved(row: Appointment, begins: datetime, changes: Mapping[str, Any]) -> Appointment:
    """Makes one time of a series a row of its own."""
    one = Appointment(
        org_id=row.org_id,
        user_id=row.user_id,
        series=row,
        recurrence_at=begins,
        starts_at=begins,
        ends_at=begins + (row.ends_at - row.starts_at),
        **{name: getattr(row, name) for name in _COPIED},
    )
    _set(one, {name: value for name, value in changes.items() if name != "rrule"})
    one.save(force_insert=True)
    # A calendar that knows the series must fetch it again to learn that one of its times stands elsewhere.
    row.save(update_fields=["updated_at"])
    return one


def _change_all(row: Appointment, changes: Mapping[str, Any]) -> Appointment:
    before, about = series_of(row), row.account_id
    _set(row, changes)
    after = series_of(row)
    if (before.first, before.zone, before.rule, before.until) != (after.first, after.zone, after.rule, after.until):
        _follow(row, row, after.first - before.first)
    row.save()
    if "private" in changes:
        for one in row.moved.filter(deleted_at=None).exclude(private=row.private):
            one.private = row.private
            one.save(update_fields=["private"])
    if row.account_id != about:
        for one in row.moved.filter(deleted_at=None):
            if one.account_id == about:
                one.account_id = row.account_id
                one.save(update_fields=["account"])
    return row


def _follow(old: Appointment, new: Appointment, by: timedelta, since: datetime | None = None) -> None:
    """Has what was called off or moved (since an instant) stand in the series as it is now, `by` later on the clock; what
    has no time there any more is gone."""
    series, old_zone = series_of(new), series_of(old).zone

    def there(at: datetime) -> datetime | None:
        shifted = instant(local(at, old_zone) + by, series.zone)
        found = next(series.starts(shifted, shifted + _SECOND), None)
        return shifted if found == shifted else None

    kept = [at for at in called_off(old) if since is None or at >= since]
    new.exdates = sorted(one.isoformat() for at in kept if (one := there(at)) is not None)
    moved = old.moved.select_for_update().filter(deleted_at=None)
    # Backwards where times become later, so that no two stand at one time on the way.
    for row in moved.order_by("-recurrence_at" if by > timedelta(0) else "recurrence_at"):
        assert row.recurrence_at is not None
        if since is not None and row.recurrence_at < since:
            continue
        at = there(row.recurrence_at)
        if at is None:
            _deleted(row)
        else:
            row.series, row.recurrence_at = new, at
            row.save(update_fields=["series", "recurrence_at"])


def _split(row: Appointment, begins: datetime, changes: Mapping[str, Any], user: User | None = None) -> Appointment:
    """Ends a series before one of its times, and begins another there, somebody else's if `user` is given."""
    series = series_of(row)
    new = Appointment(
        org_id=row.org_id,
        user_id=user.pk if user else row.user_id,
        starts_at=begins,
        ends_at=begins + series.length,
        rrule=_counted_down(row.rrule, series.count_before(begins)),
        until=row.until,
        **{name: getattr(row, name) for name in _COPIED},
    )
    _set(new, changes)
    new.save(force_insert=True)
    if new.rrule:
        _follow(row, new, series_of(new).first - local(begins, series.zone), since=begins)
        new.save(update_fields=["exdates"])
    _drop_moved(row, lambda one: one >= begins)
    row.exdates = [one for one in row.exdates if datetime.fromisoformat(one) < begins]
    _ended(row, begins)
    return new


def _counted_down(rule: str, by: int) -> str:
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    if "COUNT" in parts:
        parts["COUNT"] = str(int(parts["COUNT"]) - by)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _ended(row: Appointment, before: datetime) -> Appointment:
    """Has the series end before an instant."""
    row.rrule = ";".join(part for part in row.rrule.split(";") if not part.startswith("COUNT="))
    row.until = before - _SECOND
    row.over_at = series_of(row).last_end()
    row.save(update_fields=["rrule", "until", "over_at", "exdates"])
    return row


def _drop_moved(row: Appointment, which: Callable[[datetime], bool]) -> None:
    for one in row.moved.select_for_update().filter(deleted_at=None):
        assert one.recurrence_at is not None
        if which(one.recurrence_at):
            _deleted(one)


def _deleted(row: Appointment) -> Appointment:
    row.deleted_at = clock.now()
    row.save(update_fields=["deleted_at"])
    return row


def _all_deleted(row: Appointment) -> Appointment:
    _drop_moved(row, lambda one: True)
    return _deleted(row)
