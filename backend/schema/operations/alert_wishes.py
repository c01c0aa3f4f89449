"""Saying when and how one wants to hear of alerts."""

from datetime import time

import strawberry

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.notifications.delivery import preferences, wishing
from backend.notifications.models import AlertPreference as PreferenceRow
from backend.notifications.models import AlertSettings as SettingsRow
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.alert_wishes import AlertPreference, AlertSettings


@strawberry.input(description="Local times. Without quietFrom and quietTo there are no quiet hours.")
class AlertSettingsInput:
    digest_time: time
    quiet_from: time | None = None
    quiet_to: time | None = None
    working_hours_only: bool = False
    budget_per_hour: int | None = None
    hold_in_visit: bool = True
    critical_always: bool = True

    def asked(self) -> wishing.Asked:
        """Returns the settings as the action takes them."""
        return wishing.Asked(
            digest_time=self.digest_time,
            quiet_from=self.quiet_from,
            quiet_to=self.quiet_to,
            working_hours_only=self.working_hours_only,
            budget_per_hour=self.budget_per_hour,
            hold_in_visit=self.hold_in_visit,
            critical_always=self.critical_always,
        )


@strawberry.input(
    description='rule: the key of a rule, or "" for all not named. channel: push, webpush or email. mode: now, digest, off, '
    "or null to take back what was said."
)
class AlertPreferenceInput:
    channel: str
    rule: str = ""
    mode: str | None = None


@strawberry.type
class AlertSettingsPayload:
    settings: AlertSettings


@strawberry.type
class AlertPreferencesPayload:
    preferences: list[AlertPreference]


def _settings(actor: Actor) -> AlertSettings:
    person = User.objects.get(pk=actor.user_id)
    return _shown(preferences.settings_of([person])[person.pk])


def _shown(row: SettingsRow | None) -> AlertSettings:
    return AlertSettings(
        quiet_from=row.quiet_from if row else None,
        quiet_to=row.quiet_to if row else None,
        working_hours_only=row.working_hours_only if row else False,
        digest_time=row.digest_time if row else preferences.DEFAULT_DIGEST,
        budget_per_hour=row.budget_per_hour if row else None,
        hold_in_visit=row.hold_in_visit if row else True,
        critical_always=row.critical_always if row else True,
        own=row is not None and row.user_id is not None,
    )


def _said(actor: Actor) -> list[PreferenceRow]:
    return list(preferences.said_by(actor))


@strawberry.type
class AlertWishesQuery:
    @strawberry.field(description="When you may be disturbed: as you said, else as the org says, else at any hour.")
    async def alert_settings(self, info: Info) -> AlertSettings:
        actor = info.context.actor
        return await info.context.run(lambda: _settings(actor))

    @strawberry.field(
        description="What you said of rules and channels. Without it mail is off, and what matters little waits for the digest."
    )
    async def alert_preferences(self, info: Info) -> list[AlertPreference]:
        actor = info.context.actor
        return rows.many(AlertPreference, await info.context.run(lambda: _said(actor)))


@strawberry.type
class AlertWishesMutation:
    @strawberry.mutation(description="Says when you may be disturbed; all of it at once.")
    async def set_alert_settings(self, info: Info, input: AlertSettingsInput) -> AlertSettingsPayload:
        actor = info.context.actor
        row = await info.context.run(lambda: wishing.set_settings(actor=actor, asked=input.asked()))
        return AlertSettingsPayload(settings=_shown(row))

    @strawberry.mutation(description="Takes back your own settings: those of the org stand for you again.")
    async def forget_alert_settings(self, info: Info) -> AlertSettingsPayload:
        actor = info.context.actor

        def act() -> AlertSettings:
            wishing.forget_settings(actor=actor)
            return _settings(actor)

        return AlertSettingsPayload(settings=await info.context.run(act))

    @strawberry.mutation(description="Says what stands for everybody of the org who did not say; for admins.")
    async def set_org_alert_settings(self, info: Info, input: AlertSettingsInput) -> AlertSettingsPayload:
        actor = info.context.actor
        row = await info.context.run(lambda: wishing.set_org_settings(actor=actor, asked=input.asked()))
        return AlertSettingsPayload(settings=_shown(row))

    @strawberry.mutation(description="Says how you hear of a rule on a channel; returns all that you said.")
    async def set_alert_preference(self, info: Info, input: AlertPreferenceInput) -> AlertPreferencesPayload:
        actor = info.context.actor

        def act() -> list[PreferenceRow]:
            wishing.set_preference(actor=actor, rule=input.rule, channel=input.channel, mode=input.mode)
            return _said(actor)

        return AlertPreferencesPayload(preferences=rows.many(AlertPreference, await info.context.run(act)))
