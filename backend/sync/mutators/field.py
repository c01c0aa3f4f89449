"""Mutations of a rep's day. Check-in and report are evidence: kept at the visit whatever became of it meanwhile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.field import actions, late
from backend.field.geofence import Fix
from backend.field.lifecycle import VisitState
from backend.field.models import Visit
from backend.field.rules import check_fix, check_trail
from backend.identity.models import User
from backend.kit.errors import Invalid
from backend.sync.mutators import decode, reach
from backend.sync.mutators.merging import patch, patchable, standing
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation

VISIT = patchable(
    "visit",
    (Visit, "purpose planned_start planned_end"),
    together=(frozenset({"plannedStart", "plannedEnd"}),),
)


@mutator("visit.create", evidence=True)
def create(caller: Caller, mutation: Mutation) -> Outcome:
    """Puts a visit of the rep's own into the day; evidence may hang on it, so it is treated as such."""
    args = mutation.args
    decode.only(args, "accountId", "plannedStart", "plannedEnd", "purpose")
    actions.schedule_visit(
        actor=caller.actor,
        account=reach.account_for_evidence(caller, decode.uuid(args, "accountId")),
        rep=User.objects.get(pk=caller.actor.user_id),
        start=decode.required_instant(args, "plannedStart"),
        end=decode.required_instant(args, "plannedEnd"),
        purpose=decode.text(args, "purpose"),
        visit_id=decode.entity_id(mutation),
    )
    return DONE


@mutator("visit.patch")
def patch_visit(caller: Caller, mutation: Mutation) -> Outcome:
    """Moves a visit, or says what it is for."""
    seen = reach.visit(caller, decode.entity_id(mutation))
    visit = actions.locked(seen)
    return patch(
        caller,
        mutation,
        VISIT,
        standing(VISIT, visit),
        lambda changes: actions.edit_visit(actor=caller.actor, visit=visit, changes=changes),
    )


@mutator("visit.enRoute")
def en_route(caller: Caller, mutation: Mutation) -> Outcome:
    """The rep sets out."""
    actions.set_out(actor=caller.actor, visit=reach.visit(caller, decode.entity_id(mutation)))
    return DONE


@mutator("visit.checkIn", evidence=True)
def check_in(caller: Caller, mutation: Mutation) -> Outcome:
    """The rep stands there."""
    args = mutation.args
    decode.only(args, "checkInId", "lat", "lng", "accuracyM", "at", "mocked", "fixes")
    if caller.insist:
        return _settle(caller, mutation)
    visit = reach.visit_for_evidence(caller, decode.entity_id(mutation))
    kept = late.keep_check_in(
        actor=caller.actor,
        visit=visit,
        fix=_fix(args, decode.happened(mutation, "at")),
        claimed_at=decode.happened(mutation, "at"),
        check_in_id=decode.uuid(args, "checkInId"),
        offset=mutation.clock_offset,
        trail=_trail(args.get("fixes")),
    )
    return Outcome(objection=kept.objection)


def _fix(args: Mapping[str, Any], at: datetime | None) -> Fix | None:
    lat, lng, accuracy = (decode.number(args, name) for name in ("lat", "lng", "accuracyM"))
    return check_fix(lat, lng, accuracy, at=at, mocked=decode.flag(args, "mocked"))


def _trail(given: object) -> tuple[Fix, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Invalid("BAD_VALUE", "fixes is a list of objects.", fields={"fixes": "not such a list"})
    for one in given:
        decode.only(one, "lat", "lng", "accuracyM", "at", "mocked")
    found = [_fix(one, decode.required_instant(one, "at")) for one in given]
    return check_trail([one for one in found if one is not None])


@mutator("visit.complete", evidence=True)
def complete(caller: Caller, mutation: Mutation) -> Outcome:
    """The visit ends with its report."""
    args = mutation.args
    decode.only(args, "reportId", "outcome", "summary", "answers", "at")
    if caller.insist:
        return _settle(caller, mutation)
    visit = reach.visit_for_evidence(caller, decode.entity_id(mutation))
    kept = late.keep_report(
        actor=caller.actor,
        visit=visit,
        outcome=decode.text(args, "outcome"),
        summary=decode.text(args, "summary"),
        answers=args.get("answers"),
        claimed_at=decode.happened(mutation, "at"),
        report_id=decode.uuid(args, "reportId"),
        offset=mutation.clock_offset,
    )
    return Outcome(objection=kept.objection)


def _settle(caller: Caller, mutation: Mutation) -> Outcome:
    """The evidence is there already: a person says that the visit was made."""
    visit = reach.settled_visit(caller, decode.entity_id(mutation))
    late.settle_by_evidence(actor=caller.reader, visit=visit, author_id=caller.actor.user_id)
    return DONE


def _leave(caller: Caller, mutation: Mutation, state: VisitState) -> Outcome:
    decode.only(mutation.args, "reason")
    actions.leave_undone(
        actor=caller.actor,
        visit=reach.visit(caller, decode.entity_id(mutation)),
        state=state,
        reason=decode.text(mutation.args, "reason"),
    )
    return DONE


@mutator("visit.skip")
def skip(caller: Caller, mutation: Mutation) -> Outcome:
    """The visit is not made, and why."""
    return _leave(caller, mutation, VisitState.SKIPPED)


@mutator("visit.cancel")
def cancel(caller: Caller, mutation: Mutation) -> Outcome:
    """The visit is called off, and why."""
    return _leave(caller, mutation, VisitState.CANCELLED)
