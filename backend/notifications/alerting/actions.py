"""Writes of this room: making a rule, saying it anew, switching it on and off."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.locks import Lock, take
from backend.notifications.alerting import evaluate, rules
from backend.notifications.alerting.kinds.registry import kind_of
from backend.notifications.alerting.models import AlertRule, AlertRuleVersion
from backend.territories.coverage import user_for


@dataclass(frozen=True, slots=True)
class Wish:
    """What a version is to say; None: as before, or of a new rule as its kind says."""

    parameters: object = None
    hears: object = None
    severity: str | None = None
    keeps_minutes: int | None = None
    escalate_minutes: int | None = None
    never_escalate: bool = False


@transaction.atomic
def create_rule(
    *, actor: Actor, kind: str, name: str, branch: User | None, wish: Wish, enabled: bool = True
) -> AlertRule:
    """Makes a rule with its first version. What crossed before is no news of it.

    Raises NotPermitted (MANAGERS_ONLY, ADMINS_ONLY), Invalid (ALERT_KIND, ALERT_NAME, ALERT_PARAMETERS, ALERT_AUDIENCE,
    ALERT_SEVERITY, OUT_OF_RANGE), NotFound (USER_NOT_FOUND) and Conflict (ALERT_RULES_FULL)."""
    rules.check_branch(actor, None if branch is None else branch.pk)
    of_kind = kind_of(kind)
    take(Lock.ALERT_RULES, actor.org_id)
    rules.check_count(AlertRule.objects.filter(org_id=actor.org_id).count())
    now = clock.now()
    key = new_id()
    rule = AlertRule(
        id=key,
        org_id=actor.org_id,
        key=f"rule.{key.hex}",
        kind=of_kind.name,
        name=rules.check_name(name),
        branch=branch,
        enabled=enabled,
        began_at=now,
        created_by_id=actor.user_id,
        created_at=now,
    )
    first = AlertRuleVersion(
        rule=rule,
        number=1,
        parameters={},
        hears=of_kind.hears.kept(),
        severity=of_kind.severity,
        keeps_minutes=int(of_kind.keeps.total_seconds() // 60),
        made_by_id=actor.user_id,
        made_at=now,
    )
    _say(actor, first, rule, wish)
    rule.save(force_insert=True)
    first.save(force_insert=True)
    return rule


@transaction.atomic
def edit_rule(
    *, actor: Actor, rule: AlertRule, name: str | None = None, wish: Wish | None = None, base_number: int | None = None
) -> AlertRule:
    """Renames a rule, or says it anew as its next version: what is open under it ends, and who was told of it is not told again.

    Raises as `create_rule`, and Conflict EDITED_MEANWHILE when it is not at `base_number` any more."""
    rules.check_may_change(actor, rule)
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk, org_id=actor.org_id)
    rules.check_seen_version(rule, base_number)
    if name is not None:
        rule.name = rules.check_name(name)
    if wish is not None:
        before = AlertRuleVersion.objects.get(rule=rule, number=rule.number)
        after = AlertRuleVersion(
            rule=rule,
            number=rule.number + 1,
            parameters=before.parameters,
            hears=before.hears,
            severity=before.severity,
            keeps_minutes=before.keeps_minutes,
            escalate_minutes=before.escalate_minutes,
            made_by_id=actor.user_id,
            made_at=clock.now(),
        )
        _say(actor, after, rule, wish)
        after.save(force_insert=True)
        rule.number = after.number
        evaluate.close_all(rule.pk)
    rule.save(update_fields=["name", "number"])
    return rule


@transaction.atomic
def switch_rule(*, actor: Actor, rule: AlertRule, enabled: bool) -> AlertRule:
    """Switches a rule on or off; as it is already, nothing changes. What crossed while it was off is no news of it."""
    rules.check_may_change(actor, rule)
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk, org_id=actor.org_id)
    if rule.enabled == enabled:
        return rule
    rule.enabled = enabled
    if enabled:
        rule.began_at = clock.now()
    else:
        evaluate.close_all(rule.pk)
    rule.save(update_fields=["enabled", "began_at"])
    return rule


def checked_hears(actor: Actor, given: object) -> dict[str, object]:
    """Returns who hears; raises NotFound for somebody named whom the actor does not see."""
    hears = rules.check_hears(given)
    named = hears["named"]
    assert isinstance(named, list)
    for one in named:
        user_for(actor, UUID(one))
    return hears


def _say(actor: Actor, version: AlertRuleVersion, rule: AlertRule, wish: Wish) -> None:
    given = {} if wish.parameters is None else wish.parameters
    merged = {**version.parameters, **given} if isinstance(given, Mapping) else given
    version.parameters = rules.check_values(kind_of(rule.kind), merged)
    if wish.hears is not None:
        version.hears = checked_hears(actor, wish.hears)
    if wish.severity is not None:
        version.severity = rules.check_severity(wish.severity)
    if wish.keeps_minutes is not None:
        version.keeps_minutes = rules.check_minutes(wish.keeps_minutes, "keepsMinutes")
    if wish.escalate_minutes is not None:
        version.escalate_minutes = rules.check_minutes(wish.escalate_minutes, "escalateMinutes")
    elif wish.never_escalate:
        version.escalate_minutes = None
