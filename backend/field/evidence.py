"""Writing down what a rep saw and did: rows that never change again, whatever becomes of the visit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm.models import Address
from backend.field import rules
from backend.field.geofence import WORST_M, Fix, judge
from backend.field.models import CheckIn, Visit, VisitReport
from backend.field.places import addresses_near
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.kit.ids import new_id
from backend.territories.coverage import visible

NO_OFFSET = timedelta(0)
MOST_OTHERS = 20


def insert(row: Visit | CheckIn | VisitReport) -> None:
    """Writes a new row; an id that is used already is refused."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken() from error


def write_check_in(
    *,
    actor: Actor,
    visit: Visit,
    fix: Fix | None,
    claimed_at: datetime | None,
    check_in_id: UUID | None,
    offset: timedelta,
    late: bool = False,
    trail: Sequence[Fix] = (),
) -> CheckIn:
    """Judges where the rep stands and keeps it, with the phone's word beside ours. `trail`: the phone's fixes before."""
    home = Address.objects.filter(account_id=visit.account_id, is_primary=True, deleted_at=None).first()
    point = LatLng(home.lat, home.lng) if home and home.lat is not None and home.lng is not None else None
    judgement = judge(point, fix, trail=trail, others=_others(actor, visit, fix))
    row = CheckIn(
        id=check_in_id or new_id(),
        org_id=visit.org_id,
        visit=visit,
        rep_id=actor.user_id,
        at=clock.happened_at(clock.believable(claimed_at, offset), clock.now()),
        claimed_at=clock.believable(claimed_at),
        lat=fix.point.lat if fix else None,
        lng=fix.point.lng if fix else None,
        accuracy_m=fix.accuracy_m if fix else None,
        distance_m=judgement.distance_m,
        verdict=judgement.verdict,
        dwell_seconds=None if judgement.dwell is None else int(judgement.dwell.total_seconds()),
        candidates=list(judgement.candidates),
        late=late,
    )
    insert(row)
    return row


def _others(actor: Actor, visit: Visit, fix: Fix | None) -> list[tuple[str, LatLng]]:
    """Returns the accounts of the rep's that the fix may as well be at."""
    if fix is None or not 0 < fix.accuracy_m <= WORST_M:
        return []
    near = addresses_near(fix.point, fix.accuracy_m).exclude(account_id=visit.account_id)
    found = visible(near, actor, root="account_id").order_by("account_id")[:MOST_OTHERS]
    return [
        (str(one.account_id), LatLng(one.lat, one.lng)) for one in found if one.lat is not None and one.lng is not None
    ]


def write_report(
    *,
    actor: Actor,
    visit: Visit,
    outcome: str,
    summary: str,
    answers: Mapping[str, Any] | None,
    claimed_at: datetime | None,
    report_id: UUID | None,
    offset: timedelta,
    late: bool = False,
) -> VisitReport:
    """Checks a report and keeps it."""
    rules.check_outcome(outcome)
    row = VisitReport(
        id=report_id or new_id(),
        org_id=visit.org_id,
        visit=visit,
        author_id=actor.user_id,
        outcome=outcome,
        summary=summary,
        answers=dict(rules.check_answers(answers or {})),
        submitted_at=clock.happened_at(clock.believable(claimed_at, offset), clock.now()),
        late=late,
    )
    insert(row)
    return row
