"""What was done to a document, in the words of the wire: each change becomes the mutation a phone of ours would have sent.

A document store knows only states. A visit whose document went from planned to completed has been begun and ended, so two
mutations are made of it, with the evidence that the document carries; the rules of the field judge them as any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.field.lifecycle import NEEDS_REASON, VisitState
from backend.sync.facades.documents import difference
from backend.sync.mutators.merging import PATCHES

Document = Mapping[str, Any]

CREATES: dict[str, tuple[str, ...]] = {
    "account": ("name", "kind", "phone", "segment"),
    "contact": ("accountId", "contactId", "fullName", "givenName", "familyName", "email", "phone", "role"),
    "opportunity": ("accountId", "name", "pipelineId", "stageId", "amount", "closeDate"),
    "visit": ("accountId", "plannedStart", "plannedEnd", "purpose"),
}
"""The columns that the mutation takes which makes a row; the others of a new document follow as a patch."""

REPORTED = {"checkIn": ("lat", "lng", "accuracyM"), "report": ("outcome", "summary", "answers")}
"""What a visit's document may tell of itself: key → the columns of the evidence that are the client's."""

_PASSED = {
    VisitState.EN_ROUTE: (VisitState.EN_ROUTE,),
    VisitState.IN_PROGRESS: (VisitState.IN_PROGRESS,),
    VisitState.COMPLETED: (VisitState.IN_PROGRESS, VisitState.COMPLETED),
    VisitState.SKIPPED: (VisitState.SKIPPED,),
    VisitState.CANCELLED: (VisitState.CANCELLED,),
}
"""Which states a visit that is told to be in one must have passed, none of them before it was planned or on the way."""

_UNDONE = {VisitState.SKIPPED: "visit.skip", VisitState.CANCELLED: "visit.cancel"}
_BEGUN = frozenset({VisitState.IN_PROGRESS, VisitState.COMPLETED})


@dataclass(frozen=True, slots=True)
class Step:
    """One mutation before it has a number and an id. `of`: the columns of the document whose change it tells; `claimed`:
    when it was done, by the client's clock."""

    name: str
    of: tuple[str, ...] = ()
    base: dict[str, Any] = field(default_factory=dict)
    set: dict[str, Any] = field(default_factory=dict)
    args: dict[str, Any] = field(default_factory=dict)
    claimed: Any = None


def created(entity: str, document: Document) -> list[Step]:
    """Returns what makes a new document: its creation, then what else of it may be set, then its states."""
    taken = CREATES[entity]
    args = {name: document[name] for name in taken if document.get(name) is not None}
    rest = {
        name: document[name]
        for name in _patchable(entity)
        if name not in taken and document.get(name) not in (None, "", [], {})
    }
    steps = [Step(f"{entity}.create", taken, args=args)]
    if rest:
        steps.append(Step(f"{entity}.patch", tuple(rest), set=rest))
    if entity == "visit":
        steps += _visit_moves({"state": VisitState.PLANNED.value}, document)
    return steps


def edited(entity: str, before: Document, after: Document) -> list[Step]:
    """Returns what leads from one document to the other; what a client may not set makes no step."""
    changed = difference(entity, before, after)
    mine = {name: pair for name, pair in changed.items() if name in _patchable(entity)}
    steps: list[Step] = []
    if mine:
        base, wanted = ({name: pair[side] for name, pair in mine.items()} for side in (0, 1))
        steps.append(Step(f"{entity}.patch", tuple(mine), base=base, set=wanted))
    if entity == "opportunity" and "stageId" in changed:
        was, stage = changed["stageId"]
        args = {"stageId": stage, "reason": after.get("reason")}
        steps.append(Step("opportunity.moveStage", ("stageId", "reason"), base={"stageId": was}, args=args))
    if entity == "visit":
        steps += _visit_moves(before, after)
    return steps


def deleted(entity: str, before: Document) -> list[Step]:
    """Returns the deletion of a row as the client knew it."""
    return [Step(f"{entity}.delete", base={name: before[name] for name in _patchable(entity) if name in before})]


def _patchable(entity: str) -> list[str]:
    patch = PATCHES.get(entity)
    return [] if patch is None else list(patch.columns)


def _visit_moves(before: Document, after: Document) -> list[Step]:
    was, wanted = before.get("state"), after.get("state")
    if was == wanted or wanted is None:
        return []
    if wanted not in list(_PASSED):
        # No such state: said as it stands, so that it is refused and kept rather than passed over.
        return [Step("visit.move", ("state",), args={"state": wanted})]
    passed = _PASSED[VisitState(wanted)]
    return [_visit_move(state, after) for state in passed if not (state is not passed[-1] and was in _BEGUN)]


def _visit_move(state: VisitState, document: Document) -> Step:
    if state is VisitState.EN_ROUTE:
        return Step("visit.enRoute", ("state",))
    if state in NEEDS_REASON:
        return Step(_UNDONE[state], ("state", "reason"), args={"reason": document.get("reason")})
    key, name_of_id = ("checkIn", "checkInId") if state is VisitState.IN_PROGRESS else ("report", "reportId")
    evidence = document.get(key)
    said = evidence if isinstance(evidence, Mapping) else {}
    at = said.get("at")
    args = {name: said[name] for name in REPORTED[key] if said.get(name) is not None}
    # Without an id of the client's own one is made from the push, so that sending it twice makes one.
    args |= {name_of_id: said.get("id"), "at": at}
    name = "visit.checkIn" if state is VisitState.IN_PROGRESS else "visit.complete"
    return Step(name, ("state", key), args=args, claimed=at)
