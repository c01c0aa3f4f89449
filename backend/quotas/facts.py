"""What people did that counts, in SQL: one row for each step up or down, with the instant from which it counts.

Asked of `asked` (id, user_id, measure, currency, begins, ends): whose, in which span. A visit counts when it is completed; an
order when it came here, if it was taken in the span, and no more when it is cancelled; a deal when it is won, at what it was
worth then, by who owns it, and no more when it is opened again or deleted. Money of another currency does not count. What an
account moved to somebody else was sold for stays with who sold it."""

from backend.crm.worth import AMOUNT_THEN

FACTS = f"""
    SELECT a.id, a.user_id, v.ended_at AS at, 1::numeric AS worth, v.id::text AS fact
    FROM asked a
    JOIN field_visit v ON v.rep_id = a.user_id AND v.state = 'completed' AND v.deleted_at IS NULL
      AND v.ended_at >= a.begins AND v.ended_at < a.ends
    WHERE a.measure = 'visits'
    UNION ALL
    SELECT a.id, a.user_id, step.at, step.worth, step.fact
    FROM asked a
    JOIN orders_order o ON o.author_id = a.user_id AND o.currency = a.currency AND o.deleted_at IS NULL
      AND o.placed_at >= a.begins AND o.placed_at < a.ends
    CROSS JOIN LATERAL (
        SELECT o.received_at AS at, o.total AS worth, o.id::text AS fact
        UNION ALL SELECT o.settled_at, -o.total, o.id::text || '-' WHERE o.state = 'cancelled') step
    WHERE a.measure = 'ordered'
    UNION ALL
    SELECT a.id, a.user_id, step.at, step.worth, step.fact
    FROM asked a
    JOIN crm_opportunity o ON o.owner_id = a.user_id AND o.currency = a.currency
    JOIN LATERAL (
        SELECT h.id, h.moved_at, s.category, f.category AS from_category,
               lead(h.moved_at) OVER (ORDER BY h.moved_at, h.id) AS left_at
        FROM crm_stagehistory h
        JOIN crm_stage s ON s.id = h.to_stage_id
        LEFT JOIN crm_stage f ON f.id = h.from_stage_id
        WHERE h.opportunity_id = o.id AND h.deleted_at IS NULL) m ON m.category = 'won'
      AND m.from_category IS DISTINCT FROM 'won' AND m.moved_at >= a.begins AND m.moved_at < a.ends
    {AMOUNT_THEN}
    CROSS JOIN LATERAL (
        SELECT m.moved_at AS at, coalesce(worth.amount, 0) AS worth, m.id::text AS fact
        UNION ALL
        SELECT least(m.left_at, o.deleted_at), -coalesce(worth.amount, 0), m.id::text || '-'
        WHERE least(m.left_at, o.deleted_at) IS NOT NULL) step
    WHERE a.measure = 'won' AND (o.deleted_at IS NULL OR o.deleted_at > m.moved_at)
"""  # noqa: S608

ASKED_OF_QUOTAS = """
    SELECT q.id, q.user_id, q.measure, q.currency, q.first_day::timestamp AT TIME ZONE u.timezone AS begins,
           (q.last_day + 1)::timestamp AT TIME ZONE u.timezone AS ends
    FROM quotas_quota q JOIN identity_user u ON u.id = q.user_id
"""
