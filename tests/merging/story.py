"""What the stories of merging begin with."""

from typing import Any

from backend.crm.models import (
    Account,
    AccountSales,
    Activity,
    ExternalId,
    Lead,
    OrderLine,
    StageHistory,
)
from backend.field.models import CheckIn, VisitReport
from backend.identity.models import User
from backend.kit import clock
from backend.merging.actions import merge_accounts
from backend.merging.models import AccountMerge
from backend.merging.plan import moved_columns
from backend.territories.actions import share_account
from tests.factories.world import World, acting


def stocked(field: World, name: str) -> Account:
    """Makes an account in the north with something in every table that hangs on one."""
    account = field.account(name, field.north)
    field.contact(account, f"Buyer of {name}")
    deal = field.deal(account)
    visit = field.visit(account)
    CheckIn.objects.create(org=field.org, visit=visit, rep=field.ana, at=clock.now(), verdict="inside")
    VisitReport.objects.create(org=field.org, visit=visit, author=field.ana, outcome="order", submitted_at=clock.now())
    Activity.objects.create(org=field.org, account=account, opportunity=deal, owner=field.ana, kind="note", subject="x")
    Lead.objects.create(org=field.org, owner=field.ana, company=name, status="qualified", converted_account=account)
    ExternalId.objects.create(org=field.org, source="erp", entity="account", value=name, row_id=account.pk)
    Account.objects.create(org=field.org, name=f"Branch of {name}", parent=account)
    share_account(actor=acting(field.ben), account=account, user=field.cy)
    for number, day in enumerate(("2022-03-01", "2022-05-01")):
        OrderLine.objects.create(
            org=field.org,
            account=account,
            sku="P1",
            order_no=f"{name}-{number}",
            line_no=1,
            ordered_on=day,
            quantity=2,
            amount="25.00",
        )
    return account


def everything(field: World) -> dict[str, list[dict[str, Any]]]:
    """Returns all rows of the org that could hang on an account, without what rises with each write."""
    rows: dict[str, list[dict[str, Any]]] = {}
    tables = {model for model, _ in moved_columns()} | {ExternalId, StageHistory, CheckIn, VisitReport, AccountSales}
    for model in tables - {AccountMerge}:
        found = model._base_manager.order_by("pk").values()
        rows[model._meta.label] = [
            {key: value for key, value in row.items() if key not in ("version", "updated_at")} for row in found
        ]
    return rows


def merged(field: World, loser: Account, winner: Account, *, by: User | None = None, **choices: str) -> AccountMerge:
    """Ben merges, unless it is somebody else."""
    done = merge_accounts(actor=acting(by or field.ben), loser=loser, winner=winner, choices=choices)
    for one in (loser, winner):
        one.refresh_from_db()
    return done
