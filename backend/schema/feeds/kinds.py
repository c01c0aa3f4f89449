"""What feeds there are: whose rows, where in the log, and who sees them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce

from backend.crm.models import Opportunity
from backend.field.models import Visit
from backend.field.queries import visits
from backend.identity.actor import Actor
from backend.kit import clock
from backend.notifications.models import Notification
from backend.notifications.queries import inbox
from backend.planning.models import VisitPlan
from backend.planning.queries import plans
from backend.territories.coverage import opportunities_seen

_LIES_IN = """(
    SELECT s.account_id FROM territories_accountterritory s
    WHERE s.org_id = %s AND s.deleted_at IS NULL AND s.valid_from <= %s AND (s.valid_to IS NULL OR s.valid_to > %s)
      AND s.territory_id IN (
        WITH RECURSIVE beneath AS (
            SELECT t.id FROM territories_territory t WHERE t.id = %s AND t.deleted_at IS NULL
            UNION SELECT t.id FROM territories_territory t JOIN beneath b ON t.parent_id = b.id WHERE t.deleted_at IS NULL
        ) SELECT id FROM beneath))"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One feed. `entity`: as the log calls its rows; `root`: what coverage is asked about; `alive`: which rows there are;
    `only`: the column that names the one person who is told at all; `seen`: the same rows as one person sees them."""

    entity: str
    model: type[Model]
    root: Combinable
    seen: Callable[[Actor], QuerySet[Any]]
    alive: dict[str, object] = field(default_factory=lambda: {"deleted_at": None}, hash=False)
    only: str = ""

    def rows(self, org_id: UUID) -> QuerySet[Any]:
        """Returns the living rows of an org, whoever may see them."""
        living: QuerySet[Any] = self.model._default_manager.filter(org_id=org_id, **self.alive)
        found: QuerySet[Any] = living.annotate(feed_root=self.root)
        return found


@dataclass(frozen=True, slots=True)
class Where:
    """What one subscription wants of a feed: rows with these values of columns, of accounts that lie in a territory or
    beneath it now."""

    columns: tuple[tuple[str, object], ...] = ()
    territory_id: UUID | None = None

    def __bool__(self) -> bool:
        return bool(self.columns) or self.territory_id is not None

    def among(self, rows: QuerySet[Any], org_id: UUID) -> QuerySet[Any]:
        """Returns those of the rows that it wants."""
        for name, value in self.columns:
            rows = rows.exclude(**{name[1:]: value}) if name.startswith("-") else rows.filter(**{name: value})
        if self.territory_id is not None:
            now = clock.now()
            inside = RawSQL(_LIES_IN, [org_id, now, now, self.territory_id])  # noqa: S611 - all of it is ours
            rows = rows.filter(Q(account_id__in=inside))
        return rows


OPPORTUNITY = Kind("opportunity", Opportunity, Coalesce("account_id", "owner_id"), opportunities_seen)
VISIT = Kind("visit", Visit, F("account_id"), visits)
PLAN = Kind("~plan", VisitPlan, F("rep_id"), plans, alive={})
NOTIFICATION = Kind(
    "notification",
    Notification,
    F("root_id"),
    inbox,
    alive={"deleted_at": None, "withdrawn_at": None},
    only="user_id",
)
KINDS = (OPPORTUNITY, VISIT, PLAN, NOTIFICATION)
