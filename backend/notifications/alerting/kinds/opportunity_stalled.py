"""A deal on which nothing has moved for days."""

from datetime import timedelta

from backend.notifications.alerting.kinds.base import BOTH, DEAL, Kind
from backend.notifications.alerting.parameters import Flag, Whole

_IN_SPAN = "({0} > %(since)s AND {0} <= %(until)s)"
_DUE_IN_SPAN = (
    "({0} > %(since)s - make_interval(days => %(days)s) AND {0} <= %(until)s - make_interval(days => %(days)s))"
)


def either(column: str) -> str:
    """Returns that the column lies in the span, or lay so many days before it."""
    return f"({_IN_SPAN.format(column)} OR {_DUE_IN_SPAN.format(column)})"


KIND = Kind(
    name="opportunity.stalled",
    category="opportunity",
    subject_entity="opportunity",
    summary="An open deal moved to no other stage for so many days (and nothing was done about it, with activities).",
    closes="When it moves, or with activities when something is done about it, or it is deleted.",
    parameters=(Whole("days", 21, 1, 365, "days"), Flag("activities", True)),
    words="opportunity.stalled",
    own=True,
    pace="hour",
    keeps=timedelta(days=3),
    hears=BOTH,
    sql=f"""
    WITH facts AS (
        SELECT h.opportunity_id AS deal, h.moved_at AS at, h.id AS fact FROM crm_stagehistory h
        WHERE h.org_id = %(org)s AND h.deleted_at IS NULL
        UNION ALL
        SELECT v.opportunity_id, v.done_at, v.id FROM crm_activity v
        WHERE %(activities)s AND v.org_id = %(org)s AND v.deleted_at IS NULL AND v.opportunity_id IS NOT NULL
          AND v.done_at IS NOT NULL
    ),
    touched AS (SELECT DISTINCT f.deal FROM facts f WHERE {either("f.at")}),
    steps AS (
        SELECT f.deal, f.at, f.fact, lead(f.at) OVER (PARTITION BY f.deal ORDER BY f.at, f.fact) AS next_at
        FROM facts f WHERE f.deal IN (SELECT t.deal FROM touched t) AND f.at <= %(until)s
    ),
    quiet AS (
        SELECT s.deal, s.fact, s.at AS last_at, s.at + make_interval(days => %(days)s) AS at, s.next_at
        FROM steps s WHERE s.next_at IS NULL OR s.next_at > s.at + make_interval(days => %(days)s)
    )
    SELECT o.id AS subject_id, coalesce(o.account_id, o.owner_id) AS root_id, q.fact::text AS episode, q.at,
           least(q.next_at, o.deleted_at) AS closed_at, o.owner_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('subject', {DEAL}, 'opportunity', o.name, 'stage', stood.name, 'days', %(days)s::int) AS args
    FROM quiet q
    JOIN crm_opportunity o ON o.id = q.deal AND (o.deleted_at IS NULL OR o.deleted_at > q.at)
    CROSS JOIN LATERAL (
        SELECT s.name, s.category FROM crm_stagehistory h JOIN crm_stage s ON s.id = h.to_stage_id
        WHERE h.opportunity_id = q.deal AND h.deleted_at IS NULL AND h.moved_at <= q.last_at
        ORDER BY h.moved_at DESC, h.id DESC LIMIT 1) stood
    LEFT JOIN crm_account a ON a.id = o.account_id
    WHERE stood.category = 'open'
""",  # noqa: S608
)
