"""Visits that nobody began in time, and days that ended without them.

What is asked is what stands: a visit that was put to another time is judged by that. One that was skipped or called off was so
from when it last changed, for it changes no more."""

from datetime import timedelta
from uuid import UUID

from backend.events.types import Event, VisitOverdue
from backend.notifications.alerting.kinds.base import BOTH, WHO, Kind
from backend.notifications.alerting.parameters import Whole

_GIVEN_UP = "CASE WHEN v.state IN ('skipped', 'cancelled') THEN v.updated_at END"
_AS_NOW = "A visit that was put to another time since is judged by the time it has now."
_LONGEST = "interval '30 days'"


def visit_of(event: Event) -> UUID:
    """Returns the visit of the event."""
    assert isinstance(event, VisitOverdue)
    return event.visit_id


def _crossings(at: str, closed: str) -> str:
    return f"""
    SELECT v.id AS subject_id, v.account_id AS root_id,
           to_char(v.planned_end AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') AS episode, due.at,
           least({closed}, v.deleted_at, due.at + {_LONGEST}) AS closed_at,
           v.rep_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('account', a.name, 'rep', {WHO.format("u")}) AS args
    FROM field_visit v
    JOIN crm_account a ON a.id = v.account_id AND a.deleted_at IS NULL
    JOIN identity_user u ON u.id = v.rep_id
    CROSS JOIN LATERAL (SELECT {at} AS at) due
    WHERE v.org_id = %(org)s AND v.planned_end > %(since)s - interval '50 days' AND v.planned_end <= %(until)s {{only}}
      AND coalesce(least(v.started_at, v.ended_at, {_GIVEN_UP}, v.deleted_at) > due.at, TRUE)
"""  # noqa: S608


OVERDUE = Kind(
    name="visit.overdue",
    category="visit",
    subject_entity="visit",
    summary="A planned visit's end passed, so many minutes ago, and nobody checked in.",
    closes="When the rep checks in, the visit is skipped, called off or deleted, or after 30 days.",
    parameters=(Whole("grace_minutes", 0, 0, 1_440, "minutes"),),
    as_now=_AS_NOW,
    words="visit.overdue",
    own=True,
    pace="minute",
    severity="high",
    keeps=timedelta(hours=8),
    reach=timedelta(days=1),
    hears=BOTH,
    events={VisitOverdue: visit_of},
    only_sql="v.id",
    sql=_crossings(
        "v.planned_end + make_interval(mins => %(grace_minutes)s)",
        f"v.started_at, v.ended_at, {_GIVEN_UP}",
    ),
)

MISSED = Kind(
    name="visit.missed",
    category="visit",
    subject_entity="visit",
    summary="The day of a planned visit, where its rep lives, and so many days more ended, and nobody began it.",
    closes="When the account is visited after all, the visit is deleted, or after 30 days.",
    parameters=(Whole("days", 0, 0, 14, "days"),),
    as_now=_AS_NOW,
    words="visit.missed",
    own=True,
    pace="hour",
    keeps=timedelta(hours=24),
    reach=timedelta(days=3),
    hears=BOTH,
    sql=_crossings(
        "((v.planned_end AT TIME ZONE u.timezone)::date + 1 + %(days)s)::timestamp AT TIME ZONE u.timezone",
        "(SELECT min(made.ended_at) FROM field_visit made WHERE made.account_id = v.account_id "
        "AND made.state = 'completed' AND made.deleted_at IS NULL AND made.ended_at > due.at)",
    ),
)
