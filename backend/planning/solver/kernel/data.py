"""The problem, the plan and the working space as arrays: few, because each one more makes compiling slower.

Nodes are numbered: clients 0..n-1, then the start of every shift, then the end of every shift. Position 0 of a route
is its start, position length+1 its end. `s` counts the breaks taken so far.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Small = NDArray[np.int32]

NEVER = 1 << 40
"""Later than every time."""

# Columns of Data.client
SERVICE, MUST, FIXED, GROUP = 0, 1, 2, 3
# Columns of Data.door and Data.pause
OPENS, CLOSES, LENGTH = 0, 1, 2
# Columns of Data.shift
OUT, HOME, BREAKS, SETTLED = 0, 1, 2, 3
# Columns of Plan.tally and Plan.at
STOPS, TRAVEL = 0, 1
ROUTE, PLACE = 0, 1
# Columns of Data.kin and Data.begin
WHO, GAP = 0, 1
FIRST, LAST = 0, 1
# Rows of Desk.note and Desk.real
WAITING, REMOVED, TOUCHED, IN_HAND, MARK, GONE, GOES_TO, IN_THE_WAY = 0, 1, 2, 3, 4, 5, 6, 7
WORTH, SCORE = 0, 1

POWERS = (1.0, 1.5, 2.0, 3.0)


class Data(NamedTuple):
    """What never changes during a search."""

    n: int
    routes: int
    offered: int  # how many of the nearest that wait a gap is offered to; 0: all that wait
    unit: float  # a typical leg
    to: Small  # [node, node] travel
    back: Small  # the same, transposed: reading along a row is what is fast
    client: Whole  # [client, column] service; 1 where required; 1 where never taken out; group or -1
    prize: Real  # [power, client] 1.0 is the mean; POWERS of it
    window: Whole  # [route, client, 2] first row of `door` and the one after the last; none: not allowed there
    door: Whole  # [window, 2] first and last start of service
    shift: Whole  # [route, column] earliest out, latest home, number of breaks, positions nothing is put before
    pause: Whole  # [route, break, 3] first and last start, length
    near: Small  # [client, .] clients, nearest first
    kin: Whole  # [client, ., column] the others of its account, -1 after the last, and how far apart the two begin
    begin: (
        Whole  # [route, client, column] first and last moment at which it could begin; of nobody where nobody has kin
    )


class Plan(NamedTuple):
    """The routes, and all that makes trying an insertion cheap."""

    nodes: Small  # [route, position]
    leave: Whole  # [route, position, s] earliest time the stop is left; NEVER when s breaks cannot be taken by then
    latest: Whole  # [route, position, s] latest arrival that the rest of the route can bear; -1 for none
    tally: Whole  # [route, column] stops, travel
    prize: Real  # [route]
    at: Whole  # [client, column] route or -1, position
    taken: Whole  # [group] how many of it are served; the last is nobody's


class Desk(NamedTuple):
    """Room to work in."""

    note: Whole  # [row, .] clients to insert; taken out; routes in hand; is it? [route]; list mark, gone?, route [client]; too near
    real: Real  # [row, client] worth by the rule of this round; score of the best place
    cost: Real  # [client, route] of the best place
    place: Whole  # [client, route] the best position; 0 for none
    box: Whole  # [2, s]


def empty_plan(data: Data) -> Plan:
    """Returns a plan without stops, not timed yet."""
    size, states = data.n + 2, data.pause.shape[1] + 1
    plan = Plan(
        nodes=np.zeros((data.routes, size), dtype=np.int32),
        leave=np.zeros((data.routes, size, states), dtype=np.int64),
        latest=np.zeros((data.routes, size, states), dtype=np.int64),
        tally=np.zeros((data.routes, 2), dtype=np.int64),
        prize=np.zeros(data.routes, dtype=np.float64),
        at=np.full((data.n, 2), -1, dtype=np.int64),
        taken=np.zeros(int(data.client[:, GROUP].max(initial=-1)) + 2, dtype=np.int64),
    )
    for route in range(data.routes):
        plan.nodes[route, 0] = data.n + route
        plan.nodes[route, 1] = data.n + data.routes + route
    return plan


def desk(data: Data) -> Desk:
    """Returns room for a problem."""
    n, routes = data.n, data.routes
    return Desk(
        note=np.zeros((8, max(n, routes)), dtype=np.int64),
        real=np.zeros((2, n), dtype=np.float64),
        cost=np.zeros((n, routes), dtype=np.float64),
        place=np.zeros((n, routes), dtype=np.int64),
        box=np.zeros((2, data.pause.shape[1] + 1), dtype=np.int64),
    )
