"""What a visit is worth today, in points, and the words that say why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import log10
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an account on the day of the plan.

    `due_in_days` is below zero when overdue, None when nothing is ever due; `visited` says whether anybody ever came.
    Money is in `currency`; `boost` is points that a manager adds or takes away by hand; `stage_probability` is that of the
    open deal most likely to be won, in percent.
    """

    tier: str
    due_in_days: int | None
    yearly_sales: Decimal | None = None
    open_deals: Decimal | None = None
    currency: str = "USD"
    boost: int = 0
    visited: bool = True
    stage_probability: int | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How the facts become points; data, so that an org may weigh differently.

    A visit earns the points of its tier, raised by `per_overdue_week` of themselves for each week late, up to
    `most_lateness`, and lowered to `early` of them before it is due; then `per_sales_decade` for each tenfold of
    yearly sales above 1,000 and `per_deal_decade` likewise for open deals, raised by `stage` of themselves for a deal that
    is as good as won and by less for others; then the boost, times `per_boost`.
    """

    tier: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"A": 40.0, "B": 25.0, "C": 15.0}))
    other_tier: float = 10.0
    per_overdue_week: float = 0.25
    most_lateness: float = 2.0
    early: float = 0.5
    per_sales_decade: float = 4.0
    per_deal_decade: float = 6.0
    stage: float = 0.5
    per_boost: float = 1.0
    least: int = 1


@dataclass(frozen=True, slots=True)
class Priority:
    """The prize of a visit, at least 1, and the reasons in words."""

    prize: int
    why: str


def priority(facts: Facts, weights: Weights | None = None) -> Priority:
    """Returns what the visit is worth and why."""
    weigh = weights or Weights()
    points = weigh.tier.get(facts.tier, weigh.other_tier) * lateness(facts.due_in_days, weigh)
    points += weigh.per_sales_decade * decades(facts.yearly_sales)
    points += (
        weigh.per_deal_decade * decades(facts.open_deals) * (1 + weigh.stage * (facts.stage_probability or 0) / 100)
    )
    return Priority(max(weigh.least, round(points) + round(weigh.per_boost * facts.boost)), why(facts))


def lateness(due_in_days: int | None, weights: Weights) -> float:
    """Returns the factor on the tier's points: `early` before the day, 1 on it, then growing week by week."""
    if due_in_days is None or due_in_days > 0:
        return weights.early
    return min(weights.most_lateness, 1.0 + weights.per_overdue_week * -due_in_days / 7)


def decades(amount: Decimal | None) -> float:
    """Returns how many tenfolds `amount` lies above 1,000; 0 for less."""
    return log10(float(amount) / 1000) if amount is not None and amount > 1000 else 0.0


def why(facts: Facts) -> str:
    """Returns the reasons in words, e.g. "due 6 days ago, tier A, open deal $12k"."""
    words = [due_words(facts.due_in_days) if facts.visited else "never visited"]
    if facts.tier:
        words.append(f"tier {facts.tier}")
    if facts.yearly_sales is not None and facts.yearly_sales > 0:
        words.append(f"{money(facts.yearly_sales, facts.currency)} a year")
    if facts.open_deals is not None and facts.open_deals > 0:
        words.append(f"open deal {money(facts.open_deals, facts.currency)}")
    if facts.boost:
        words.append("raised by hand" if facts.boost > 0 else "lowered by hand")
    return ", ".join(words)


def due_words(due_in_days: int | None) -> str:
    """Returns "due 6 days ago", "due today", "due in 2 days", or that nothing is ever due."""
    if due_in_days is None:
        return "no call cycle"
    if due_in_days == 0:
        return "due today"
    days = f"{abs(due_in_days)} day{'' if abs(due_in_days) == 1 else 's'}"
    return f"due {days} ago" if due_in_days < 0 else f"due in {days}"


SIGNS = MappingProxyType({"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"})


def money(amount: Decimal, currency: str) -> str:
    """Returns a short amount: $950, $12k, $1.5M; a currency without a sign of its own keeps its code."""
    sign = SIGNS.get(currency, f"{currency} ")
    for unit, name in ((Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k")):
        if amount >= unit * Decimal("0.9995"):
            return f"{sign}{rounded(amount / unit)}{name}"
    return f"{sign}{amount:.0f}"


def rounded(amount: Decimal) -> str:
    """Returns at most one decimal, none from ten on or when it would be zero."""
    text = f"{amount:.1f}"
    return f"{amount:.0f}" if amount >= 10 or text.endswith(".0") else text
