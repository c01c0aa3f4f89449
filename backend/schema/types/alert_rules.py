"""Alert rules, their versions, what they noticed, and what one would have fired."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from backend.notifications.alerting import models
from backend.schema import sources
from backend.schema.masks import shows
from backend.schema.types import rows
from backend.schema.types.edges import edge
from backend.schema.types.identity import User


@strawberry.type(
    description="Who hears: the person it is about; managers: all who see it, direct (the nearest), or none; people by name."
)
class AlertHears:
    rep: bool
    managers: str
    named: list[UUID]


@strawberry.type(
    description="A kind of alert. pace: how often it is looked for by the clock (minute, hour, night); events: at which "
    "events also at once. closes: when a subject that crossed may cross again. parameters: name, kind (whole, flag, one_of "
    "or some), default, least, most, unit and choices of each. asNow: what history does not tell, so that a preview judges it "
    "as it stands now; empty where it tells all."
)
class AlertKind:
    name: str
    category: str
    summary: str
    closes: str
    as_now: str
    pace: str
    events: list[str]
    severity: str
    keeps_minutes: int
    hears: AlertHears
    parameters: JSON


@shows(models.AlertRuleVersion)
@strawberry.type(
    description="What a rule says, or said. keepsMinutes: how long after it a phone may still be disturbed; "
    "escalateMinutes: after how long unread it goes to the manager, null: never."
)
class AlertRuleVersion:
    id: UUID
    number: int
    parameters: JSON
    severity: str
    keeps_minutes: int
    escalate_minutes: int | None
    made_at: datetime

    @strawberry.field
    def hears(self) -> AlertHears:
        told = rows.row(models.AlertRuleVersion, self).hears
        return AlertHears(rep=told["rep"], managers=told["managers"], named=[UUID(one) for one in told["named"]])

    made_by: User | None = edge(sources.USER, "made_by_id", description="Null: the product's own.")


@shows(models.AlertRule)
@strawberry.type(
    description="What somebody wants to be told of. branchId: to whose coverage it keeps, null for the whole org. beganAt: "
    "what crossed before is no news of it. key: what notifications carry."
)
class AlertRule:
    id: UUID
    key: str
    kind: str
    name: str
    enabled: bool
    number: int
    branch_id: UUID | None
    began_at: datetime
    created_at: datetime

    current: AlertRuleVersion | None = edge(sources.ALERT_VERSION, description="The version in force.")


@shows(models.AlertEpisode)
@strawberry.type(
    description="One crossing that a rule noticed, while it lasted. told: how many people heard; quiet: why nobody did (over, "
    "old, nobody)."
)
class AlertEpisode:
    id: UUID
    version_id: UUID
    subject_entity: str
    subject_id: UUID
    episode: str
    opened_at: datetime
    closed_at: datetime | None
    noticed_at: datetime
    told: int
    quiet: str


@strawberry.type
class AlertPreviewPerson:
    user: User
    count: int


@strawberry.type
class AlertPreviewDay:
    day: date
    fired: int


@strawberry.type(description="One crossing, in the words in which somebody named in the rule would have read it.")
class AlertPreviewExample:
    at: datetime
    closed_at: datetime | None
    subject_entity: str
    subject_id: UUID
    title: str
    body: str
    heard_by: int


@strawberry.type(
    description="What a rule would have fired in (since, until], of what you see. more: there are more than were counted. "
    "stillOpen: so many are beyond their threshold at the end. unheard: nobody would have heard of so many. people: those "
    "whom you see, others: how many more. noted: how many a rule that exists did note in that time. asNow: what was judged as it "
    "stands now, for history does not tell it; and who hears is always asked of now."
)
class AlertPreview:
    since: datetime
    until: datetime
    fired: int
    more: bool
    still_open: int
    unheard: int
    noted: int | None
    as_now: str
    others: int
    days: list[AlertPreviewDay]
    people: list[AlertPreviewPerson]
    examples: list[AlertPreviewExample]
