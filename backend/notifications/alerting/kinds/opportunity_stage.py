"""A deal that came into a late stage."""

from uuid import UUID

from backend.events.types import Event, OpportunityStageMoved
from backend.notifications.alerting.kinds.base import ALL_ABOVE, DEAL, MONEY, WHO, Kind, not_more
from backend.notifications.alerting.parameters import Flag, Whole


def moved(event: Event) -> UUID:
    """Returns the deal of the event."""
    assert isinstance(event, OpportunityStageMoved)
    return event.opportunity_id


MOVES = """
    SELECT h.id, h.opportunity_id, h.moved_at, h.moved_by_id, s.name AS stage, s.category, s.probability,
           f.id AS from_id, f.category AS from_category, f.probability AS from_probability,
           lead(h.moved_at) OVER (PARTITION BY h.opportunity_id ORDER BY h.moved_at, h.id) AS left_at
    FROM crm_stagehistory h
    JOIN crm_stage s ON s.id = h.to_stage_id
    LEFT JOIN crm_stage f ON f.id = h.from_stage_id
    WHERE h.deleted_at IS NULL AND h.moved_at <= %(until)s AND h.opportunity_id IN (
        SELECT h.opportunity_id FROM crm_stagehistory h
        WHERE h.org_id = %(org)s AND h.deleted_at IS NULL AND h.moved_at > %(since)s AND h.moved_at <= %(until)s {only})
"""
"""All moves of the deals that moved in the span, each with the instant of the next."""


def _level(category: str, probability: str) -> str:
    """1 beyond the line, 0 below the other, null between them."""
    return (
        f"CASE WHEN {category} = 'won' THEN CASE WHEN %(won)s THEN 1 END "
        f"WHEN {category} = 'lost' OR {probability} < %(falls_below)s THEN 0 "
        f"WHEN {probability} >= %(min_probability)s THEN 1 END"
    )


KIND = Kind(
    name="opportunity.stage",
    category="opportunity",
    subject_entity="opportunity",
    summary="A deal came, forward, into an open stage of at least so many percent, or was won.",
    closes="With each_stage: when it leaves the stage. Else when it falls below the lower line, or is lost.",
    parameters=(
        Whole("min_probability", 60, 1, 100, "percent"),
        Whole("falls_below", 50, 1, 100, "percent"),
        Flag("won", True),
        Flag("each_stage", True),
    ),
    complains=not_more("falls_below", "min_probability"),
    as_now="The amount that is told is the deal's of now, and a stage has the percent it has now.",
    words="opportunity.late",
    money=True,
    pace="minute",
    severity="high",
    hears=ALL_ABOVE,
    events={OpportunityStageMoved: moved},
    only_sql="h.opportunity_id",
    sql=f"""
    WITH moves AS ({MOVES}),
    levels AS (
        SELECT m.*, {_level("m.category", "m.probability")} AS level,
               {_level("m.from_category", "m.from_probability")} AS from_level
        FROM moves m
    ),
    switched AS (
        SELECT l.*, coalesce(lag(l.level) OVER deal, l.from_level) AS before FROM levels l WHERE l.level IS NOT NULL
        WINDOW deal AS (PARTITION BY l.opportunity_id ORDER BY l.moved_at, l.id)
    ),
    zones AS (
        SELECT s.*, lead(s.moved_at) OVER (PARTITION BY s.opportunity_id ORDER BY s.moved_at, s.id) AS over_at
        FROM switched s WHERE s.level IS DISTINCT FROM s.before
    ),
    entered AS (
        SELECT id, opportunity_id, moved_at, moved_by_id, stage, left_at AS over_at FROM moves
        WHERE %(each_stage)s AND (
            (category = 'won' AND %(won)s AND from_category IS DISTINCT FROM 'won')
            OR (category = 'open' AND probability >= %(min_probability)s
                AND (from_id IS NULL OR from_category <> 'open' OR probability > from_probability)))
        UNION ALL
        SELECT id, opportunity_id, moved_at, moved_by_id, stage, over_at FROM zones WHERE NOT %(each_stage)s AND level = 1
    )
    SELECT o.id AS subject_id, coalesce(o.account_id, o.owner_id) AS root_id, e.id::text AS episode, e.moved_at AS at,
           least(e.over_at, o.deleted_at) AS closed_at, o.owner_id AS about, e.moved_by_id AS by, e.id AS change,
           jsonb_build_object('subject', {DEAL}, 'opportunity', o.name, 'stage', e.stage, 'who', {WHO.format("u")},
                              'amount', {MONEY}) AS args
    FROM entered e
    JOIN crm_opportunity o ON o.id = e.opportunity_id AND (o.deleted_at IS NULL OR o.deleted_at > e.moved_at)
    JOIN identity_user u ON u.id = e.moved_by_id
    LEFT JOIN crm_account a ON a.id = o.account_id
""",  # noqa: S608
)
