"""The rules that every org has from its start; those that are not switched on wait for a manager to do so."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from backend.kit import clock
from backend.notifications.alerting.kinds.registry import kind_of
from backend.notifications.alerting.models import AlertRule, AlertRuleVersion
from backend.notifications.alerting.parameters import Values, checked


@dataclass(frozen=True, slots=True)
class Default:
    """A rule that stands in every org under this key."""

    key: str
    kind: str
    name: str
    enabled: bool = False
    parameters: Values = field(default_factory=dict)


DEFAULTS = (
    Default("opportunity.late_stage", "opportunity.stage", "Deal in a late stage, or won", enabled=True),
    Default("visit.overdue", "visit.overdue", "Visit overdue", enabled=True),
    Default("opportunity.amount", "opportunity.amount", "Deal beyond an amount"),
    Default("opportunity.closed", "opportunity.closed", "Deal won or lost"),
    Default("opportunity.stalled", "opportunity.stalled", "Deal stalled"),
    Default("visit.missed", "visit.missed", "Visit missed"),
    Default("account.not_seen", "account.not_seen", "Tier A account not visited"),
    Default("check_in.outside", "check_in.outside", "Check-in outside the fence"),
    Default("territory.changed", "territory.changed", "My accounts have changed"),
    Default("plan.published", "plan.published", "My plan was published or changed"),
    Default("sync.conflict", "sync.conflict", "A change of mine needs a decision"),
    Default("orders.trend", "orders.trend", "Orders dropped below their trend"),
    Default("arrival.near_overdue", "arrival.near_overdue", "An overdue account is near"),
    Default("lead.assigned", "lead.assigned", "A lead was given to me", enabled=True),
    Default("quota.reached", "quota.reached", "Quota reached"),
    Default("leaderboard", "leaderboard", "First of the team, or overtaken"),
)
KEYS = frozenset(one.key for one in DEFAULTS)


@transaction.atomic
def ensure(org_id: UUID, have: Collection[str]) -> None:
    """Makes the rules that the org lacks of those that every org has; two at once make them once."""
    now = clock.now()
    rules = [
        # What happened in a new org before its rules were asked for the first time is news too, as far as it is recent.
        AlertRule(
            org_id=org_id,
            key=one.key,
            kind=one.kind,
            name=one.name,
            enabled=one.enabled,
            began_at=clock.EARLIEST,
            created_at=now,
        )
        for one in DEFAULTS
        if one.key not in have
    ]
    AlertRule.objects.bulk_create(rules, ignore_conflicts=True)
    made = AlertRule.objects.filter(pk__in=[rule.pk for rule in rules])
    AlertRuleVersion.objects.bulk_create([first_version(rule) for rule in made])


def first_version(rule: AlertRule) -> AlertRuleVersion:
    """Returns what a rule of every org says at first: its kind's own values."""
    kind = kind_of(rule.kind)
    default = next(one for one in DEFAULTS if one.key == rule.key)
    return AlertRuleVersion(
        rule=rule,
        number=1,
        parameters=checked(kind.parameters, default.parameters),
        hears=kind.hears.kept(),
        severity=kind.severity,
        keeps_minutes=int(kind.keeps.total_seconds() // 60),
        made_at=rule.created_at,
    )
