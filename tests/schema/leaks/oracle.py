"""Who may see which row, worked out here in Python from the tables and the words of the documents (docs/sync.md section 4,
docs/territories.md, docs/alerts.md, docs/adr/0015), without a line of what the product decides it by."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model

from backend.crm.models import AccountContactRelation
from backend.identity.models import User
from backend.kit import clock
from backend.territories.models import AccountShare, AccountTerritory, Territory, UserTerritory
from tests.factories import planted

ORG_WIDE = frozenset(
    "Org User Product Pipeline Stage CallCycle WorkPlace CompanyDay Territory TerritoryModel PlanningWeights".split()
)
"""What everybody of an org may read. Of a person: the name and the post, not what SECRET names."""

OF_ACCOUNT = frozenset("Address AccountContactRelation AccountSales OrderLine Visit Order Attachment".split())
OF_PERSON = frozenset(
    "WorkingHours Absence HolidayRegion Quota Appointment DayFigures SyncIssue AlertSettings AlertPreference".split()
)
"""A person's own, and for who leads them."""

OWN = frozenset("Device DeviceState Notification Delivery Attempt DeviceAck CalendarFeed".split())
"""Nobody else's, however they lead, but for what EXPLAINS."""

EXPLAINS = {"alertTrace": OWN, "alignmentPreview": frozenset({"Device", "DeviceState"})}
"""Where an alert is explained to who leads its reader, with the way it took; and where a draft of territories tells who leads
somebody which of their phones hold edits that are not sent."""

SECRET = frozenset({"password", "token_hash", "install_key", "value", "kept_sha256", "metadata"})
"""Columns that are shown to nobody."""

OURS = frozenset("OpportunityLine AccountSales OrderLine OrderItem Quota".split())
OUR_COLUMNS = frozenset({("PlanStop", "why"), ("PlanDrop", "why")})
"""Rows and columns that people of another firm may not read."""

PARTNERS_MAY_NOT = {
    text for columns in planted.PLANTED.values() for one in columns.values() for text in planted.texts(one)
}
"""What is planted in the columns of ADR 0015."""


UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Oracle:
    """What one person may see."""

    def __init__(self, viewer: User, rows: Iterable[Model]) -> None:
        assert viewer.org_id is not None
        self.viewer, self.org_id = viewer, viewer.org_id
        self._rows, self._known, self._named = list(rows), dict[Model, bool](), set[str]()
        everybody = list(User.objects.filter(org_id=self.org_id))
        self.people = {viewer.pk} | (self._beneath(everybody) if viewer.role in ("manager", "admin") else set())
        self.leads = viewer.role in ("manager", "admin")
        self.territories = self._territories()
        self.accounts = self._accounts(self._rows)
        relations = AccountContactRelation.objects.filter(account_id__in=self.accounts)
        self.contacts = set(relations.values_list("contact_id", flat=True))

    def _beneath(self, everybody: list[User]) -> set[UUID]:
        if self.viewer.role == "admin":
            return {one.pk for one in everybody}
        found: set[UUID] = set()
        edge = {self.viewer.pk}
        while edge:
            edge = {one.pk for one in everybody if one.manager_id in edge} - found
            found |= edge
        return found

    def _territories(self) -> set[UUID]:
        model = Territory.objects.filter(org_id=self.org_id, model__state="active", deleted_at=None)
        if self.viewer.role == "admin":
            return {one.pk for one in model}
        if self.viewer.role == "partner":
            return set()
        posts = UserTerritory.objects.filter(user_id__in=self.people, deleted_at=None, valid_from__lte=clock.now())
        found = {post.territory_id for post in posts if post.valid_to is None or post.valid_to > clock.now()}
        while more := {one.pk for one in model if one.parent_id in found} - found:
            found |= more
        return found

    def _accounts(self, rows: Iterable[Model]) -> set[UUID]:
        living = {
            one.pk
            for one in rows
            if type(one).__name__ == "Account"
            and _is(one, "org_id", self.viewer.org_id)
            and _is(one, "deleted_at", None)
        }
        if self.viewer.role == "admin":
            return living
        now = clock.now()
        spans = [*AccountTerritory.objects.filter(territory_id__in=self.territories)]
        held: list[AccountTerritory | AccountShare] = [*spans, *AccountShare.objects.filter(user_id=self.viewer.pk)]
        return living & {
            one.account_id
            for one in held
            if one.deleted_at is None and one.valid_from <= now and (one.valid_to is None or one.valid_to > now)
        }

    def may_read(self, row: Any, column: str, asked: str) -> bool:
        """Says whether the viewer may be shown this column of the row, by the root field that was asked."""
        name = type(row).__name__
        if column == "id" and str(row.pk) in self.named():
            return True
        if column in SECRET or (name == "User" and column == "email"):
            return False
        if self.viewer.role == "partner" and (name in OURS or (name, column) in OUR_COLUMNS):
            return False
        if getattr(row, "private", False) and row.user_id != self.viewer.pk:
            return False
        if name in EXPLAINS.get(asked, ()) and self.leads:
            return _person_of(row) in self.people
        return self.may_see(row)

    def named(self) -> set[str]:
        """Returns the ids that rows before the viewer's eyes name: a deal its stage, a plan the account of a stop. They open
        nothing, as the questions asked with them show; what stands behind them is the rest of this test."""
        if not self._named:
            mine = [row for row in self._rows if self.may_see(row)]
            self._named = {one for row in mine for one in UUIDS.findall(str(list(vars(row).values())))}
        return self._named

    def may_see(self, row: Model) -> bool:
        """Says whether the viewer may know of the row."""
        if row not in self._known:
            self._known[row] = self._may_see(row)
        return self._known[row]

    def _may_see(self, row: Model) -> bool:
        name = type(row).__name__
        if org_of(row) != self.viewer.org_id:
            return False
        if name in ORG_WIDE:
            return True
        if name == "OutboxEvent":
            return any(self.may_read(one, "event_id", "alertTrace") for one in self._came_of(row))
        if rule := _RULES.get(name):
            return rule(self, row)
        if name in OF_ACCOUNT:
            return row.account_id in self.accounts  # type: ignore[attr-defined]
        if name in OF_PERSON:
            return row.user_id in self.people if hasattr(row, "user_id") else row.rep_id in self.people  # type: ignore[attr-defined]
        return name in OWN and _person_of(row) == self.viewer.pk

    def _came_of(self, event: Model) -> list[Any]:
        return [one for one in self._rows if getattr(one, "event_id", None) == event.pk]

    def root(self, row: Any) -> bool:
        """Says so of what stands at an account, or without one at a person."""
        return (row.account_id in self.accounts) if row.account_id else row.owner_id in self.people


def _is(row: Any, column: str, value: object) -> bool:
    return bool(getattr(row, column) == value)


def _person_of(row: Any) -> UUID:
    if hasattr(row, "user_id"):
        return UUID(str(row.user_id))
    for way in ("notification", "delivery", "device"):
        if hasattr(row, way):
            return _person_of(getattr(row, way))
    raise AssertionError(f"Tell the leak test whose {type(row).__name__} is.")


def org_of(row: Any) -> UUID | None:
    """Returns whose row it is."""
    if type(row).__name__ == "Org":
        return UUID(str(row.pk))
    for way in ("plan", "part", "run", "rule", "alignment", "delivery", "notification", "device", "attachment"):
        if not hasattr(row, "org_id") and getattr(row, way, None) is not None:
            return org_of(getattr(row, way))
    return UUID(str(row.org_id)) if getattr(row, "org_id", None) else None


def _moves(seen: Oracle, row: Any) -> bool:
    return seen.leads and bool({row.source_id, row.target_id} & seen.territories)


def _alignment(seen: Oracle, row: Any) -> bool:
    return seen.leads and (seen.viewer.role == "admin" or row.branch_id in seen.people)


def _alert_rule(seen: Oracle, row: Any) -> bool:
    return seen.leads and (row.branch_id is None or row.branch_id in seen.people)


_RULES: dict[str, Callable[[Oracle, Any], bool]] = {
    "Account": lambda seen, row: row.pk in seen.accounts,
    "Contact": lambda seen, row: row.pk in seen.contacts,
    "Opportunity": lambda seen, row: seen.root(row),
    "Activity": lambda seen, row: seen.root(row),
    "Lead": lambda seen, row: row.owner_id in seen.people,
    "OpportunityLine": lambda seen, row: seen.root(row.opportunity),
    "StageHistory": lambda seen, row: seen.root(row.opportunity),
    "CheckIn": lambda seen, row: row.visit.account_id in seen.accounts,
    "VisitReport": lambda seen, row: row.visit.account_id in seen.accounts,
    "OrderItem": lambda seen, row: row.order.account_id in seen.accounts,
    "AccountMerge": lambda seen, row: row.survivor_id in seen.accounts,
    "VisitPlan": lambda seen, row: row.rep_id in seen.people,
    "PlanRun": lambda seen, row: row.leader_id in seen.people,
    "PlanPart": lambda seen, row: row.rep_id in seen.people,
    "PlanStop": lambda seen, row: row.plan.rep_id in seen.people,
    "PlanDrop": lambda seen, row: (row.plan or row.part).rep_id in seen.people,
    "TravelProfile": lambda seen, row: row.rep_id is None or row.rep_id in seen.people,
    "TerritoryMove": _moves,
    "AssignmentRule": lambda seen, row: seen.leads,
    "Alignment": _alignment,
    "AlignmentEntry": lambda seen, row: _alignment(seen, row.alignment),
    "AlignmentMove": lambda seen, row: _alignment(seen, row.alignment),
    "AlertRule": _alert_rule,
    "AlertRuleVersion": lambda seen, row: _alert_rule(seen, row.rule),
    "AlertEpisode": lambda seen, row: _alert_rule(seen, row.rule) and row.root_id in seen.accounts | seen.people,
}
