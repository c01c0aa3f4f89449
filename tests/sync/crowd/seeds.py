"""At least one row of every entity, and one account on which the phones count."""

import hashlib
from datetime import date
from decimal import Decimal

from backend.attachments.actions import announce
from backend.attachments.kinds import AttachmentKind
from backend.crm.models import Account, AccountSales, Activity, Lead, OpportunityLine
from backend.field.models import Absence, CheckIn, VisitReport
from backend.kit import clock
from backend.kit.ids import new_id
from backend.merging.actions import merge_accounts
from backend.orders.actions import submit_order
from backend.orders.lines import Asked
from backend.sync.models import SyncIssue
from tests.factories.world import World, acting

COUNTED = "Counted"


def sow(world: World) -> Account:
    """Makes them, and returns the account whose displays the phones count; nothing but phones writes to it."""
    north = world.account("Seed", world.north)
    deal, visit = world.deal(north), world.visit(north)
    world.contact(north)
    OpportunityLine.objects.create(
        org=world.org, opportunity=deal, product=world.product, quantity="2", unit_price="12.50"
    )
    of = {"org": world.org, "visit": visit}
    CheckIn.objects.create(**of, rep=world.ana, at=clock.now(), verdict="inside")
    VisitReport.objects.create(**of, author=world.ana, outcome="order", submitted_at=clock.now())
    Activity.objects.create(org=world.org, account=north, owner=world.ana, kind="task", subject="Call")
    Lead.objects.create(org=world.org, owner=world.ana, company="Somebody")
    AccountSales.objects.create(org=world.org, account=north, as_of=date(2026, 1, 1), amount_12m="100.00", orders_12m=3)
    day = clock.now().date()
    Absence.objects.create(org=world.org, user=world.ana, first_day=day, last_day=day)
    device = world.phone(world.ana)
    SyncIssue.objects.create(
        org=world.org, user=world.ana, device=device, op_id=new_id(), kind="REJECTED", code="SEED", entity="account"
    )
    submit_order(
        actor=acting(world.ana),
        order_id=new_id(),
        account=north,
        lines=[Asked(new_id(), world.product.pk, Decimal(2), Decimal("12.50"))],
        visit=visit,
    )
    announce(
        actor=acting(world.ana),
        account=north,
        visit=visit,
        attachment_id=new_id(),
        kind=AttachmentKind.PHOTO,
        mime_type="image/jpeg",
        size=10,
        sha256=hashlib.sha256(b"seed").hexdigest(),
    )
    merge_accounts(actor=acting(world.dee), loser=world.account("Twin", world.north), winner=north)
    return world.account(COUNTED, world.north)
