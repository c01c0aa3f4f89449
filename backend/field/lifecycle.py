"""The states of a visit and the moves between them."""

from enum import StrEnum


class VisitState(StrEnum):
    """planned → en_route → in_progress → completed | skipped | cancelled."""

    PLANNED = "planned"
    EN_ROUTE = "en_route"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


MOVES: dict[VisitState, frozenset[VisitState]] = {
    VisitState.PLANNED: frozenset(
        {VisitState.EN_ROUTE, VisitState.IN_PROGRESS, VisitState.SKIPPED, VisitState.CANCELLED}
    ),
    VisitState.EN_ROUTE: frozenset({VisitState.IN_PROGRESS, VisitState.SKIPPED, VisitState.CANCELLED}),
    VisitState.IN_PROGRESS: frozenset({VisitState.COMPLETED, VisitState.CANCELLED}),
    VisitState.COMPLETED: frozenset(),
    VisitState.SKIPPED: frozenset(),
    VisitState.CANCELLED: frozenset(),
}

OVERRULED_BY_EVIDENCE = frozenset({VisitState.PLANNED, VisitState.EN_ROUTE, VisitState.SKIPPED, VisitState.CANCELLED})
"""A visit that nobody began here, or that was given up, was made all the same if there is evidence and a person says so."""

NEEDS_REASON = frozenset({VisitState.SKIPPED, VisitState.CANCELLED})


def may_move(before: VisitState, after: VisitState) -> bool:
    """Says whether a visit may go from one state to the other."""
    return after in MOVES[before]
