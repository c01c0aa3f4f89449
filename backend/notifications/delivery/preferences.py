"""What people wish: when they may be disturbed, and how they hear of each rule on each channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Q, QuerySet

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.notifications.delivery.decide import Mode as ModeName
from backend.notifications.delivery.decide import Wishes
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


def wishes_of(people: Collection[User]) -> dict[UUID, Wishes]:
    """Returns when each person may be disturbed; one query."""
    said = settings_of(people)
    return {person.pk: wishes(person, said[person.pk]) for person in people}


def wishes(person: User, said: AlertSettings | None) -> Wishes:
    """Returns what the settings say, in the person's zone; without any: at any hour, the digest at 17:00."""
    zone = _zone(person)
    if said is None:
        return Wishes(zone=zone, digest_time=DEFAULT_DIGEST)
    quiet = None if said.quiet_from is None or said.quiet_to is None else (said.quiet_from, said.quiet_to)
    return Wishes(
        zone=zone,
        quiet=quiet,
        working_hours_only=said.working_hours_only,
        digest_time=said.digest_time,
        budget=said.budget_per_hour,
        hold_in_visit=said.hold_in_visit,
        critical_always=said.critical_always,
    )


def _zone(person: User) -> ZoneInfo:
    try:
        return ZoneInfo(person.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        # One zone that this machine does not know must not keep a batch of others' alerts.
        return ZoneInfo("UTC")


def said_by(actor: Actor) -> QuerySet[AlertPreference]:
    """Returns what the actor said of rules on channels."""
    return AlertPreference.objects.filter(user_id=actor.user_id).order_by("rule", "channel")
