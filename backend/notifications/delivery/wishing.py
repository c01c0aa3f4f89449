"""People say when and how they want to be disturbed; what waits is decided upon anew."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.rules import check_admin
from backend.kit.errors import Invalid
from backend.notifications.delivery import release
from backend.notifications.models import AlertPreference, AlertSettings, Channel, Mode

MOST_PER_HOUR = 1_000
MOST_PREFERENCES = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """Settings as a person gives them; times are local. Without quiet hours both ends are None."""

    digest_time: time
    quiet_from: time | None = None
    quiet_to: time | None = None
    working_hours_only: bool = False
    budget_per_hour: int | None = None
    hold_in_visit: bool = True
    critical_always: bool = True


@transaction.atomic
def set_settings(*, actor: Actor, asked: Asked) -> AlertSettings:
    """Writes the actor's own settings. Raises Invalid (QUIET_HOURS, OUT_OF_RANGE)."""
    row = _write(actor.org_id, actor.user_id, asked)
    release.held_for([actor.user_id])
    return row


@transaction.atomic
def set_org_settings(*, actor: Actor, asked: Asked) -> AlertSettings:
    """Writes what stands for everybody of the org who did not say; for admins. Raises Invalid and NotPermitted."""
    check_admin(actor)
    row = _write(actor.org_id, None, asked)
    release.held_in_org(actor.org_id)
    return row


@transaction.atomic
def forget_settings(*, actor: Actor) -> None:
    """Takes the actor's own settings away: what stands for the org stands for them again."""
    AlertSettings.objects.filter(user_id=actor.user_id).delete()
    release.held_for([actor.user_id])


@transaction.atomic
def set_preference(*, actor: Actor, rule: str, channel: str, mode: str | None) -> None:
    """Says how the actor hears of a rule ("" for all not named) on a channel; None takes back what was said.

    Raises Invalid (BAD_VALUE, OUT_OF_RANGE)."""
    _check_one_of("channel", channel, Channel.values)
    if len(rule) > 60 or not rule.isprintable():
        raise Invalid("BAD_VALUE", "A rule's key has at most 60 characters.", fields={"rule": "not a rule's key"})
    mine = AlertPreference.objects.filter(user_id=actor.user_id)
    if mode is None:
        mine.filter(rule=rule, channel=channel).delete()
    else:
        _check_one_of("mode", mode, Mode.values)
        if mine.exclude(rule=rule, channel=channel).count() >= MOST_PREFERENCES:
            raise Invalid(
                "OUT_OF_RANGE", f"At most {MOST_PREFERENCES} preferences are kept.", fields={"rule": "too many"}
            )
        AlertPreference.objects.update_or_create(
            user_id=actor.user_id, rule=rule, channel=channel, defaults={"mode": mode, "org_id": actor.org_id}
        )
    release.held_for([actor.user_id])


@transaction.atomic
def stop_mail(*, actor: Actor) -> None:
    """The actor is sent no mail of alerts any more, whatever they said of single rules. It cannot be refused."""
    of_mail = AlertPreference.objects.filter(user_id=actor.user_id, channel=Channel.EMAIL)
    of_mail.exclude(mode=Mode.OFF).delete()
    AlertPreference.objects.update_or_create(
        user_id=actor.user_id, rule="", channel=Channel.EMAIL, defaults={"mode": Mode.OFF, "org_id": actor.org_id}
    )
    release.held_for([actor.user_id])


def _write(org_id: UUID, user_id: UUID | None, asked: Asked) -> AlertSettings:
    if (asked.quiet_from is None) != (asked.quiet_to is None):
        missing = "quietFrom" if asked.quiet_from is None else "quietTo"
        raise Invalid("QUIET_HOURS", "Quiet hours have a beginning and an end.", fields={missing: "required"})
    if asked.budget_per_hour is not None and not 1 <= asked.budget_per_hour <= MOST_PER_HOUR:
        raise Invalid(
            "OUT_OF_RANGE",
            f"A budget is 1 to {MOST_PER_HOUR} an hour; to hear nothing, turn rules off.",
            fields={"budgetPerHour": f"1 to {MOST_PER_HOUR}"},
        )
    row, _ = AlertSettings.objects.update_or_create(
        org_id=org_id,
        user=None if user_id is None else User.objects.get(pk=user_id),
        defaults={
            "quiet_from": _minute(asked.quiet_from),
            "quiet_to": _minute(asked.quiet_to),
            "working_hours_only": asked.working_hours_only,
            "digest_time": asked.digest_time.replace(second=0, microsecond=0, tzinfo=None),
            "budget_per_hour": asked.budget_per_hour,
            "hold_in_visit": asked.hold_in_visit,
            "critical_always": asked.critical_always,
        },
    )
    return row


def _minute(at: time | None) -> time | None:
    return None if at is None else at.replace(second=0, microsecond=0, tzinfo=None)


def _check_one_of(name: str, value: str, allowed: list[str]) -> None:
    if value not in allowed:
        raise Invalid("BAD_VALUE", f"{name} must be one of {', '.join(allowed)}.", fields={name: "unknown"})
