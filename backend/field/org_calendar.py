"""What holds for a whole org: public holidays, days of its own, and the places where days begin. Set by admins."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from backend.field import calendar_rules, rules
from backend.field.models import CompanyDay, HolidayRegion, WorkingHours, WorkPlace
from backend.identity.actor import Actor
from backend.identity.models import Org, User
from backend.kit import clock
from backend.kit.geo import LatLng


@transaction.atomic
def set_holiday_region(
    *, actor: Actor, user: User | None, country: str | None, subdivision: str = ""
) -> HolidayRegion | None:
    """Says whose public holidays are kept: a person's (`country` "" for none, None for the org's), or with no user the
    whole org's (None for none). Returns what stands then.

    A person's is set as their hours are; the org's by an admin."""
    if user is None:
        calendar_rules.check_may_set_org(actor)
    else:
        rules.check_may_set_calendar(actor, user.pk)
    calendar_rules.check_region(country or "", subdivision)
    Org.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    row = HolidayRegion.objects.filter(org_id=actor.org_id, user=user, deleted_at=None).first()
    if country is None or (country == "" and user is None):
        if row is not None:
            row.deleted_at = clock.now()
            row.save(update_fields=["deleted_at"])
        return None
    row = row or HolidayRegion(org_id=actor.org_id, user=user)
    row.country, row.subdivision = country, subdivision
    row.save()
    return row


@transaction.atomic
def set_company_day(*, actor: Actor, day: date, name: str, works: bool = False) -> CompanyDay:
    """Makes a day one of the org's own: off for everybody, or with `works` a day of work whatever holiday it is."""
    calendar_rules.check_may_set_org(actor)
    clock.checked_day(day, "day")
    Org.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    row = CompanyDay.objects.filter(org_id=actor.org_id, day=day, deleted_at=None).first()
    row = row or CompanyDay(org_id=actor.org_id, day=day)
    row.name, row.works = calendar_rules.check_name(name), works
    row.save()
    return row


@transaction.atomic
def remove_company_day(*, actor: Actor, day: date) -> CompanyDay:
    """Makes it a day like others again; doing it twice is NotFound."""
    calendar_rules.check_may_set_org(actor)
    row = CompanyDay.objects.select_for_update().filter(org_id=actor.org_id, day=day, deleted_at=None).first()
    if row is None:
        raise calendar_rules.company_day_not_found()
    row.deleted_at = clock.now()
    row.save(update_fields=["deleted_at"])
    return row


@transaction.atomic
def add_work_place(*, actor: Actor, name: str, point: LatLng) -> WorkPlace:
    """Adds an office or a depot."""
    calendar_rules.check_may_set_org(actor)
    return WorkPlace.objects.create(
        org_id=actor.org_id, name=calendar_rules.check_name(name), lat=point.lat, lng=point.lng
    )


@transaction.atomic
def remove_work_place(*, actor: Actor, place_id: UUID) -> WorkPlace:
    """Takes a place away where nobody's day begins or ends."""
    calendar_rules.check_may_set_org(actor)
    place = work_place(actor, place_id, lock=True)
    used = WorkingHours.objects.filter(Q(start_place=place) | Q(end_place=place), deleted_at=None)
    if used.exists():
        raise calendar_rules.place_in_use()
    place.deleted_at = clock.now()
    place.save(update_fields=["deleted_at"])
    return place


def work_place(actor: Actor, place_id: UUID, *, lock: bool = False) -> WorkPlace:
    """Returns a place of the actor's org; raises NotFound."""
    rows = WorkPlace.objects.select_for_update() if lock else WorkPlace.objects.all()
    place = rows.filter(org_id=actor.org_id, pk=place_id, deleted_at=None).first()
    if place is None:
        raise calendar_rules.place_not_found(place_id)
    return place
