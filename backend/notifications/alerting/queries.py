"""Reads of this room."""

from uuid import UUID

from django.db.models import Q, QuerySet

from backend.identity.actor import Actor
from backend.identity.models import Role, User
from backend.notifications.alerting import defaults, rules
from backend.notifications.alerting.models import AlertEpisode, AlertRule, AlertRuleVersion
from backend.territories.coverage import user_for, visible_roots_sql


def rules_seen(actor: Actor) -> QuerySet[AlertRule]:
    """Returns the rules of the org, and those of the actor's own branch or beneath; of managers and admins only."""
    rules.check_may_manage(actor)
    have = set(AlertRule.objects.filter(org_id=actor.org_id, key__in=defaults.KEYS).values_list("key", flat=True))
    if not have >= defaults.KEYS:
        defaults.ensure(actor.org_id, have)
    seen = Q(branch=None) | Q(branch_id__in=visible_roots_sql(actor))
    return AlertRule.objects.filter(seen, org_id=actor.org_id)


def rule_for(actor: Actor, rule_id: UUID) -> AlertRule:
    """Returns one of them; raises NotFound."""
    rule = rules_seen(actor).filter(pk=rule_id).first()
    if rule is None:
        raise rules.rule_not_found()
    return rule


def version_of(rule: AlertRule) -> AlertRuleVersion:
    """Returns what the rule says now."""
    return AlertRuleVersion.objects.get(rule=rule, number=rule.number)


def versions_of(rule: AlertRule) -> QuerySet[AlertRuleVersion]:
    """Returns all that the rule ever said, newest first, at most a hundred."""
    return AlertRuleVersion.objects.filter(rule=rule).order_by("-number")[:100]


def episodes_seen(actor: Actor, rule: AlertRule) -> QuerySet[AlertEpisode]:
    """Returns what the rule noted of what the actor sees."""
    return AlertEpisode.objects.filter(rule=rule, root_id__in=visible_roots_sql(actor))


def branch_for(actor: Actor, branch_id: UUID | None) -> User | None:
    """Returns whose branch a rule is to keep to; where none is named, a manager's own, and for an admin the whole org.

    Raises NotFound, and NotPermitted for who makes no rules."""
    rules.check_may_manage(actor)
    if branch_id is None and actor.role == Role.ADMIN:
        return None
    return user_for(actor, branch_id or actor.user_id)
