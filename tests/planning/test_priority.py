"""What a visit is worth, and the words for it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from backend.planning.priority import Facts, Weights, money, priority

DUE_A = Facts(tier="A", due_in_days=0)


@pytest.mark.parametrize(
    ("facts", "prize"),
    [
        (DUE_A, 40),
        (Facts("B", 0), 25),
        (Facts("C", 0), 15),
        (Facts("", 0), 10),
        (Facts("A", -7), 50),
        (Facts("A", -28), 80),
        (Facts("A", -280), 80),
        (Facts("A", 3), 20),
        (Facts("A", None), 20),
        (replace(DUE_A, yearly_sales=Decimal(1_000)), 40),
        (replace(DUE_A, yearly_sales=Decimal(500)), 40),
        (replace(DUE_A, yearly_sales=Decimal(100_000)), 48),
        (replace(DUE_A, open_deals=Decimal(100_000)), 52),
        (replace(DUE_A, yearly_sales=Decimal(-5)), 40),
        (replace(DUE_A, boost=7), 47),
        (replace(DUE_A, boost=-100), 1),
    ],
)
def test_the_points(facts: Facts, prize: int) -> None:
    assert priority(facts).prize == prize


def test_an_overdue_a_outranks_an_a_on_time_and_any_c_however_late() -> None:
    late_a, a, late_c = (priority(Facts(tier, days)).prize for tier, days in (("A", -14), ("A", 0), ("C", -999)))
    assert late_a > a > late_c


def test_weights_are_data() -> None:
    flat = Weights(tier={"A": 5.0}, per_overdue_week=0.0, least=3)
    assert [priority(Facts(tier, -70), flat).prize for tier in ("A", "B")] == [5, 10]
    assert priority(replace(DUE_A, boost=-100), flat).prize == 3


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(DUE_A, due_in_days=-6, open_deals=Decimal(12_400)), "due 6 days ago, tier A, open deal $12k"),
        (Facts("", -1), "due 1 day ago"),
        (Facts("B", 0), "due today, tier B"),
        (Facts("B", 2), "due in 2 days, tier B"),
        (Facts("", None), "no call cycle"),
        (Facts("A", -300, visited=False), "never visited, tier A"),
        (replace(DUE_A, yearly_sales=Decimal(1_500_000), currency="EUR"), "due today, tier A, €1.5M a year"),
        (replace(DUE_A, yearly_sales=Decimal(-1), open_deals=Decimal(0)), "due today, tier A"),
        (replace(DUE_A, boost=3), "due today, tier A, raised by hand"),
        (replace(DUE_A, boost=-3), "due today, tier A, lowered by hand"),
    ],
)
def test_the_words(facts: Facts, words: str) -> None:
    assert priority(facts).why == words


@pytest.mark.parametrize(
    ("amount", "currency", "short"),
    [
        ("950", "USD", "$950"),
        ("1000", "USD", "$1k"),
        ("1500", "USD", "$1.5k"),
        ("1960", "USD", "$2k"),
        ("12400", "USD", "$12k"),
        ("960000", "USD", "$960k"),
        ("999700", "USD", "$1M"),
        ("2500000", "CHF", "CHF 2.5M"),
    ],
)
def test_money_is_short(amount: str, currency: str, short: str) -> None:
    assert money(Decimal(amount), currency) == short
