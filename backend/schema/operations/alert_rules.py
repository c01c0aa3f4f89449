"""Alert rules: what kinds there are, making them, saying them anew, looking at what they would have fired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from django.db.models import QuerySet
from strawberry.scalars import JSON

from backend.identity.actor import Actor
from backend.notifications.alerting import actions, queries, rules
from backend.notifications.alerting.actions import Wish
from backend.notifications.alerting.kinds.base import Kind
from backend.notifications.alerting.kinds.registry import KINDS, kind_of
from backend.notifications.alerting.models import AlertRule as RuleRow
from backend.notifications.alerting.parameters import Some
from backend.notifications.alerting.preview import Preview, check_span, preview
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.paging import Window, ordered_by
from backend.schema.types import rows
from backend.schema.types.alert_rules import (
    AlertEpisode,
    AlertHears,
    AlertKind,
    AlertPreview,
    AlertRule,
    AlertRuleVersion,
)
from backend.schema.types.pages import Connection


@strawberry.input(description="managers: all, direct or none.")
class AlertHearsInput:
    rep: bool = False
    managers: str = "none"
    named: list[UUID] = strawberry.field(default_factory=list)


@strawberry.input(
    description="branchId: whose people it is for; left out, yours, and of admins the whole org. What is left out is as the "
    "kind says. escalateMinutes: 5 to 43200."
)
class CreateAlertRuleInput:
    kind: str
    name: str
    branch_id: UUID | None = None
    parameters: JSON | None = None
    hears: AlertHearsInput | None = None
    severity: str | None = None
    keeps_minutes: int | None = None
    escalate_minutes: int | None = None
    enabled: bool = True


@strawberry.input(
    description="What is left out stays. With baseNumber, refuses (EDITED_MEANWHILE) when the rule is at another version."
)
class EditAlertRuleInput:
    rule_id: UUID
    name: str | None = None
    parameters: JSON | None = None
    hears: AlertHearsInput | None = None
    severity: str | None = None
    keeps_minutes: int | None = None
    escalate_minutes: int | None = None
    never_escalate: bool = False
    base_number: int | None = None


@strawberry.input(
    description="A rule that exists (ruleId), with what is given instead of what it says; or a kind. Without since and until: "
    "the last seven days; at most 92."
)
class AlertPreviewInput:
    rule_id: UUID | None = None
    kind: str | None = None
    branch_id: UUID | None = None
    parameters: JSON | None = None
    hears: AlertHearsInput | None = None
    since: datetime | None = None
    until: datetime | None = None


@strawberry.type
class AlertRulePayload:
    rule: AlertRule


def _hears(given: AlertHearsInput | None) -> dict[str, object] | None:
    if given is None:
        return None
    return {"rep": given.rep, "managers": given.managers, "named": [str(one) for one in given.named]}


def _kind(kind: Kind) -> AlertKind:
    return AlertKind(
        name=kind.name,
        category=kind.category,
        summary=kind.summary,
        closes=kind.closes,
        as_now=kind.as_now,
        pace=kind.pace,
        events=[event.name for event in kind.events or {}],
        severity=kind.severity,
        keeps_minutes=int(kind.keeps.total_seconds() // 60),
        hears=AlertHears(rep=kind.hears.rep, managers=kind.hears.managers, named=[]),
        parameters=JSON(
            [
                {
                    "name": one.name,
                    "kind": one.kind,
                    "default": list(one.default) if isinstance(one, Some) else one.default,
                    "least": one.least,
                    "most": one.most,
                    "unit": one.unit,
                    "choices": list(one.choices),
                }
                for one in kind.parameters
            ]
        ),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a preview is of: as a rule says, where none of it is given."""

    kind: Kind
    given: object
    hears: Mapping[str, Any]
    branch: Any
    rule: RuleRow | None


def _asked(actor: Actor, given: AlertPreviewInput) -> _Asked:
    hears = None if given.hears is None else actions.checked_hears(actor, _hears(given.hears))
    if given.rule_id is not None:
        rule = queries.rule_for(actor, given.rule_id)
        version = queries.version_of(rule)
        merged = version.parameters
        if given.parameters is not None:
            merged = {**merged, **given.parameters} if isinstance(given.parameters, dict) else given.parameters
        return _Asked(kind_of(rule.kind), merged, hears or version.hears, rule.branch, rule)
    kind = kind_of(given.kind or "")
    branch = queries.branch_for(actor, given.branch_id)
    parameters: object = {} if given.parameters is None else given.parameters
    return _Asked(kind, parameters, hears or kind.hears.kept(), branch, None)


@strawberry.type
class AlertRulesQuery:
    @strawberry.field(description="What one can be told of, with the parameters of each; for managers and admins.")
    async def alert_kinds(self, info: Info) -> list[AlertKind]:
        rules.check_may_manage(info.context.actor)
        return [_kind(kind) for kind in KINDS.values()]

    @strawberry.field(description="The org's rules, and those of your branch, oldest first; for managers and admins.")
    async def alert_rules(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AlertRule]:
        actor = info.context.actor

        return reads.a_page(
            AlertRule, lambda: queries.rules_seen(actor), ordered_by("created_at"), Window(first, after, last, before)
        )

    @strawberry.field(description="One of them.")
    async def alert_rule(self, info: Info, id: UUID) -> AlertRule:
        actor = info.context.actor
        return reads.one(
            AlertRule, lambda: queries.rules_seen(actor).filter(pk=id), lambda: queries.rule_for(actor, id)
        )

    @strawberry.field(description="What the rule says and said, newest first, at most a hundred.")
    async def alert_rule_versions(self, info: Info, rule_id: UUID) -> list[AlertRuleVersion]:
        actor = info.context.actor

        return reads.a_list(AlertRuleVersion, lambda: queries.versions_of(queries.rule_for(actor, rule_id)))

    @strawberry.field(description="What the rule noticed of what you see, newest first.")
    async def alert_episodes(
        self,
        info: Info,
        rule_id: UUID,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AlertEpisode]:
        actor = info.context.actor

        def seen() -> QuerySet[Any]:
            return queries.episodes_seen(actor, queries.rule_for(actor, rule_id))

        return reads.a_page(AlertEpisode, seen, ordered_by("-opened_at"), Window(first, after, last, before))

    @strawberry.field(description="What a rule would have fired, asked of history by the same question as live.")
    async def alert_preview(self, info: Info, input: AlertPreviewInput) -> AlertPreview:
        actor = info.context.actor

        def read() -> Preview:
            rules.check_may_manage(actor)
            asked = _asked(actor, input)
            since, until = check_span(input.since, input.until)
            return preview(
                actor=actor,
                kind=asked.kind,
                values=rules.check_values(asked.kind, asked.given),
                hears=asked.hears,
                branch=asked.branch,
                since=since,
                until=until,
                rule=asked.rule,
            )

        return rows.one(AlertPreview, await info.context.run(read))


@strawberry.type
class AlertRulesMutation:
    @strawberry.mutation(description="Makes a rule; what crossed before is no news of it.")
    async def create_alert_rule(self, info: Info, input: CreateAlertRuleInput) -> AlertRulePayload:
        actor = info.context.actor

        def act() -> RuleRow:
            return actions.create_rule(
                actor=actor,
                kind=input.kind,
                name=input.name,
                branch=queries.branch_for(actor, input.branch_id),
                enabled=input.enabled,
                wish=Wish(
                    parameters=input.parameters,
                    hears=_hears(input.hears),
                    severity=input.severity,
                    keeps_minutes=input.keeps_minutes,
                    escalate_minutes=input.escalate_minutes,
                ),
            )

        return AlertRulePayload(rule=rows.one(AlertRule, await info.context.run(act)))

    @strawberry.mutation(
        description="Says a rule anew, as its next version: what is open under it ends, and who was told is not told again."
    )
    async def edit_alert_rule(self, info: Info, input: EditAlertRuleInput) -> AlertRulePayload:
        actor = info.context.actor

        def act() -> RuleRow:
            wish = Wish(
                parameters=input.parameters,
                hears=_hears(input.hears),
                severity=input.severity,
                keeps_minutes=input.keeps_minutes,
                escalate_minutes=input.escalate_minutes,
                never_escalate=input.never_escalate,
            )
            return actions.edit_rule(
                actor=actor,
                rule=queries.rule_for(actor, input.rule_id),
                name=input.name,
                wish=None if wish == Wish() else wish,
                base_number=input.base_number,
            )

        return AlertRulePayload(rule=rows.one(AlertRule, await info.context.run(act)))

    @strawberry.mutation(description="Switches a rule on or off. What crossed while it was off is no news of it.")
    async def switch_alert_rule(self, info: Info, rule_id: UUID, enabled: bool) -> AlertRulePayload:
        actor = info.context.actor

        def act() -> RuleRow:
            return actions.switch_rule(actor=actor, rule=queries.rule_for(actor, rule_id), enabled=enabled)

        return AlertRulePayload(rule=rows.one(AlertRule, await info.context.run(act)))
