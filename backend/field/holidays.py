"""Which days are holidays for whom: those of a country or a part of it, and days of the org's own."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import holidays as kept
from django.db.models import Q

from backend.field.models import CompanyDay, HolidayRegion
from backend.identity.models import User


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    """Returns the public holidays of a year by day; none of a country that is not known."""
    if not known_region(country, subdivision):
        return {}
    found = kept.country_holidays(country, subdiv=subdivision or None, years=year)
    return {day: str(name) for day, name in found.items()}


@lru_cache(maxsize=1)
def _regions() -> dict[str, list[str]]:
    return kept.list_supported_countries(include_aliases=False)


def known_region(country: str, subdivision: str) -> bool:
    """Says whether holidays of the country, and of the part of it unless "", are known."""
    parts = _regions().get(country)
    return parts is not None and (subdivision == "" or subdivision in parts)


def region_of(person: User) -> HolidayRegion | None:
    """Returns whose holidays the person keeps: their own region, or else the org's."""
    assert person.org_id is not None
    rows = HolidayRegion.objects.filter(Q(user=person) | Q(user=None), org_id=person.org_id, deleted_at=None)
    return min(rows, key=lambda row: row.user_id is None, default=None)


def holidays_of(person: User, days: Sequence[date]) -> dict[date, str]:
    """Returns, by day, the name of the holiday that the person has then. Two queries, however many days."""
    assert person.org_id is not None
    region = region_of(person)
    own = {
        row.day: row
        for row in CompanyDay.objects.filter(
            org_id=person.org_id, deleted_at=None, day__gte=min(days), day__lte=max(days)
        )
    }
    found: dict[date, str] = {}
    for day in days:
        public = public_holidays(region.country, region.subdivision, day.year).get(day) if region else None
        if day in own:
            if not own[day].works:
                found[day] = own[day].name
        elif public is not None:
            found[day] = public
    return found
