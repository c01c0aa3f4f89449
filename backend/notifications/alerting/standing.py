"""Which rules of an org are in force, with the version that is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from backend.notifications.alerting import defaults
from backend.notifications.alerting.kinds.base import Kind
from backend.notifications.alerting.kinds.registry import KINDS
from backend.notifications.alerting.models import AlertRule, AlertRuleVersion


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule, its kind, and what it says now."""

    rule: AlertRule
    kind: Kind
    version: AlertRuleVersion

    @property
    def keeps(self) -> timedelta:
        """How long after its crossing somebody is still told."""
        return timedelta(minutes=self.version.keeps_minutes)


def in_force(org_id: UUID, kinds: Collection[str]) -> list[Standing]:
    """Returns the org's rules of those kinds that are switched on, oldest first; makes those that every org has."""
    rules = list(AlertRule.objects.filter(org_id=org_id))
    have = {rule.key for rule in rules}
    if not have >= defaults.KEYS:
        defaults.ensure(org_id, have)
        rules = list(AlertRule.objects.filter(org_id=org_id))
    wanted = [rule for rule in rules if rule.enabled and rule.kind in kinds]
    versions = {
        (version.rule_id, version.number): version for version in AlertRuleVersion.objects.filter(rule__in=wanted)
    }
    wanted.sort(key=lambda rule: (rule.created_at, rule.pk))
    return [Standing(rule, KINDS[rule.kind], versions[rule.pk, rule.number]) for rule in wanted]
