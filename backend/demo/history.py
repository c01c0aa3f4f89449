"""Writes the made-up visits of a tenant's past."""

from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from backend.crm.models import Account, Lifecycle
from backend.demo.calendar import Called, visits
from backend.field.lifecycle import VisitState
from backend.field.models import CallCycle, Visit, VisitSource
from backend.identity.models import Org, Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.models import AccountTerritory

PURPOSE = "demo history"


def make_history(org: Org) -> None:
    """Gives every open account with a call cycle its past visits by the rep of its territory, up to yesterday."""
    zone = ZoneInfo(org.timezone)
    today = clock.now().astimezone(zone).date()
    intervals = dict(CallCycle.objects.filter(org=org).values_list("tier", "interval_days"))
    rows: list[Visit] = []
    for rep in User.objects.filter(org=org, role=Role.REP).order_by("username"):
        accounts = accounts_of(rep).exclude(lifecycle=Lifecycle.CLOSED).filter(tier__in=intervals).order_by("number")
        called = [Called(one.pk, one.number or str(one.pk), intervals[one.tier]) for one in accounts]
        for account_id, start, end in visits(called, today=today, zone=zone):
            row = Visit(id=new_id(), org=org, rep=rep, state=VisitState.COMPLETED, source=VisitSource.IMPORT)
            row.account_id, row.purpose = account_id, PURPOSE
            row.planned_start = row.started_at = start
            row.planned_end = row.ended_at = end
            rows.append(row)
    Visit.objects.bulk_create(rows, batch_size=2000)


def accounts_of(rep: User) -> QuerySet[Account]:
    """Returns the accounts in the territories that the rep works now."""
    now = clock.now()
    lying = AccountTerritory.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=now),
        territory__users__user=rep, territory__users__valid_to=None, valid_from__lte=now, deleted_at=None,
    )  # fmt: skip
    return Account.objects.filter(pk__in=lying.values("account_id"))
