"""Putting right what was written down: a person, an activity, a lead."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.crm import actions, corrections
from backend.crm.models import AccountContactRelation
from backend.crm.models import Activity as ActivityRow
from backend.crm.models import Lead as LeadRow
from backend.schema.changes import BASE_VERSION, given, told
from backend.schema.context import Info
from backend.schema.operations.work import ActivityPayload, ContactPayload, LeadPayload
from backend.schema.types import rows
from backend.schema.types.crm import Contact
from backend.schema.types.work import Activity, Lead
from backend.territories.coverage import activity_for, contact_for, lead_for


@strawberry.input(description="Only the fields given are changed. role: the person's in this account.")
class ContactChanges:
    full_name: str | None = strawberry.UNSET
    given_name: str | None = strawberry.UNSET
    family_name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    role: str | None = strawberry.UNSET


@strawberry.input(description="Only the fields given are changed.")
class ActivityChanges:
    subject: str | None = strawberry.UNSET
    body: str | None = strawberry.UNSET
    due_at: datetime | None = strawberry.UNSET


@strawberry.input(description="Only the fields given are changed.")
class LeadChanges:
    company: str | None = strawberry.UNSET
    person_name: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    source: str | None = strawberry.UNSET


@strawberry.type
class CorrectionsMutation:
    @strawberry.mutation(description=f"Changes a person, or their role in an account. baseVersion: {BASE_VERSION}")
    async def edit_contact(
        self, info: Info, id: UUID, changes: ContactChanges, base_version: int | None = None
    ) -> ContactPayload:
        actor = info.context.actor

        @told
        def act() -> AccountContactRelation:
            relation = contact_for(actor, id)
            return actions.edit_contact(
                actor=actor, relation=relation, changes=given(changes), base_version=base_version
            )

        return ContactPayload(contact=rows.one(Contact, await info.context.run(act)))

    @strawberry.mutation(
        description=f"Takes a person off an account; what they are elsewhere stays. baseVersion: {BASE_VERSION}"
    )
    async def remove_contact(self, info: Info, id: UUID, base_version: int | None = None) -> ContactPayload:
        actor = info.context.actor

        @told
        def act() -> AccountContactRelation:
            relation = contact_for(actor, id)
            return corrections.remove_contact(actor=actor, relation=relation, base_version=base_version)

        return ContactPayload(contact=rows.one(Contact, await info.context.run(act)))

    @strawberry.mutation(
        description=f"Changes an activity of yours, or of one beneath you. baseVersion: {BASE_VERSION}"
    )
    async def edit_activity(
        self, info: Info, activity_id: UUID, changes: ActivityChanges, base_version: int | None = None
    ) -> ActivityPayload:
        actor = info.context.actor

        @told
        def act() -> ActivityRow:
            activity = activity_for(actor, activity_id)
            return corrections.edit_activity(
                actor=actor, activity=activity, changes=given(changes), base_version=base_version
            )

        return ActivityPayload(activity=rows.one(Activity, await info.context.run(act)))

    @strawberry.mutation(description="A task falls away. What was done is not taken back.")
    async def cancel_activity(self, info: Info, activity_id: UUID) -> ActivityPayload:
        actor = info.context.actor

        @told
        def act() -> ActivityRow:
            return corrections.cancel_activity(actor=actor, activity=activity_for(actor, activity_id))

        return ActivityPayload(activity=rows.one(Activity, await info.context.run(act)))

    @strawberry.mutation(description=f"Changes a lead that is no account yet. baseVersion: {BASE_VERSION}")
    async def edit_lead(
        self, info: Info, lead_id: UUID, changes: LeadChanges, base_version: int | None = None
    ) -> LeadPayload:
        actor = info.context.actor

        @told
        def act() -> LeadRow:
            lead = lead_for(actor, lead_id)
            return corrections.edit_lead(actor=actor, lead=lead, changes=given(changes), base_version=base_version)

        return LeadPayload(lead=rows.one(Lead, await info.context.run(act)))
