"""Tiers by the 80/20 of real sales: A makes the first 80 % of a year's sales, B goes on to 95 %, C is the rest."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from backend.crm.models import Account, AccountSales, Lifecycle, Tier
from backend.identity.models import Org

K = TypeVar("K")
FIRST = Decimal("0.80")
SECOND = Decimal("0.95")


def tiers(sales: Mapping[K, Decimal]) -> dict[K, Tier]:
    """Returns the tier of each key: the largest first, A while those before it make less than 80 % of the whole.

    So the account that crosses a line belongs above it. Nothing sold, or more returned than sold, is C; equal sales
    are told apart by the order given."""
    total = sum((amount for amount in sales.values() if amount > 0), Decimal(0))
    found: dict[K, Tier] = {}
    so_far = Decimal(0)
    for key, amount in sorted(sales.items(), key=lambda pair: -pair[1]):
        if amount <= 0:
            found[key] = Tier.C
            continue
        found[key] = Tier.A if so_far < FIRST * total else Tier.B if so_far < SECOND * total else Tier.C
        so_far += amount
    return found


def apply_tiers(org: Org) -> int:
    """Gives the org's living accounts the tiers of their last year's sales; returns how many changed.

    Closed accounts have no tier: nobody calls on them, and their past sales must not push others down."""
    accounts = list(Account.objects.filter(org=org, deleted_at=None).order_by("id"))
    amounts = dict(AccountSales.objects.filter(org=org).values_list("account_id", "amount_12m"))
    open_accounts = [row for row in accounts if row.lifecycle != Lifecycle.CLOSED]
    wanted = tiers({row.pk: amounts.get(row.pk, Decimal(0)) for row in open_accounts})
    changed = [row for row in accounts if row.tier != wanted.get(row.pk, Tier.NONE)]
    for row in changed:
        row.tier = wanted.get(row.pk, Tier.NONE)
    Account.objects.bulk_update(changed, ["tier"], batch_size=500)
    return len(changed)
