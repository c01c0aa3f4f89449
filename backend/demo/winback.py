"""Win-back opportunities: what a store bought month after month, and then no more; worked out from its real orders."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from backend.crm.models import Opportunity, OpportunityLine, Pipeline, Stage, StageHistory
from backend.identity.models import Org
from backend.kit import clock
from backend.kit.ids import new_id

PIPELINE = "Win-back"
STAGES: Sequence[tuple[str, int, str]] = (
    ("Spotted", 10, "open"),
    ("Contacted", 30, "open"),
    ("Offer made", 60, "open"),
    ("Reorder promised", 80, "open"),
    ("Won", 100, "won"),
    ("Lost", 0, "lost"),
)
MONTHS_BOUGHT = 4
LINES = 5
EXPECTED = timedelta(days=60)
"""A guess of the demo's: until when a win-back is won or lost."""

_STOPPED = """
    WITH newest AS (SELECT max(ordered_on) AS day FROM crm_orderline WHERE org_id = %(org)s),
    bought AS (
        SELECT l.account_id, l.product_id, max(l.ordered_on) > n.day - interval '6 months' AS still,
               count(DISTINCT date_trunc('month', l.ordered_on)) FILTER (WHERE l.quantity > 0) AS months,
               sum(l.quantity) AS quantity, sum(l.amount) AS amount
        FROM crm_orderline l CROSS JOIN newest n
        WHERE l.org_id = %(org)s AND l.product_id IS NOT NULL AND l.ordered_on > n.day - interval '18 months'
        GROUP BY l.account_id, l.product_id, n.day
    ),
    stopped AS (
        SELECT b.account_id, b.product_id, b.quantity, b.amount,
               row_number() OVER (PARTITION BY b.account_id ORDER BY b.amount DESC, b.product_id) AS place
        FROM bought b WHERE NOT b.still AND b.months >= %(months)s AND b.quantity > 0 AND b.amount > 0
    )
    SELECT a.id, ut.user_id, s.product_id, s.quantity, s.amount
    FROM stopped s
    JOIN crm_account a ON a.id = s.account_id AND a.lifecycle <> 'closed'
    JOIN territories_accountterritory att ON att.account_id = a.id AND att.valid_to IS NULL AND att.deleted_at IS NULL
    JOIN territories_userterritory ut ON ut.territory_id = att.territory_id AND ut.valid_to IS NULL
    WHERE s.place <= %(lines)s
    ORDER BY a.number, s.place
"""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A product that a store no longer buys: bottles and money of the year in which it did."""

    product: UUID
    quantity: int
    amount: Decimal


def stopped_products(org: Org) -> dict[tuple[UUID, UUID], list[Stopped]]:
    """Returns (account, its rep) → up to five products bought in four or more months of the year that ended six months
    before the newest order, and not since; the most valuable first."""
    with connection.cursor() as cursor:
        cursor.execute(_STOPPED, {"org": org.pk, "months": MONTHS_BOUGHT, "lines": LINES})
        rows = cursor.fetchall()
    found: dict[tuple[UUID, UUID], list[Stopped]] = defaultdict(list)
    for account, rep, product, quantity, amount in rows:
        found[account, rep].append(Stopped(product, int(quantity), amount))
    return found


def make_winbacks(org: Org) -> None:
    """Opens one opportunity for each store that stopped buying something; its amount is the yearly value lost."""
    now = clock.now()
    pipeline = Pipeline.objects.get(org=org, name=PIPELINE)
    spotted = Stage.objects.get(pipeline=pipeline, position=0)
    deals: list[Opportunity] = []
    lines: list[OpportunityLine] = []
    moves: list[StageHistory] = []
    for (account, rep), products in stopped_products(org).items():
        deal = Opportunity(id=new_id(), org=org, pipeline=pipeline, stage=spotted, currency=org.currency)
        deal.account_id, deal.owner_id = account, rep
        deal.name = f"Win back {len(products)} product{'s' if len(products) > 1 else ''}"
        deal.amount = sum((one.amount for one in products), Decimal(0))
        deal.opened_on, deal.close_date = now.date(), (now + EXPECTED).date()
        deals.append(deal)
        move = StageHistory(id=new_id(), org=org, opportunity=deal, to_stage=spotted, moved_at=now)
        move.moved_by_id = rep
        moves.append(move)
        for one in products:
            line = OpportunityLine(id=new_id(), org=org, opportunity=deal, quantity=Decimal(one.quantity))
            line.product_id = one.product
            line.unit_price = (one.amount / one.quantity).quantize(Decimal("0.01"))
            lines.append(line)
    Opportunity.objects.bulk_create(deals, batch_size=2000)
    OpportunityLine.objects.bulk_create(lines, batch_size=2000)
    StageHistory.objects.bulk_create(moves, batch_size=2000)
