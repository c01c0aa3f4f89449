"""What the stories of alert rules are told with: a rule by its kind, what it noted, and what its preview says of the same time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.config.wiring import WIRING
from backend.events import outbox
from backend.events.models import OutboxEvent
from backend.identity.models import User
from backend.kit import clock
from backend.notifications.alerting import actions
from backend.notifications.alerting.actions import Wish
from backend.notifications.alerting.evaluate import evaluate
from backend.notifications.alerting.kinds.base import Span
from backend.notifications.alerting.kinds.registry import KINDS
from backend.notifications.alerting.models import AlertEpisode, AlertRule
from backend.notifications.alerting.standing import in_force
from backend.notifications.models import Notification
from tests.factories import world

Fired = set[tuple[UUID, str, datetime]]


def make(by: User, kind: str, *, branch: User | None = None, hears: Any = None, **parameters: Any) -> AlertRule:
    """Makes a rule, of the whole org unless a branch is named."""
    wish = Wish(parameters=parameters, hears=hears)
    return actions.create_rule(actor=world.acting(by), kind=kind, name=kind, branch=branch, wish=wish)


def drain() -> None:
    """Lets what happened be handled; fails when a handler did."""
    outbox.drain(WIRING)
    stuck = OutboxEvent.objects.filter(done_at=None).first()
    assert stuck is None, stuck.last_error


def sweep(rule: AlertRule) -> int:
    """Evaluates one rule by the clock; returns how many crossings are new."""
    [standing] = [one for one in in_force(rule.org_id, {rule.kind}) if one.rule == rule]
    return evaluate(standing)


def noted(rule: AlertRule) -> Fired:
    """Returns what live evaluation noted under the rule."""
    rows = AlertEpisode.objects.filter(rule=rule).values_list("subject_id", "episode", "opened_at")
    return {(subject, episode, at) for subject, episode, at in rows}


def foretold(rule: AlertRule, since: datetime, until: datetime | None = None) -> Fired:
    """Returns what the preview's question finds in (since, until]."""
    [standing] = [one for one in in_force(rule.org_id, {rule.kind}) if one.rule == rule]
    within = (rule.branch_id,) if rule.branch_id else ()
    span = Span(rule.org_id, since, until or clock.now(), within=within)
    found = KINDS[rule.kind].crossings(standing.version.parameters, span)
    return {(one.subject_id, one.episode, one.at) for one in found if one.at > since}


def told(rule: AlertRule) -> list[tuple[str, str, str]]:
    """Returns (who, title, body) of what people were told under the rule, by name."""
    rows = Notification.objects.filter(rule=rule.key).select_related("user")
    return sorted((row.user.full_name, row.title, row.body) for row in rows)
