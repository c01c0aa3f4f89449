"""The 80/20: whatever the sales, A makes 80 % of them and no account of A could be spared."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from backend.crm.models import Tier
from backend.imports.tiering import tiers


def test_the_account_that_crosses_a_line_belongs_above_it() -> None:
    sales = {
        name: Decimal(amount) for name, amount in {"a": 50, "b": 29, "c": 2, "d": 13, "e": 5, "f": 1, "g": 0}.items()
    }
    assert tiers(sales) == {"a": "A", "b": "A", "d": "A", "e": "B", "c": "C", "f": "C", "g": "C"}


def test_nothing_sold_or_more_returned_than_sold_is_c() -> None:
    assert tiers({"a": Decimal(0), "b": Decimal(-5)}) == {"a": Tier.C, "b": Tier.C}
    assert tiers({}) == {}


@given(st.lists(st.decimals(-1000, 100_000, places=2), max_size=60))
def test_a_makes_the_first_80_percent_and_not_one_account_more(amounts: list[Decimal]) -> None:
    sales = dict(enumerate(amounts))
    found = tiers(sales)
    total = sum(amount for amount in amounts if amount > 0)
    in_a = sorted(sales[key] for key, tier in found.items() if tier == Tier.A)
    in_b = sorted(sales[key] for key, tier in found.items() if tier == Tier.B)
    assert set(found) == set(sales)
    assert sum(in_a) * 10 >= total * 8
    assert sum(in_a[1:]) * 10 < total * 8 or total == 0
    assert (sum(in_a) + sum(in_b)) * 100 >= total * 95
    assert all(sales[key] <= min(in_a, default=Decimal(10**9)) for key, tier in found.items() if tier != Tier.A)
