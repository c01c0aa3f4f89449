"""A rep who arrived somewhere, with an account nearby that is overdue.

Where a rep is is known from check-ins: nothing else is kept of their way."""

from datetime import timedelta

from backend.events.types import VisitCheckedIn
from backend.notifications.alerting.kinds.account_not_seen import WORKS_IT
from backend.notifications.alerting.kinds.base import REP, WHO, Kind
from backend.notifications.alerting.kinds.check_in_outside import check_in_of
from backend.notifications.alerting.parameters import Some, Whole

_METRES = 111_320


def _near(check_in: str) -> str:
    """The address lies within the metres of the check-in; first by a rectangle, for which there is an index."""
    squeeze = f"greatest(cos(radians({check_in}.lat)), 0.01)"
    return f"""(
        ad.lat BETWEEN {check_in}.lat - %(metres)s / {_METRES}.0 AND {check_in}.lat + %(metres)s / {_METRES}.0
        AND ad.lng BETWEEN {check_in}.lng - %(metres)s / ({_METRES}.0 * {squeeze})
            AND {check_in}.lng + %(metres)s / ({_METRES}.0 * {squeeze})
        AND sqrt((ad.lat - {check_in}.lat) ^ 2 + ({squeeze} * (ad.lng - {check_in}.lng)) ^ 2) * {_METRES} <= %(metres)s)"""


KIND = Kind(
    name="arrival.near_overdue",
    category="visit",
    subject_entity="account",
    summary="A rep checked in near another account of theirs, whose visit was due so many days ago or more.",
    closes="With the next visit that is completed there.",
    parameters=(
        Whole("metres", 500, 50, 5_000, "metres"),
        Whole("days_overdue", 1, 0, 365, "days"),
        Some("tiers", ("A", "B", "C"), ("A", "B", "C")),
    ),
    as_now="An account is judged by the tier, the place and the rep it has now, and by the call cycle of now.",
    words="arrival.near_overdue",
    own=True,
    pace="night",
    severity="high",
    keeps=timedelta(hours=1),
    reach=timedelta(days=1),
    hears=REP,
    events={VisitCheckedIn: check_in_of},
    only_sql="c.id",
    sql=f"""
    SELECT a.id AS subject_id, a.id AS root_id, coalesce(last.visit::text, 'never') AS episode, c.at,
           (SELECT min(v.ended_at) FROM field_visit v WHERE v.account_id = a.id AND v.state = 'completed'
              AND v.deleted_at IS NULL AND v.ended_at > c.at) AS closed_at,
           c.rep_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('account', a.name, 'rep', {WHO.format("u")},
               'days', floor(extract(epoch FROM c.at - due.at) / 86400)::int,
               'distance', greatest(10, round((sqrt((ad.lat - c.lat) ^ 2
                   + (cos(radians(c.lat)) * (ad.lng - c.lng)) ^ 2) * {_METRES} / 10)::numeric) * 10)::int || ' m') AS args
    FROM field_checkin c
    JOIN field_visit here ON here.id = c.visit_id
    JOIN identity_user u ON u.id = c.rep_id
    JOIN crm_address ad ON ad.org_id = c.org_id AND ad.is_primary AND ad.deleted_at IS NULL AND {_near("c")}
      AND ad.account_id <> here.account_id
    JOIN crm_account a ON a.id = ad.account_id AND a.deleted_at IS NULL AND a.lifecycle <> 'closed'
      AND a.tier = ANY(%(tiers)s)
    JOIN field_callcycle cc ON cc.org_id = a.org_id AND cc.tier = a.tier AND cc.deleted_at IS NULL
    LEFT JOIN LATERAL (
        SELECT v.id AS visit, v.ended_at AS at FROM field_visit v
        WHERE v.account_id = a.id AND v.state = 'completed' AND v.deleted_at IS NULL AND v.ended_at <= c.at
        ORDER BY v.ended_at DESC, v.id DESC LIMIT 1) last ON TRUE
    CROSS JOIN LATERAL (
        SELECT coalesce(last.at, a.created_at) + make_interval(days => cc.interval_days) AS at) due
    {WORKS_IT}
    WHERE c.org_id = %(org)s AND c.deleted_at IS NULL AND c.lat IS NOT NULL
      AND c.at > %(since)s - interval '40 days' AND c.at <= %(until)s {{only}}
      AND works.user_id = c.rep_id AND c.at >= due.at + make_interval(days => %(days_overdue)s)
      AND NOT EXISTS (
        SELECT FROM field_checkin e
        JOIN field_visit there ON there.id = e.visit_id AND there.account_id <> a.id
        WHERE e.rep_id = c.rep_id AND e.org_id = c.org_id AND e.deleted_at IS NULL AND e.lat IS NOT NULL
          AND e.at >= due.at + make_interval(days => %(days_overdue)s)
          AND (e.at < c.at OR (e.at = c.at AND e.id < c.id)) AND {_near("e")})
""",  # noqa: S608
)
