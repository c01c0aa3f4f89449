"""Which accounts are neighbours: the graph on which a territory must hang together.

Two accounts are neighbours when no third lies within the circle whose diameter joins them (Gabriel graph). It is part of
every Delaunay triangulation, so a territory in one piece here is in one piece there, and it has no long edges around the rim."""

from typing import NamedTuple

import numpy as np
import shapely

from backend.territories.balance.medians_state import Floats, Ints

GOLDEN = 2.399963229728653


class Graph(NamedTuple):
    """The neighbours of account i are `ends[starts[i]:starts[i + 1]]`."""

    starts: Ints
    ends: Ints


def neighbours(x: Floats, y: Floats) -> Graph:
    """Returns the neighbour graph of points in a plane, in one piece; accounts at one place stand on a tiny spiral around it."""
    count = len(x)
    if count < 2:
        return Graph(np.zeros(count + 1, np.int64), np.zeros(0, np.int64))
    at = _apart(x, y)
    triangles = _triangles(at)
    if len(triangles) == 0:
        # All on one line: each is a neighbour of the next.
        order = np.lexsort((at[:, 1], at[:, 0]))
        return _graph(count, np.column_stack((order[:-1], order[1:])))
    sides = np.vstack((triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]))
    opposite = np.concatenate((triangles[:, 2], triangles[:, 0], triangles[:, 1]))
    toward = at[sides] - at[opposite][:, None, :]
    inside = (toward[:, 0] * toward[:, 1]).sum(axis=1) < 0
    sides = np.sort(sides, axis=1)
    edges, which = np.unique(sides, axis=0, return_inverse=True)
    crowded = np.zeros(len(edges), bool)
    np.logical_or.at(crowded, which.ravel(), inside)
    return _joined(count, at, edges[~crowded], edges)


def _apart(x: Floats, y: Floats) -> Floats:
    """Returns the points as rows, those at one place moved apart by a hair."""
    at = np.column_stack((x, y)).astype(float)
    _, which, counts = np.unique(at, axis=0, return_inverse=True, return_counts=True)
    which = which.ravel()
    if (counts == 1).all():
        return at
    order = np.argsort(which, kind="stable")
    number = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    turn = np.empty(len(at))
    turn[order] = number
    hair = 1e-7 * max(float(np.ptp(at, axis=0).max()), 1e-6)
    at[:, 0] += hair * np.sqrt(turn) * np.cos(turn * GOLDEN)
    at[:, 1] += hair * np.sqrt(turn) * np.sin(turn * GOLDEN)
    return at


def _triangles(at: Floats) -> Ints:
    """Returns the Delaunay triangles as rows of three points."""
    found = shapely.delaunay_triangles(shapely.MultiPoint(at))
    corners = shapely.get_coordinates(found).reshape(-1, 4, 2)[:, :3]
    if len(corners) == 0:
        return np.zeros((0, 3), np.int64)
    order = np.lexsort((at[:, 1], at[:, 0]))
    keys = at[order].copy().view([("x", float), ("y", float)]).ravel()
    asked = np.ascontiguousarray(corners.reshape(-1, 2)).view([("x", float), ("y", float)]).ravel()
    return order[np.searchsorted(keys, asked)].reshape(-1, 3)


def _graph(count: int, edges: Ints) -> Graph:
    both = np.vstack((edges, edges[:, ::-1]))
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    starts = np.zeros(count + 1, np.int64)
    np.add.at(starts, both[:, 0] + 1, 1)
    return Graph(np.cumsum(starts), np.ascontiguousarray(both[:, 1]))


def _joined(count: int, at: Floats, edges: Ints, spare: Ints) -> Graph:
    """Returns the graph of `edges`; should rounding have left it in pieces, the shortest spare edges join them."""
    graph = _graph(count, edges)
    piece = pieces(graph, np.zeros(count, np.int64))
    if piece.max() == 0:
        return graph
    lengths = np.hypot(*(at[spare[:, 0]] - at[spare[:, 1]]).T)
    more = []
    for a, b in spare[np.argsort(lengths, kind="stable")]:
        if piece[a] != piece[b]:
            piece[piece == piece[b]] = piece[a]
            more.append((a, b))
    # A point that no triangle holds (rounding again) hangs on the nearest that one does.
    for lonely in np.unique(piece)[1:] if len(np.unique(piece)) > 1 else ():
        inside = np.flatnonzero(piece == lonely)
        outside = np.flatnonzero(piece != lonely)
        near = outside[np.argmin(((at[outside] - at[inside[0]]) ** 2).sum(axis=1))]
        piece[inside] = piece[near]
        more.append((inside[0], near))
    return _graph(count, np.vstack((edges, np.array(more, np.int64))))


def pieces(graph: Graph, territory: Ints) -> Ints:
    """Returns of each account the number of its piece: accounts of one territory joined by neighbours. Pieces count from 0."""
    piece = np.full(len(territory), -1, np.int64)
    found = 0
    for first in range(len(territory)):
        if piece[first] >= 0:
            continue
        piece[first] = found
        waiting = [first]
        while waiting:
            at = waiting.pop()
            for other in graph.ends[graph.starts[at] : graph.starts[at + 1]].tolist():
                if piece[other] < 0 and territory[other] == territory[first]:
                    piece[other] = found
                    waiting.append(other)
        found += 1
    return piece
