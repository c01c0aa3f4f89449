"""What an alignment would change besides territories: who gives and takes how many accounts, open deals, the work of a year."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.planning.realign.hands import ask, values
from backend.territories.models import Alignment

YEAR = 365

_PAIRS = "SELECT giver, taker, count(*) FROM hands WHERE giver IS DISTINCT FROM taker GROUP BY 1, 2"
_DEALS = """
    SELECT giver, taker, o.currency, count(*), COALESCE(sum(o.amount), 0)
    FROM hands JOIN crm_opportunity o ON o.account_id = hands.account_id AND o.deleted_at IS NULL
    JOIN crm_stage s ON s.id = o.stage_id AND s.category = 'open'
    WHERE giver IS DISTINCT FROM taker GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_DEAL_PAGE = """
    SELECT o.id FROM hands JOIN crm_opportunity o ON o.account_id = hands.account_id AND o.deleted_at IS NULL
    JOIN crm_stage s ON s.id = o.stage_id AND s.category = 'open'
    WHERE giver IS DISTINCT FROM taker AND (%(after)s::uuid IS NULL OR o.id > %(after)s) ORDER BY o.id LIMIT %(first)s
"""
_WORK = """
    SELECT s.territory_id, CASE WHEN m.id IS NULL THEN s.territory_id ELSE m.to_territory_id END,
           count(*), sum(%(year)s::float8 / c.interval_days), sum(%(year)s::float8 / c.interval_days * a.service_minutes)
    FROM crm_account a
    LEFT JOIN territories_accountterritory s ON s.account_id = a.id AND s.role = 'primary' AND s.deleted_at IS NULL
        AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
    LEFT JOIN territories_alignmentmove m ON m.alignment_id = %(alignment)s AND m.account_id = a.id AND m.role = 'primary'
    LEFT JOIN field_callcycle c ON c.org_id = a.org_id AND c.tier = a.tier AND c.deleted_at IS NULL
    WHERE a.org_id = %(org)s AND a.deleted_at IS NULL AND a.lifecycle <> 'closed'
      AND (s.id IS NOT NULL OR m.id IS NOT NULL)
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """So many accounts go from one person to another; None: nobody has them before, or after."""

    giver: UUID | None
    taker: UUID | None
    accounts: int


@dataclass(frozen=True, slots=True)
class Deals:
    """Open deals of one currency that go from one person to another with their accounts."""

    giver: UUID | None
    taker: UUID | None
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Work:
    """The planned work of a territory: accounts, visits a year by tier, and minutes at the customers' for them."""

    territory: UUID
    accounts: tuple[int, int]
    visits: tuple[float, float]
    minutes: tuple[float, float]


def pairs(alignment: Alignment) -> list[Pair]:
    """Returns who gives how many accounts to whom, the most first."""
    found = [Pair(*row) for row in ask(_PAIRS, values(alignment))]
    return sorted(found, key=lambda one: (-one.accounts, str(one.giver), str(one.taker)))


def gains(found: list[Pair]) -> dict[UUID, tuple[int, int]]:
    """Returns person → how many accounts they gain and lose."""
    gained: Counter[UUID] = Counter()
    lost: Counter[UUID] = Counter()
    for one in found:
        if one.taker is not None:
            gained[one.taker] += one.accounts
        if one.giver is not None:
            lost[one.giver] += one.accounts
    return {person: (gained[person], lost[person]) for person in sorted({*gained, *lost})}


def deals(alignment: Alignment) -> list[Deals]:
    """Returns the open deals that change hands, summed up. A deal keeps its owner: whose it was is history."""
    return [Deals(*row) for row in ask(_DEALS, values(alignment))]


def deal_ids(alignment: Alignment, *, first: int, after: UUID | None) -> list[UUID]:
    """Returns some of these deals in the order of their ids."""
    return [one for (one,) in ask(_DEAL_PAGE, values(alignment, first=first, after=after))]


def workload(alignment: Alignment) -> list[Work]:
    """Returns the work of each territory before and after, by id; tiers without a call cycle count as accounts only."""
    sums: dict[UUID, list[float]] = {}
    for before, after, *figures in ask(_WORK, values(alignment, year=YEAR)):
        for territory, side in ((before, 0), (after, 1)):
            if territory is None:
                continue
            row = sums.setdefault(territory, [0.0] * 6)
            for number, value in enumerate(figures):
                row[number * 2 + side] += float(value or 0)
    return [
        Work(key, (int(row[0]), int(row[1])), (row[2], row[3]), (row[4], row[5])) for key, row in sorted(sums.items())
    ]


def deviation(work: list[Work], side: int) -> float | None:
    """Returns by how much the territory farthest from the mean is off it, as a share of the mean; None without work.

    Of the territories that hold accounts on that side (0 before, 1 after)."""
    minutes = [one.minutes[side] for one in work if one.accounts[side]]
    mean = sum(minutes) / len(minutes) if minutes else 0.0
    return max(abs(one - mean) for one in minutes) / mean if mean else None


def as_json(alignment: Alignment) -> dict[str, Any]:
    """Returns pairs, deals and workload as they are kept when the alignment begins: later they could not be asked any more."""
    return {
        "pairs": [[_id(one.giver), _id(one.taker), one.accounts] for one in pairs(alignment)],
        "deals": [
            [_id(one.giver), _id(one.taker), one.currency, one.count, str(one.amount)] for one in deals(alignment)
        ],
        "work": [[str(one.territory), one.accounts, one.visits, one.minutes] for one in workload(alignment)],
    }


def _id(one: UUID | None) -> str | None:
    return None if one is None else str(one)


def _read(one: str | None) -> UUID | None:
    return None if one is None else UUID(one)


@dataclass(frozen=True, slots=True)
class Impact:
    """All of it together."""

    pairs: list[Pair]
    deals: list[Deals]
    work: list[Work]


def impact(alignment: Alignment) -> Impact:
    """Returns it: of a draft as it would be now, of one that has begun as it was then. Three queries, or none."""
    kept = alignment.report.get("impact")
    if kept is None:
        return Impact(pairs(alignment), deals(alignment), workload(alignment))
    return Impact(
        [Pair(_read(giver), _read(taker), count) for giver, taker, count in kept["pairs"]],
        [
            Deals(_read(giver), _read(taker), currency, count, Decimal(amount))
            for giver, taker, currency, count, amount in kept["deals"]
        ],
        [
            Work(UUID(key), tuple(accounts), tuple(visits), tuple(minutes))
            for key, accounts, visits, minutes in kept["work"]
        ],
    )
