"""Telling somebody else of what one person was told: the same crossing, in the words of others."""

from dataclasses import replace
from datetime import timedelta

from backend.identity.models import User
from backend.kit import clock
from backend.notifications import texts
from backend.notifications.delivery.planning import row_for
from backend.notifications.models import Notification, Origin
from backend.notifications.occurrence import Audience, Hearing, Occurrence, severity_of

_OWN = ".own"


def row_from(
    told: Notification, person: User, audience: Audience, origin: Origin, *, more: dict[str, str] | None = None
) -> Notification:
    """Returns the unsaved row of another person; it keeps as long, and escalates after as long, as the first did."""
    keeps = max(told.expires_at - told.occurred_at, timedelta(minutes=1))
    escalates = None if told.escalate_at is None else max(told.escalate_at - told.occurred_at, timedelta(minutes=1))
    occurrence = Occurrence(
        org_id=told.org_id,
        rule_id=told.rule_id,
        rule_version_id=told.rule_version_id,
        rule=told.rule,
        category=told.category,
        severity=severity_of(told.severity),
        subject_entity=told.subject_entity,
        subject_id=told.subject_id,
        episode=told.episode,
        root_id=told.root_id,
        event_id=told.event_id,
        occurred_at=told.occurred_at,
        # That their phone holds the record says nothing of who is to act now.
        change_xid=None,
        keeps=keeps,
        escalate_after=escalates,
        args={**told.args, **(more or {})},
    )
    if origin is Origin.HANDED_OVER:
        occurrence = replace(occurrence, keeps=max(told.expires_at - clock.now(), timedelta(minutes=1)))
    return row_for(occurrence, person, Hearing(of_others(told.title_key), audience), origin)


def of_others(key: str) -> str:
    """Returns the key of the words for somebody whose own it is not."""
    plain = key.replace(_OWN, "")
    return plain if plain in texts.LANGUAGES[texts.FALLBACK] else key
