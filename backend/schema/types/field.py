"""A rep's work."""

from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.crm import Account
from backend.schema.types.identity import User


@strawberry.type(description="Evidence that a rep stood somewhere; distances in metres.")
class CheckIn:
    id: UUID
    at: datetime
    claimed_at: datetime | None
    lat: float | None
    lng: float | None
    accuracy_m: float | None
    distance_m: float | None
    verdict: str


@strawberry.type(description="What came of a visit; never changed.")
class VisitReport:
    id: UUID
    outcome: str
    summary: str
    answers: JSON
    submitted_at: datetime


@strawberry.type(description="One call at one account by one rep.")
class Visit:
    id: UUID
    state: str
    source: str
    planned_start: datetime
    planned_end: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str
    purpose: str
    plan_id: UUID | None
    version: int

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(rows.key(self, "account_id")))

    @strawberry.field
    async def rep(self, info: Info) -> User | None:
        return rows.maybe(User, await info.context.load.user.load(rows.key(self, "rep_id")))

    @strawberry.field
    async def check_ins(self, info: Info) -> list[CheckIn]:
        return rows.many(CheckIn, await info.context.load.check_ins.load(self.id))

    @strawberry.field
    async def report(self, info: Info) -> VisitReport | None:
        return rows.maybe(VisitReport, await info.context.load.report.load(self.id))


@strawberry.type(description="An account whose visit is due.")
class DueAccount:
    account_id: UUID
    name: str
    tier: str
    last_visit: date | None
    due: date
    days_overdue: int
    open_value: Decimal | None

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))


@strawberry.type(description="A shift on a weekday (1 is Monday), local times.")
class WorkingHours:
    id: UUID
    weekday: int
    start: time
    end: time


@strawberry.type(description="Days away, both included.")
class Absence:
    id: UUID
    first_day: date
    last_day: date
    reason: str
