"""A person's calendar as RFC 5545 has it: visits, appointments and absences, for programs that read such."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from icalendar import Calendar, Event
from icalendar.prop import vRecur

from backend.crm.models import Account, Address
from backend.field.agenda import called_off
from backend.field.lifecycle import VisitState
from backend.field.models import Absence, Appointment, Visit
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.models import Row
from backend.territories.coverage import visible

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
MOST = 2_000
_NOT_MADE = (VisitState.SKIPPED, VisitState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Written:
    """A calendar as bytes, and when something of it was last changed."""

    body: bytes
    changed_at: datetime


def calendar_of(person: User, actor: Actor) -> Written:
    """Returns the person's own calendar, from a month ago to half a year ahead; what was called off or deleted since
    stands there as cancelled, so that copies of it go."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    since, until = today - BACK, today + AHEAD
    changed = [today]
    calendar = Calendar()
    calendar.add("prodid", "-//Fieldbeat//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Fieldbeat: {person.name_shown}")
    for event in (
        *_visits(person, actor, since, until, changed),
        *_appointments(person, since, until, changed),
        *_absences(person, since, until, changed),
    ):
        calendar.add_component(event)
    calendar.add_missing_timezones(first_date=(since - BACK).date(), last_date=(until + AHEAD).date())
    return Written(calendar.to_ical(), max(changed))


def _event(kind: str, row: Row, row_id: UUID, changed: list[datetime]) -> Event:
    changed.append(row.updated_at)
    event = Event()
    event.add("uid", f"{kind}-{row_id}@fieldbeat")
    event.add("dtstamp", row.updated_at.astimezone(UTC))
    event.add("last-modified", row.updated_at.astimezone(UTC))
    event.add("created", row.created_at.astimezone(UTC))
    event.add("sequence", row.version - 1)
    return event


def _alive_or_late(since: datetime) -> Q:
    return Q(deleted_at=None) | Q(deleted_at__gt=since)


def _visits(person: User, actor: Actor, since: datetime, until: datetime, changed: list[datetime]) -> Iterable[Event]:
    found = Visit.objects.filter(
        _alive_or_late(since), rep=person, planned_end__gt=since, planned_start__lt=until
    ).order_by("planned_start", "id")
    visits = list(found[:MOST])
    ids = {visit.account_id for visit in visits}
    # Of an account that has gone to somebody else its former rep learns no more.
    accounts = {one.pk: one for one in visible(Account.objects.filter(pk__in=ids), actor, root="id")}
    homes = Address.objects.filter(account_id__in=accounts, is_primary=True, deleted_at=None)
    addresses = {one.account_id: one for one in homes}
    changed += [one.updated_at for one in (*accounts.values(), *addresses.values())]
    for visit in visits:
        event = _event("visit", visit, visit.pk, changed)
        account, address = accounts.get(visit.account_id), addresses.get(visit.account_id)
        event.add("summary", f"Visit: {account.name}" if account else "Visit")
        event.add("dtstart", visit.planned_start.astimezone(UTC))
        event.add("dtend", visit.planned_end.astimezone(UTC))
        off = visit.deleted_at is not None or visit.state in _NOT_MADE
        event.add("status", "CANCELLED" if off else "CONFIRMED")
        if visit.purpose:
            event.add("description", visit.purpose)
        if address is not None:
            where = ", ".join(part for part in (address.street, address.city, address.region, address.postcode) if part)
            if where:
                event.add("location", where)
            if address.lat is not None and address.lng is not None:
                event.add("geo", (address.lat, address.lng))
        yield event


def _appointments(person: User, since: datetime, until: datetime, changed: list[datetime]) -> Iterable[Event]:
    found = Appointment.objects.filter(_alive_or_late(since), user=person, over_at__gt=since, starts_at__lt=until)
    for row in found.select_related("series").order_by("starts_at", "id")[:MOST]:
        if row.series is not None and row.deleted_at is not None:
            continue  # the series says so itself
        zone = ZoneInfo(row.zone)
        event = _event("appointment", row, row.series_id or row.pk, changed)
        event.add("summary", row.title)
        event.add("dtstart", row.starts_at.astimezone(zone))
        event.add("dtend", row.ends_at.astimezone(zone))
        event.add("status", "CONFIRMED" if row.deleted_at is None else "CANCELLED")
        event.add("class", "PRIVATE" if row.private else "PUBLIC")
        for name, value in (("description", row.notes), ("location", row.place)):
            if value:
                event.add(name, value)
        if row.lat is not None and row.lng is not None:
            event.add("geo", (row.lat, row.lng))
        if row.series is not None and row.recurrence_at is not None:
            event.add("recurrence-id", row.recurrence_at.astimezone(ZoneInfo(row.series.zone)))
        if row.rrule:
            end = f";UNTIL={row.until.astimezone(UTC):%Y%m%dT%H%M%SZ}" if row.until is not None else ""
            event.add("rrule", vRecur.from_ical(row.rrule + end))
            off = [one.astimezone(zone) for one in sorted(called_off(row))]
            if off:
                event.add("exdate", off)
        yield event


def _absences(person: User, since: datetime, until: datetime, changed: list[datetime]) -> Iterable[Event]:
    zone = ZoneInfo(person.timezone)
    found = Absence.objects.filter(
        _alive_or_late(since), user=person, last_day__gte=since.date(), first_day__lte=until.date()
    )
    for row in found.order_by("first_day", "id")[:MOST]:
        event = _event("absence", row, row.pk, changed)
        event.add("summary", row.reason or "Away")
        event.add("status", "CONFIRMED" if row.deleted_at is None else "CANCELLED")
        if row.starts is None or row.ends is None:
            event.add("dtstart", row.first_day)
            event.add("dtend", row.last_day + timedelta(days=1))
        else:
            event.add("dtstart", _at(row.first_day, row.starts, zone))
            event.add("dtend", _at(row.first_day, row.ends, zone))
            days = (row.last_day - row.first_day).days + 1
            if days > 1:
                event.add("rrule", {"freq": "daily", "count": days})
        yield event


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone)
