"""A rep's work."""

from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.crm import models as crm
from backend.field import models
from backend.schema import sources
from backend.schema.context import Info
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.attachments import Attachment
from backend.schema.types.calendar import HoursBreak, Point, WorkPlace
from backend.schema.types.crm import Account
from backend.schema.types.edges import edge
from backend.schema.types.identity import User


@shows(models.CheckIn)
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
    dwell_seconds: int | None = strawberry.field(
        description="How long they stayed; null where the phone told no trail."
    )
    late: bool = strawberry.field(description="It came when the visit stood otherwise, and moved nothing.")

    @strawberry.field(description="Other accounts that the position may be at as well, of those you see: ask.")
    async def candidates(self, info: Info) -> list[Account]:
        found = await info.context.load.account.load_many(
            [UUID(one) for one in rows.row(models.CheckIn, self).candidates]
        )
        return rows.many(Account, [one for one in found if one is not None])


@shows(models.VisitReport)
@strawberry.type(description="What came of a visit; never changed.")
class VisitReport:
    id: UUID
    outcome: str
    summary: str
    answers: JSON
    submitted_at: datetime
    late: bool = strawberry.field(description="It came when the visit stood otherwise, and moved nothing.")


@shows(models.Visit)
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

    account: Account | None = edge(sources.ACCOUNT, "account_id")
    rep: User | None = edge(sources.USER, "rep_id")
    check_ins: list[CheckIn] = edge(sources.CHECK_INS)
    report: VisitReport | None = edge(sources.REPORT)
    attachments: list[Attachment] = edge(
        sources.ATTACHMENTS_OF_VISIT, description="The first 100 photos, signatures and documents."
    )


@shows(
    crm.Account,
    account_id=(crm.Account, "id"),
    last_visit=(models.Visit, "ended_at"),
    due=(models.CallCycle, "interval_days"),
    days_overdue=(models.CallCycle, "interval_days"),
    open_value=(crm.Opportunity, "amount"),
)
@strawberry.type(description="An account whose visit is due.")
class DueAccount:
    account_id: UUID
    name: str
    tier: str
    last_visit: date | None
    due: date
    days_overdue: int
    open_value: Decimal | None

    account: Account | None = edge(sources.ACCOUNT, "account_id")


@shows(
    models.WorkingHours,
    starts_from=(models.WorkingHours, "start_lat"),
    ends_at=(models.WorkingHours, "end_lat"),
)
@strawberry.type(description="A shift on a weekday (1 is Monday), local times.")
class WorkingHours:
    id: UUID
    weekday: int
    start: time
    end: time

    @strawberry.field
    def breaks(self) -> list[HoursBreak]:
        kept = rows.row(models.WorkingHours, self).breaks
        times = [(one, time.fromisoformat(one["from"]), time.fromisoformat(one["to"])) for one in kept]
        return [HoursBreak(start=start, end=end, minutes=one["minutes"]) for one, start, end in times]

    @strawberry.field(description="The point where it begins; at home or at a place of the org without one.")
    def starts_from(self) -> Point | None:
        return _point(self, "start")

    @strawberry.field(description="The point where it ends; at home or at a place of the org without one.")
    def ends_at(self) -> Point | None:
        return _point(self, "end")

    start_place: WorkPlace | None = edge(
        sources.WORK_PLACE, "start_place_id", description="The place of the org where it begins."
    )

    end_place: WorkPlace | None = edge(
        sources.WORK_PLACE, "end_place_id", description="The place of the org where it ends."
    )


def _point(shown: WorkingHours, end: str) -> Point | None:
    lat, lng = getattr(shown, f"{end}_lat"), getattr(shown, f"{end}_lng")
    return None if lat is None or lng is None else Point(lat=lat, lng=lng)


@shows(models.Absence)
@strawberry.type(description="Days away, both included; with starts and ends (local times) only that part of each.")
class Absence:
    id: UUID
    first_day: date
    last_day: date
    starts: time | None
    ends: time | None
    reason: str
