"""Our own search: kernels driven in short spans, so that it can be stopped, watched and repeated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.planning.solver import arrays
from backend.planning.solver.kernel.anneal import anneal, copy_plan
from backend.planning.solver.kernel.data import Data, Desk, Plan, desk, empty_plan
from backend.planning.solver.kernel.random import Chance, chance
from backend.planning.solver.kernel.timing import time_route
from backend.planning.solver.kernel.trade import all_stretches, fill, finish
from backend.planning.solver.problem import Client, Problem, Shift
from backend.planning.solver.spacing import too_near
from backend.planning.solver.stop import Clock

Order = dict[str, list[str]]

WARM, COOL = 0.45, 0.02
"""Temperature at the beginning and the end, the mean prize being 1."""

BACK_AT = 0.8
"""At this part of the way the search returns to the best plan it met, and looks around there."""

PER_TRAVEL = 0.02
"""What a typical leg weighs beside the mean prize while the search compares plans."""

ALL_SERVED = 0.3
"""The temperature where only travel is left to save, as a share of the usual one."""

MOST_GONE = 16
"""Clients taken out in one round, at most."""

MOST_GONE_OF_ALL = 30
"""The same where all are served and only their order is to be found: twice as many lead nearer to the best order."""

SPAN = 200
"""Rounds between two looks at the clock where the number of rounds is the limit."""

SPAN_SECONDS = 0.02

MOST_TRADES = 1_000
"""With more clients than this trades are made as a part of the search, while there is time: they take seconds."""

ALL_PASSES = 1 << 40


@dataclass(frozen=True)
class Stretch:
    """The stops that would have to go for a client: some next to each other on one shift, and, wherever they are, visits of
    the same account that stand too near."""

    shift: Shift
    lost: tuple[str, ...]
    cost: float


class Search:
    """One problem in the hands of the kernels. `clients` are those worth trying, in the order of their ids."""

    def __init__(self, problem: Problem, clients: Sequence[Client], seed: int) -> None:
        self.problem = problem
        self.clients = clients
        self.data: Data = arrays.arrays(problem, clients)
        self.desk: Desk = desk(self.data)
        self.best, self.now, self.work = (empty_plan(self.data) for _ in range(3))
        self.state: Chance = chance(seed)
        self._away = True
        self._at = np.zeros(1, dtype=np.int64)
        self._row = np.zeros((1, 3), dtype=np.float64), np.zeros((1, 3), dtype=np.int64)

    def begin(self, order: Mapping[str, Sequence[str]]) -> None:
        """Makes a first plan of the routes in `order`, the locked clients among them, which the referee let through."""
        for number, row in enumerate(arrays.routes_of(self.problem, self.clients, order)):
            self.now.nodes[number, 1 : 1 + len(row)] = row
            self.now.nodes[number, 1 + len(row)] = self.data.n + self.data.routes + number
            self.now.tally[number, 0] = len(row)
            for place, client in enumerate(row):
                self.now.at[client] = number, place + 1
                self.now.taken[self.data.client[client, 3]] += 1
            if time_route(self.data, self.now, number, self.desk.box[0]) != 0:
                raise AssertionError(f"{self.problem.shifts[number].id} cannot be driven as the referee said")
        self._finish(self.now)
        copy_plan(self.data, self.now, self.best)
        copy_plan(self.data, self.now, self.work)

    def run(self, clock: Clock, better: Callable[[], None] | None = None) -> None:
        """Searches until the clock says so; `better` is told whenever the best plan became better."""
        while self.data.n > MOST_TRADES and not clock.over() and self._trade(self.best, 1):
            copy_plan(self.data, self.best, self.now)
            copy_plan(self.data, self.best, self.work)
            if better is not None:
                better()
        span = SPAN if clock.counts else 5
        while not clock.over():
            rounds = min(span, clock.left) if clock.left is not None else span
            began = clock.spent()
            found = self.rounds(rounds, clock.part())
            clock.iterations += rounds
            if not clock.counts:
                took = max(clock.spent() - began, 1e-4)
                span = max(1, min(SPAN * 20, 2 * span, int(span * SPAN_SECONDS / took)))
            if found and better is not None:
                better()

    def rounds(self, count: int, part: float) -> int:
        """Runs `count` rounds at the temperature of that part of the way, and returns how often a better plan was found."""
        if part < BACK_AT:
            self._away = True
        elif self._away:
            self._away = False
            copy_plan(self.data, self.best, self.now)
            copy_plan(self.data, self.best, self.work)
        temperature = WARM * (COOL / WARM) ** part
        most = MOST_GONE
        if int(self.best.tally[:, 0].sum()) == self.data.n:
            temperature *= ALL_SERVED
            most = MOST_GONE_OF_ALL
        per_travel = PER_TRAVEL / self.data.unit
        return anneal(
            self.data,
            self.now,
            self.work,
            self.best,
            self.desk,
            self.state,
            count,
            temperature,
            temperature,
            per_travel,
            most,
            self._at,
        )

    def end(self) -> None:
        """Leaves nothing out of the best plan that fits, and no trade undone that pays (but see MOST_TRADES)."""
        self._finish(self.best)

    def _finish(self, plan: Plan) -> None:
        if self.data.n <= MOST_TRADES:
            self._trade(plan, ALL_PASSES)
        else:
            fill(self.data, plan, self.desk, self.state)

    def _trade(self, plan: Plan, passes: int) -> int:
        return finish(self.data, plan, self.desk, self._row[0][0], self._row[1][0], self.state, passes)

    def order(self) -> Order:
        """Returns the best plan."""
        return arrays.order_of(self.problem, self.clients, self.best)

    def stretches(self) -> dict[str, Stretch]:
        """Returns for every client left out which stops it would cost."""
        n = self.data.n
        best: NDArray[np.float64] = np.zeros((n, 3), dtype=np.float64)
        found: NDArray[np.int64] = np.full((n, 3), -1, dtype=np.int64)
        all_stretches(self.data, self.best, self.desk, best, found)
        told: dict[str, Stretch] = {}
        for number, (route, first, after) in enumerate(found.tolist()):
            if self.best.at[number, 0] < 0 and route >= 0:
                lost = [self.clients[int(k)] for k in self.best.nodes[route, first + 1 : after]]
                lost += self._kin_elsewhere(number, route)
                told[self.clients[number].id] = Stretch(
                    self.problem.shifts[route], tuple(one.id for one in lost), sum(one.prize for one in lost)
                )
        return told

    def _kin_elsewhere(self, number: int, route: int) -> list[Client]:
        """Returns the served kin of a client on other routes that stand too near to a visit on this one."""
        shifts, client = self.problem.shifts, self.clients[number]
        found: list[Client] = []
        for other in self.data.kin[number, :, 0].tolist():
            there = int(self.best.at[other, 0]) if other >= 0 else -1
            if there in (-1, route):
                continue
            if too_near(self.problem, shifts[route], client, shifts[there], self.clients[other]):
                found.append(self.clients[other])
        return found
