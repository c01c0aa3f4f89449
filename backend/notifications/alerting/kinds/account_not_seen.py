"""An account that nobody visited for too long."""

from datetime import timedelta

from backend.notifications.alerting.kinds.base import BOTH, Kind
from backend.notifications.alerting.kinds.opportunity_stalled import either
from backend.notifications.alerting.parameters import Some, Whole

WORKS_IT = """
    LEFT JOIN LATERAL (
        SELECT ut.user_id FROM territories_accountterritory att
        JOIN territories_userterritory ut ON ut.territory_id = att.territory_id AND ut.deleted_at IS NULL
          AND ut.role = 'primary' AND ut.valid_from <= %(now)s AND (ut.valid_to IS NULL OR ut.valid_to > %(now)s)
        WHERE att.account_id = a.id AND att.deleted_at IS NULL AND att.role = 'primary'
          AND att.valid_from <= %(now)s AND (att.valid_to IS NULL OR att.valid_to > %(now)s)
        ORDER BY ut.valid_from, ut.user_id LIMIT 1) works ON TRUE
"""
"""Whose account it is now: who works its primary territory, and of several who has done so longest."""

KIND = Kind(
    name="account.not_seen",
    category="account",
    subject_entity="account",
    summary="An account of these tiers was not visited for so many days; one never visited counts from when it was made.",
    closes="With the next visit that is completed there.",
    parameters=(Some("tiers", ("A",), ("A", "B", "C")), Whole("days", 30, 1, 730, "days")),
    as_now="An account is judged by the tier it has now, and one that was closed since is left out.",
    words="account.not_seen",
    own=True,
    pace="night",
    keeps=timedelta(days=3),
    hears=BOTH,
    sql=f"""
    WITH wanted AS (
        SELECT a.id, a.name, a.tier, a.created_at FROM crm_account a
        WHERE a.org_id = %(org)s AND a.deleted_at IS NULL AND a.lifecycle <> 'closed' AND a.tier = ANY(%(tiers)s)
    ),
    touched AS (
        SELECT v.account_id FROM field_visit v
        WHERE v.org_id = %(org)s AND v.state = 'completed' AND v.deleted_at IS NULL AND {either("v.ended_at")}
        UNION
        SELECT w.id FROM wanted w WHERE {either("w.created_at")}
    ),
    seen AS (
        SELECT v.account_id, v.ended_at AS at, v.id::text AS fact FROM field_visit v
        WHERE v.account_id IN (SELECT t.account_id FROM touched t) AND v.state = 'completed' AND v.deleted_at IS NULL
          AND v.ended_at <= %(until)s
        UNION ALL
        SELECT w.id, w.created_at, 'never' FROM wanted w
        WHERE w.id IN (SELECT t.account_id FROM touched t) AND NOT EXISTS (
            SELECT FROM field_visit v WHERE v.account_id = w.id AND v.state = 'completed' AND v.deleted_at IS NULL
              AND v.ended_at <= w.created_at)
    ),
    gaps AS (
        SELECT s.*, lead(s.at) OVER (PARTITION BY s.account_id ORDER BY s.at, s.fact) AS next_at FROM seen s
    )
    SELECT a.id AS subject_id, a.id AS root_id, g.fact AS episode, g.at + make_interval(days => %(days)s) AS at,
           g.next_at AS closed_at, works.user_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('account', a.name, 'days', %(days)s::int, 'tier', a.tier) AS args
    FROM gaps g
    JOIN wanted a ON a.id = g.account_id
    {WORKS_IT}
    WHERE g.next_at IS NULL OR g.next_at > g.at + make_interval(days => %(days)s)
""",  # noqa: S608
)
