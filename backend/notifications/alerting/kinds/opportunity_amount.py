"""A deal that grew beyond an amount."""

from uuid import UUID

from backend.events.types import Event, OpportunityAmountChanged
from backend.notifications.alerting.kinds.base import ALL_ABOVE, DEAL, WHO, Kind, not_more
from backend.notifications.alerting.parameters import Whole


def changed(event: Event) -> UUID:
    """Returns the deal of the event."""
    assert isinstance(event, OpportunityAmountChanged)
    return event.opportunity_id


def _level(amount: str) -> str:
    return f"CASE WHEN {amount} >= %(amount)s THEN 1 WHEN {amount} IS NULL OR {amount} < %(falls_below)s THEN 0 END"


KIND = Kind(
    name="opportunity.amount",
    category="opportunity",
    subject_entity="opportunity",
    summary="A deal's amount reached a sum, in the deal's own currency.",
    closes="When the amount falls below the lower sum, or the deal is deleted.",
    parameters=(
        Whole("amount", 50_000, 1, 999_999_999_999, "of the deal's currency"),
        Whole("falls_below", 45_000, 1, 999_999_999_999, "of the deal's currency"),
    ),
    complains=not_more("falls_below", "amount"),
    words="opportunity.amount",
    money=True,
    pace="minute",
    hears=ALL_ABOVE,
    events={OpportunityAmountChanged: changed},
    only_sql="h.opportunity_id",
    sql=f"""
    WITH readings AS (
        SELECT h.id, h.opportunity_id, h.changed_at, h.changed_by_id, h.after, {_level("h.after")} AS level,
               {_level("h.before")} AS from_level
        FROM crm_opportunityamount h
        WHERE h.changed_at <= %(until)s AND h.opportunity_id IN (
            SELECT h.opportunity_id FROM crm_opportunityamount h
            WHERE h.org_id = %(org)s AND h.changed_at > %(since)s AND h.changed_at <= %(until)s {{only}})
    ),
    switched AS (
        SELECT r.*, coalesce(lag(r.level) OVER deal, r.from_level) AS before FROM readings r WHERE r.level IS NOT NULL
        WINDOW deal AS (PARTITION BY r.opportunity_id ORDER BY r.changed_at, r.id)
    ),
    zones AS (
        SELECT s.*, lead(s.changed_at) OVER (PARTITION BY s.opportunity_id ORDER BY s.changed_at, s.id) AS over_at
        FROM switched s WHERE s.level IS DISTINCT FROM s.before
    )
    SELECT o.id AS subject_id, coalesce(o.account_id, o.owner_id) AS root_id, z.id::text AS episode, z.changed_at AS at,
           least(z.over_at, o.deleted_at) AS closed_at, o.owner_id AS about, z.changed_by_id AS by, o.id AS change,
           jsonb_build_object('subject', {DEAL}, 'opportunity', o.name, 'who', {WHO.format("u")},
               'amount', to_char(z.after, 'FM999,999,999,999,990') || ' ' || o.currency) AS args
    FROM zones z
    JOIN crm_opportunity o ON o.id = z.opportunity_id AND (o.deleted_at IS NULL OR o.deleted_at > z.changed_at)
    JOIN identity_user u ON u.id = z.changed_by_id
    LEFT JOIN crm_account a ON a.id = o.account_id
    WHERE z.level = 1
""",  # noqa: S608
)
