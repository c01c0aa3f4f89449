"""Which days are holidays for whom: those of a country or a part of it, and days of the org's own."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

from django.db.models import Q

from backend.field.models import CompanyDay, HolidayRegion
from backend.identity.models import User


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    """Returns the public holidays of a year by day; none of a country that is not known."""
    if not known_region(country, subdivision):
        return {}
    import holidays as kept  # loaded only where it is used: it takes long

    found = kept.country_holidays(country, subdiv=subdivision or None, years=year)
    return {day: str(name) for day, name in found.items()}


@lru_cache(maxsize=1)
def _regions() -> dict[str, list[str]]:
    import holidays as kept

    return kept.list_supported_countries(include_aliases=False)


def known_region(country: str, subdivision: str) -> bool:
    """Says whether holidays of the country, and of the part of it unless "", are known."""
    parts = _regions().get(country)
    return parts is not None and (subdivision == "" or subdivision in parts)


def holidays_of(person: User, days: Sequence[date]) -> dict[date, str]:
    """Returns, by day, the name of the holiday that the person has then. Two queries, however many days."""
    return holidays_of_all([person], days)[person.pk]


def holidays_of_all(people: Sequence[User], days: Sequence[date]) -> dict[UUID, dict[date, str]]:
    """Returns for each person, by day, the name of the holiday that they have then. Two queries, however many people."""
    orgs = {person.org_id for person in people if person.org_id is not None}
    regions: dict[tuple[UUID, UUID | None], HolidayRegion] = {
        (row.org_id, row.user_id): row
        for row in HolidayRegion.objects.filter(Q(user__in=people) | Q(user=None), org_id__in=orgs, deleted_at=None)
    }
    own = {
        (row.org_id, row.day): row
        for row in CompanyDay.objects.filter(org_id__in=orgs, deleted_at=None, day__gte=min(days), day__lte=max(days))
    }
    found: dict[UUID, dict[date, str]] = {}
    for person in people:
        assert person.org_id is not None
        region = regions.get((person.org_id, person.pk)) or regions.get((person.org_id, None))
        theirs = found.setdefault(person.pk, {})
        for day in days:
            of_org = own.get((person.org_id, day))
            public = public_holidays(region.country, region.subdivision, day.year).get(day) if region else None
            if of_org is not None:
                if not of_org.works:
                    theirs[day] = of_org.name
            elif public is not None:
                theirs[day] = public
    return found
