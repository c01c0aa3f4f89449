"""Four weeks of one rep: accounts of three tiers around a town or at real places, more than there is time for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from backend.planning.priority import Facts, priority
from backend.planning.rounds import DAY, gap, rounds
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from tests.planning.travel.places import country

DAYS = 28
HOUR = 3600
OPENS, CLOSES = 8 * HOUR, 17 * HOUR
INTERVAL = {"A": 7, "B": 14, "C": 28}
SHARES = (("A", 1 / 6), ("B", 1 / 3), ("C", 1 / 2))
CLOSED_ONE_DAY, MORNINGS = 0.3, 0.2


@dataclass(frozen=True, eq=False)
class Cycle:
    """A problem, and by client id the account, its tier and the day it is due."""

    name: str
    problem: Problem
    tier: dict[str, str]
    due: dict[str, int]

    @cached_property
    def account(self) -> dict[str, str]:
        return {client.id: str(client.account) for client in self.problem.clients}


def town(accounts: int, seed: int) -> Cycle:
    """Accounts in a town of some quarters, at 30 km/h as the crow flies."""
    chance = np.random.default_rng([seed, accounts])
    quarters = chance.uniform(-12_000, 12_000, (6, 2))
    points = quarters[chance.integers(0, 6, accounts)] + chance.normal(0, 3_000, (accounts, 2))
    points = np.vstack([[0.0, 0.0], points])
    between = points[:, None] - points
    seconds = np.ceil(np.hypot(between[..., 0], between[..., 1]) / (30 / 3.6)).astype(np.int64)
    return cycle(f"{accounts} accounts", seconds, chance)


def roads(accounts: int, seed: int) -> Cycle:
    """Accounts at places of Liechtenstein, on its roads."""
    _, seconds = country("liechtenstein")
    chance = np.random.default_rng([seed, accounts, 1])
    chosen = chance.choice(len(seconds), accounts + 1, replace=False)
    return cycle(f"{accounts} on roads", seconds[np.ix_(chosen, chosen)], chance)


def cycle(name: str, seconds: NDArray[np.int64], chance: np.random.Generator) -> Cycle:
    """Returns the four weeks of a rep who lives at place 0, the others being accounts."""
    working = [day for day in range(DAYS) if day % 7 < 5]
    shifts = tuple(Shift(f"day {day:02}", 0, 0, TimeWindow(day * DAY + OPENS, day * DAY + CLOSES)) for day in working)
    clients: list[Client] = []
    tier_of: dict[str, str] = {}
    due_of: dict[str, int] = {}
    for number in range(1, len(seconds)):
        tier = str(chance.choice([name for name, _ in SHARES], p=[share for _, share in SHARES]))
        interval = INTERVAL[tier]
        due = int(chance.integers(-interval // 2, interval))
        closed = int(chance.integers(0, 5)) if chance.random() < CLOSED_ONE_DAY else -1
        shuts = 12 * HOUR if chance.random() < MORNINGS else CLOSES
        service = int(chance.integers(15, 41)) * 60
        extra = int(chance.integers(0, 9))
        for count, one in enumerate(rounds(due, interval, 0, DAYS - 1)):
            windows = tuple(
                TimeWindow(day * DAY + OPENS, day * DAY + shuts - service)
                for day in working
                if one.begins <= day <= one.ends and day % 7 != closed
            )
            name_of = f"a{number:03}/{count}"
            worth = priority(Facts(tier=tier, due_in_days=min(0, one.due))).prize + extra
            tier_of[name_of], due_of[name_of] = tier, one.due
            clients.append(
                Client(name_of, number, worth, False, service, windows, account=f"a{number:03}", gap=gap(interval))
            )
    return Cycle(name, Problem(tuple(clients), shifts, seconds), tier_of, due_of)
