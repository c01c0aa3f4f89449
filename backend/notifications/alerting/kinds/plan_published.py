"""A day that somebody else planned for a rep, and planned again."""

from datetime import timedelta
from uuid import UUID

from backend.events.types import Event, PlanAccepted
from backend.notifications.alerting.kinds.base import REP, WHO, Kind


def plan_of(event: Event) -> UUID:
    """Returns the plan of the event."""
    assert isinstance(event, PlanAccepted)
    return event.plan_id


KIND = Kind(
    name="plan.published",
    category="plan",
    subject_entity="plan",
    summary="Somebody else published a plan of a rep's day, or published it anew.",
    closes="When the day's plan is published anew, or the day is over where the rep lives.",
    parameters=(),
    words="plan.published",
    own=True,
    pace="minute",
    keeps=timedelta(hours=24),
    reach=timedelta(days=2),
    hears=REP,
    events={PlanAccepted: plan_of},
    only_sql="p.id",
    sql=f"""
    SELECT p.id AS subject_id, p.rep_id AS root_id, p.id::text AS episode, p.settled_at AS at,
           least((SELECT min(n.settled_at) FROM planning_visitplan n
                  WHERE n.rep_id = p.rep_id AND n.day = p.day AND n.status = 'accepted' AND n.settled_at > p.settled_at),
                 greatest((p.day + 1)::timestamp AT TIME ZONE u.timezone, p.settled_at)) AS closed_at,
           p.rep_id AS about, p.settled_by_id AS by, NULL::uuid AS change,
           jsonb_build_object('day', to_char(p.day, 'YYYY-MM-DD'), 'who', {WHO.format("w")}, 'rep', {WHO.format("u")},
               'stops', (SELECT count(*) FROM planning_planstop s WHERE s.plan_id = p.id),
               'words', CASE WHEN EXISTS (
                   SELECT FROM planning_visitplan e WHERE e.rep_id = p.rep_id AND e.day = p.day AND e.status = 'accepted'
                     AND e.settled_at < p.settled_at) THEN 'plan.changed' ELSE 'plan.published' END) AS args
    FROM planning_visitplan p
    JOIN identity_user u ON u.id = p.rep_id
    JOIN identity_user w ON w.id = p.settled_by_id
    WHERE p.org_id = %(org)s AND p.status = 'accepted' AND p.settled_by_id <> p.rep_id
      AND p.settled_at > %(since)s - interval '50 days' AND p.settled_at <= %(until)s {{only}}
""",  # noqa: S608
)
