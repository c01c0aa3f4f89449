"""Leads, activities, order lines, and what a person opens: accounts, contacts, deals."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.crm import actions, queries
from backend.crm.lead_routing import assign_lead, create_lead_for
from backend.crm.models import Account as AccountRow
from backend.crm.models import AccountContactRelation, LeadStatus
from backend.crm.models import Activity as ActivityRow
from backend.crm.models import Lead as LeadRow
from backend.crm.models import Opportunity as OpportunityRow
from backend.crm.models import OrderLine as OrderLineRow
from backend.crm.rules import check_choice
from backend.kit.ids import new_id
from backend.schema.changes import told
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.filters.conditions import narrowed
from backend.schema.filters.inputs import ActivityFilter, ActivityOrder, LeadFilter, LeadOrder
from backend.schema.filters.orders import asked_order
from backend.schema.masks import readable, writable
from backend.schema.operations.crm import AccountPayload, OpportunityPayload
from backend.schema.paging import Window, most_for, ordered_by
from backend.schema.types import rows
from backend.schema.types.crm import Account, Contact, Opportunity
from backend.schema.types.pages import Connection
from backend.schema.types.work import Activity, Lead, OrderLine
from backend.territories.actions import open_account, open_account_of_lead
from backend.territories.coverage import (
    account_for,
    activities_seen,
    activity_for,
    lead_for,
    leads_seen,
    opportunity_for,
    user_for,
)


@strawberry.type
class LeadPayload:
    lead: Lead


@strawberry.type
class ActivityPayload:
    activity: Activity


@strawberry.type
class ContactPayload:
    contact: Contact


@strawberry.input(description="id: made by the client, so that asking twice makes one.")
class CreateAccountInput:
    name: str
    id: UUID | None = None
    kind: str = "business"
    number: str | None = None
    phone: str = ""
    segment: str = ""


@strawberry.input
class CreateContactInput:
    account_id: UUID
    full_name: str
    id: UUID | None = None
    contact_id: UUID | None = None
    email: str = ""
    phone: str = ""
    role: str = ""


@strawberry.input(description="amount: decimal text in the org's currency.")
class CreateOpportunityInput:
    name: str
    stage_id: UUID
    id: UUID | None = None
    account_id: UUID | None = None
    amount: str | None = None
    close_date: date | None = None


@strawberry.input(description="ownerId: whose it is to be, for managers and admins; left out, it is yours.")
class CreateLeadInput:
    company: str
    id: UUID | None = None
    owner_id: UUID | None = None
    person_name: str = ""
    phone: str = ""
    email: str = ""
    source: str = ""


@strawberry.input(description="kind: task, call, email, meeting or note; a task is open until it is completed.")
class CreateActivityInput:
    kind: str
    subject: str
    id: UUID | None = None
    body: str = ""
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    due_at: datetime | None = None


@strawberry.type
class WorkQuery:
    @strawberry.field(description="Leads in the caller's coverage, oldest first where nothing else is said.")
    async def leads(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: LeadFilter | None = None,
        order_by: list[LeadOrder] | None = None,
    ) -> Connection[Lead]:
        actor = info.context.actor
        return reads.a_page(
            Lead,
            lambda: narrowed(leads_seen(actor), actor, filter),
            asked_order(actor, order_by, ordered_by("created_at")),
            Window(first, after, last, before, most_for(actor)),
        )

    @strawberry.field(description="Activities in the caller's coverage, newest first where nothing else is said.")
    async def activities(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: ActivityFilter | None = None,
        order_by: list[ActivityOrder] | None = None,
    ) -> Connection[Activity]:
        actor = info.context.actor
        return reads.a_page(
            Activity,
            lambda: narrowed(activities_seen(actor), actor, filter),
            asked_order(actor, order_by, ordered_by("-created_at")),
            Window(first, after, last, before, most_for(actor)),
        )

    @strawberry.field(description="What an account bought, newest first.")
    async def order_lines(
        self,
        info: Info,
        account_id: UUID,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[OrderLine]:
        actor = info.context.actor

        def seen() -> QuerySet[OrderLineRow]:
            account = account_for(actor, account_id)
            return readable(OrderLineRow.objects.filter(account=account), actor)

        return reads.a_page(
            OrderLine, seen, ordered_by("-ordered_on"), Window(first, after, last, before, most_for(actor))
        )


@strawberry.type
class WorkMutation:
    @strawberry.mutation(description="Opens an account; you are shown it until somebody places it in a territory.")
    async def create_account(self, info: Info, input: CreateAccountInput) -> AccountPayload:
        actor = info.context.actor
        values: dict[str, Any] = {
            "name": input.name,
            "kind": input.kind,
            "phone": input.phone,
            "segment": input.segment,
            "number": input.number,
        }

        def act() -> AccountRow:
            return open_account(actor=actor, account_id=input.id or new_id(), values=values)

        return AccountPayload(account=rows.one(Account, await info.context.run(act)))

    @strawberry.mutation(description="Takes a person down at an account.")
    async def create_contact(self, info: Info, input: CreateContactInput) -> ContactPayload:
        actor = info.context.actor

        def act() -> AccountContactRelation:
            return actions.create_contact(
                actor=actor,
                account=account_for(actor, input.account_id),
                relation_id=input.id or new_id(),
                contact_id=input.contact_id or new_id(),
                values={"full_name": input.full_name, "email": input.email, "phone": input.phone},
                role=input.role,
            )

        return ContactPayload(contact=rows.one(Contact, await info.context.run(act)))

    @strawberry.mutation(description="Opens a deal; you own it.")
    async def create_opportunity(self, info: Info, input: CreateOpportunityInput) -> OpportunityPayload:
        actor = info.context.actor

        def act() -> OpportunityRow:
            if input.amount is not None:
                writable({"amount": input.amount}, actor, OpportunityRow)
            return actions.create_opportunity(
                actor=actor,
                opportunity_id=input.id or new_id(),
                account=None if input.account_id is None else account_for(actor, input.account_id),
                name=input.name,
                stage=queries.stage_for(actor, input.stage_id),
                amount=input.amount,
                close_date=input.close_date,
            )

        return OpportunityPayload(opportunity=rows.one(Opportunity, await info.context.run(act)))

    @strawberry.mutation(description="Takes a lead down; you own it, or somebody to whom you give it.")
    async def create_lead(self, info: Info, input: CreateLeadInput) -> LeadPayload:
        actor = info.context.actor
        values = {
            "person_name": input.person_name,
            "phone": input.phone,
            "email": input.email,
            "source": input.source,
        }

        @told
        def act() -> LeadRow:
            lead_id = input.id or new_id()
            if input.owner_id is None:
                return actions.create_lead(actor=actor, lead_id=lead_id, company=input.company, values=values)
            to = user_for(actor, input.owner_id)
            return create_lead_for(actor=actor, to=to, lead_id=lead_id, company=input.company, values=values)

        return LeadPayload(lead=rows.one(Lead, await info.context.run(act)))

    @strawberry.mutation(
        description="Gives an open lead to somebody beneath you; it goes to their phone, and they are told. Managers and admins."
    )
    async def assign_lead(
        self, info: Info, lead_id: UUID, user_id: UUID, base_version: int | None = None
    ) -> LeadPayload:
        actor = info.context.actor

        @told
        def act() -> LeadRow:
            lead, to = lead_for(actor, lead_id), user_for(actor, user_id)
            return assign_lead(actor=actor, lead=lead, to=to, base_version=base_version)

        return LeadPayload(lead=rows.one(Lead, await info.context.run(act)))

    @strawberry.mutation(description="Moves a lead to working or disqualified; disqualifying says why.")
    async def move_lead(self, info: Info, lead_id: UUID, status: str, reason: str = "") -> LeadPayload:
        actor = info.context.actor

        @told
        def act() -> LeadRow:
            wanted = LeadStatus(check_choice(status, "status", list(LeadStatus.values)))
            return actions.move_lead(actor=actor, lead=lead_for(actor, lead_id), status=wanted, reason=reason)

        return LeadPayload(lead=rows.one(Lead, await info.context.run(act)))

    @strawberry.mutation(description="Makes an account of a lead, once.")
    async def convert_lead(self, info: Info, lead_id: UUID, account_id: UUID | None = None) -> AccountPayload:
        actor = info.context.actor

        def act() -> AccountRow:
            lead = lead_for(actor, lead_id)
            return open_account_of_lead(actor=actor, lead=lead, account_id=account_id or new_id())

        return AccountPayload(account=rows.one(Account, await info.context.run(act)))

    @strawberry.mutation(description="Writes down what was done, or is to be done.")
    async def create_activity(self, info: Info, input: CreateActivityInput) -> ActivityPayload:
        actor = info.context.actor

        @told
        def act() -> ActivityRow:
            return actions.create_activity(
                actor=actor,
                activity_id=input.id or new_id(),
                kind=input.kind,
                subject=input.subject,
                body=input.body,
                account=None if input.account_id is None else account_for(actor, input.account_id),
                opportunity=None if input.opportunity_id is None else opportunity_for(actor, input.opportunity_id),
                due_at=input.due_at,
            )

        return ActivityPayload(activity=rows.one(Activity, await info.context.run(act)))

    @strawberry.mutation(description="Marks a task done, once. at: when it was; never in the future.")
    async def complete_activity(self, info: Info, activity_id: UUID, at: datetime | None = None) -> ActivityPayload:
        actor = info.context.actor

        @told
        def act() -> ActivityRow:
            return actions.complete_activity(actor=actor, activity=activity_for(actor, activity_id), claimed_at=at)

        return ActivityPayload(activity=rows.one(Activity, await info.context.run(act)))
