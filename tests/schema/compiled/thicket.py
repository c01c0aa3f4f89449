"""A small world grown wild: every odd value that a column keeps, rows that are gone, more children than an edge shows, and
accounts of others all around."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from backend.attachments.models import Attachment
from backend.crm.models import Account, AccountSales, Activity, Address, Lead, OrderLine, Product
from backend.field.models import CheckIn, VisitReport
from backend.kit import clock
from backend.kit.ids import new_id
from backend.orders.models import Order, OrderItem
from backend.territories.models import AccountShare
from tests.factories.world import World

TEXTS = [
    "Plain",
    "",
    'Zoë "Q" \\ Sons',
    "tab\tline\nreturn\r\b\f and \x01\x1f\x7f",
    "漢字 🎉 \u2028\u2029 \ufeff",
    "100 % %s %% {} {0} $1 ?",
    "</script>' -- ; DROP",
    "x" * 190,
]
FLOATS = [
    0.0,
    -0.0,
    42.0,
    0.1,
    1 / 3,
    1e-4,
    1e-5,
    1.5e-7,
    5e-324,
    1e14,
    1e15,
    1.5e16,
    1.5e17,
    1.7976931348623157e308,
    -2.5,
]
POINTS = [(0.0, -0.0), (42.03, -93.62), (1e-7, 180.0), (-90.0, 0.00001), (12.345678901234567, 1.0)]
DOCUMENTS: list[Any] = [
    {},
    [],
    None,
    {"b": 1, "a": [1.5, 1e-7, 2**53 + 1, True, None, 'q"\\\x01'], "漢": {"nested": {"": []}}},
    [{"weekday": 1, "from": "09:00", "to": "17:00"}],
    "text",
    1.0,
    12345678901.25,
]
TAGS: list[list[str]] = [[], ["terrace"], ['"', "漢", "a,b", "\x02", ""]]
SECONDS = [0, 0.25, 0.1, 0.123456, 0.000001]
KEPT = 3
"""How many rows an edge shows in these tests."""


@dataclass(slots=True)
class Thicket:
    """What grew: ids to ask for, by the root field that takes them."""

    ids: dict[str, list[UUID]]


class _Grower:
    def __init__(self, world: World, dice: Random) -> None:
        self.world, self.dice = world, dice

    def at(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
            days=self.dice.randrange(300), seconds=self.dice.choice(SECONDS)
        )

    def day(self) -> date:
        return self.at().date()

    def text(self, most: int = 200) -> str:
        return self.dice.choice(TEXTS)[:most]

    def money(self) -> Decimal:
        return self.dice.choice([Decimal("0.00"), Decimal("12.50"), Decimal("9999999.99"), Decimal("100")])

    def gone(self) -> dict[str, Any]:
        return {"deleted_at": clock.now()} if self.dice.random() < 0.15 else {}


def grow(world: World, seed: int = 1) -> Thicket:
    """Grows the same thicket for the same seed."""
    g = _Grower(world, Random(seed))
    dice, org = g.dice, world.org
    products = [
        Product.objects.create(
            org=org, sku=f"S{number}", name=g.text(), unit_price=dice.choice([None, g.money()]), category=g.text(100)
        )
        for number in range(4)
    ]
    ids: dict[str, list[UUID]] = {name: [new_id()] for name in ("account", "opportunity", "visit", "order")}
    parents: list[Account] = []
    for number in range(14):
        account = world.account(
            f"{g.text(150)} {number % 5}", dice.choice([world.north, world.north, world.south, None])
        )
        Account.objects.filter(pk=account.pk).update(
            number=None if number % 3 else f"N{number}",
            parent=dice.choice([None, *parents]) if parents else None,
            tier=dice.choice(["A", "B", "C", ""]),
            segment=g.text(100),
            notes=g.text(),
            journal=g.text(),
            consent=dice.choice([one for one in DOCUMENTS if one is not None]),
            visit_windows=dice.choice([one for one in DOCUMENTS if isinstance(one, list)]),
            boost=dice.choice([-100, 0, 100]),
            tags=dice.choice(TAGS),
            displays=dice.choice([0, 7, 2**31 - 1]),
            **g.gone(),
        )
        parents.append(account)
        ids["account"].append(account.pk)
        _around(g, account, products, ids, number)
    for number in range(6):
        Lead.objects.create(
            org=org, owner=dice.choice([world.ana, world.cy, world.ben]), company=g.text() or "L", person_name=g.text(),
            status="new" if number % 2 else "qualified",
            converted_account=dice.choice(parents) if number % 2 == 0 else None, **g.gone(),
        )  # fmt: skip
    for account in dice.sample(parents, 4):
        AccountShare.objects.create(
            org=org, account=account, user=world.pat, shared_by=world.ben, valid_from=clock.now() - timedelta(1)
        )
    return Thicket(ids)


def _around(g: _Grower, account: Account, products: list[Product], ids: dict[str, list[UUID]], number: int) -> None:
    world, dice, org = g.world, g.dice, g.world.org
    if number % 4 == 0:
        Address.objects.filter(account=account).delete()
    for lat, lng in dice.sample(POINTS, 2):
        Address.objects.create(
            org=org,
            account=account,
            is_primary=False,
            verbatim=g.text(),
            lat=lat,
            lng=lng,
            quality="source",
            **g.gone(),
        )
    if number % 3:
        AccountSales.objects.create(
            org=org, account=account, as_of=g.day(), amount_12m=g.money(), orders_12m=number,
            last_order_on=dice.choice([None, g.day()]), median_gap_days=dice.choice([None, *FLOATS]), **g.gone(),
        )  # fmt: skip
    for _ in range(dice.randrange(KEPT + 3)):
        relation = world.contact(account, g.text() or "Somebody")
        type(relation).objects.filter(pk=relation.pk).update(
            role=g.text(60), is_primary=dice.random() < 0.5, **g.gone()
        )
    owner = dice.choice([world.ana, world.cy, world.ben])
    for _ in range(dice.randrange(KEPT + 2)):
        deal = world.deal(dice.choice([account, account, None]), owner=owner, name=g.text() or "Deal")
        ids["opportunity"].append(deal.pk)
        type(deal).objects.filter(pk=deal.pk).update(
            amount=dice.choice([None, g.money()]), opened_on=dice.choice([None, g.day()]), notes=g.text(), **g.gone()
        )
        for product in dice.sample(products, 2):
            deal.lines.create(org=org, product=product, quantity="2", unit_price=g.money(), **g.gone())
    for _ in range(dice.randrange(KEPT + 2)):
        _visit(g, account, ids)
    _order(g, account, products, ids, number)
    for kind in ("task", "note"):
        Activity.objects.create(
            org=org, account=dice.choice([account, None]), owner=owner, kind=kind, subject=g.text(), body=g.text(),
            due_at=dice.choice([None, g.at()]), **g.gone(),
        )  # fmt: skip
    for line in range(3):
        OrderLine.objects.create(
            org=org, account=account, product=dice.choice([None, *products]), sku=g.text(60), order_no=f"O{number}",
            line_no=line, ordered_on=g.day(), quantity=dice.choice([-3, 5]), amount=g.money() * dice.choice([1, -1]),
        )  # fmt: skip


def _visit(g: _Grower, account: Account, ids: dict[str, list[UUID]]) -> None:
    world, dice, org = g.world, g.dice, g.world.org
    visit = world.visit(account, dice.choice([world.ana, world.cy]), start=g.at())
    ids["visit"].append(visit.pk)
    type(visit).objects.filter(pk=visit.pk).update(
        started_at=dice.choice([None, g.at()]), purpose=g.text(100), plan_id=dice.choice([None, new_id()]), **g.gone()
    )
    for _ in range(dice.randrange(KEPT + 2)):
        CheckIn.objects.create(
            org=org, visit=visit, rep=world.ana, at=g.at(), verdict="inside", accuracy_m=dice.choice([None, *FLOATS]),
            distance_m=dice.choice(FLOATS), dwell_seconds=dice.choice([None, 0, 900]), candidates=[str(account.pk)],
        )  # fmt: skip
    for late in (True, True, False):
        VisitReport.objects.create(
            org=org, visit=visit, author=world.ana, outcome=g.text(40), summary=g.text(), submitted_at=g.at(), late=late,
            answers=dice.choice([one for one in DOCUMENTS if one is not None]),
        )  # fmt: skip
    for _ in range(2):
        Attachment.objects.create(
            org=org, account=account, visit=visit, kind="photo", mime_type="image/jpeg", size=2**31 - 1, sha256="0" * 64,
            author=world.ana, captured_at=dice.choice([None, g.at()]), **g.gone(),
        )  # fmt: skip


def _order(g: _Grower, account: Account, products: list[Product], ids: dict[str, list[UUID]], number: int) -> None:
    world, dice, org = g.world, g.dice, g.world.org
    order = Order.objects.create(
        org=org, account=account, author=dice.choice([world.ana, world.cy]), number=number + 1, placed_at=g.at(),
        received_at=g.at(), note=g.text(), currency="USD", total=g.money(), **g.gone(),
    )  # fmt: skip
    ids["order"].append(order.pk)
    for position, product in enumerate(products):
        OrderItem.objects.create(
            org=org, order=order, product=product, position=position, sku=g.text(60), quantity="1.50",
            unit_price=g.money(), offered_price=dice.choice([None, g.money()]),
        )  # fmt: skip
