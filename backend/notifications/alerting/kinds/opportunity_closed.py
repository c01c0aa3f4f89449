"""A deal that was won or lost."""

from backend.crm.worth import AMOUNT_THEN
from backend.events.types import OpportunityStageMoved
from backend.notifications.alerting.kinds.base import ALL_ABOVE, DEAL, WHO, Kind
from backend.notifications.alerting.kinds.opportunity_stage import MOVES, moved
from backend.notifications.alerting.parameters import OneOf, Whole

KIND = Kind(
    name="opportunity.closed",
    category="opportunity",
    subject_entity="opportunity",
    summary="A deal was won or lost.",
    closes="When the deal is opened again, or deleted.",
    parameters=(
        OneOf("outcome", "both", ("won", "lost", "both")),
        Whole("min_amount", 0, 0, 999_999_999_999, "of the deal's currency"),
    ),
    words="opportunity.won",
    money=True,
    pace="minute",
    hears=ALL_ABOVE,
    events={OpportunityStageMoved: moved},
    only_sql="h.opportunity_id",
    sql=f"""
    WITH moves AS ({MOVES})
    SELECT o.id AS subject_id, coalesce(o.account_id, o.owner_id) AS root_id, m.id::text AS episode, m.moved_at AS at,
           least(m.left_at, o.deleted_at) AS closed_at, o.owner_id AS about, m.moved_by_id AS by, m.id AS change,
           jsonb_build_object('words', 'opportunity.' || m.category, 'subject', {DEAL}, 'opportunity', o.name,
               'who', {WHO.format("u")},
               'amount', coalesce(to_char(worth.amount, 'FM999,999,999,999,990') || ' ' || o.currency, '')) AS args
    FROM moves m
    JOIN crm_opportunity o ON o.id = m.opportunity_id AND (o.deleted_at IS NULL OR o.deleted_at > m.moved_at)
    JOIN identity_user u ON u.id = m.moved_by_id
    LEFT JOIN crm_account a ON a.id = o.account_id
    {AMOUNT_THEN}
    WHERE m.category IN ('won', 'lost') AND m.category IS DISTINCT FROM m.from_category
      AND (%(outcome)s = 'both' OR m.category = %(outcome)s) AND coalesce(worth.amount, 0) >= %(min_amount)s
""",  # noqa: S608
)
