"""What people wish: when they may be disturbed, and how they hear of each rule on each channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q, QuerySet

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.notifications.delivery.decide import Mode as ModeName
from backend.notifications.models import AlertPreference, AlertSettings, Channel, Severity

DEFAULT_DIGEST = time(17, 0)


def default_mode(channel: str, severity: str) -> ModeName:
    """Returns what stands where a person said nothing: mail is off, what matters little waits for the digest."""
    if channel == Channel.EMAIL:
        return "off"
    return "digest" if severity == Severity.LOW else "now"


@dataclass(frozen=True, slots=True)
class Modes:
    """What people said of rules on channels: (user, rule or "" for all, channel) → mode."""

    said: Mapping[tuple[UUID, str, str], ModeName]

    def mode(self, user_id: UUID, rule: str, channel: str, severity: str) -> ModeName:
        """Returns how the person hears of the rule there: what they said of it, else of all rules, else the default."""
        of_rule = self.said.get((user_id, rule, channel)) or self.said.get((user_id, "", channel))
        return of_rule or default_mode(channel, severity)


def modes_of(users: Collection[UUID]) -> Modes:
    """Returns what the people said; one query."""
    rows = AlertPreference.objects.filter(user_id__in=users)
    names: dict[str, ModeName] = {"now": "now", "digest": "digest", "off": "off"}
    return Modes({(row.user_id, row.rule, row.channel): names[row.mode] for row in rows})


def settings_of(people: Collection[User]) -> dict[UUID, AlertSettings | None]:
    """Returns each person's own settings, else those of the org, else None; one query."""
    orgs = {person.org_id for person in people}
    rows = AlertSettings.objects.filter(Q(user__in=people) | Q(user=None, org_id__in=orgs))
    own = {row.user_id: row for row in rows if row.user_id is not None}
    of_org = {row.org_id: row for row in rows if row.user_id is None}
    return {
        person.pk: own.get(person.pk) or (None if person.org_id is None else of_org.get(person.org_id))
        for person in people
    }


@lru_cache(1_000)
def zone_of(name: str) -> ZoneInfo:
    """Returns the zone of that name, UTC for one that this machine does not know: it must not keep others' alerts."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def said_by(actor: Actor) -> QuerySet[AlertPreference]:
    """Returns what the actor said of rules on channels."""
    return AlertPreference.objects.filter(user_id=actor.user_id).order_by("rule", "channel")
