"""What a deal was worth when it moved, in SQL: for statements in which `o` is the deal and `m` the move."""

AMOUNT_THEN = """
    LEFT JOIN LATERAL (SELECT h.after AS amount FROM crm_opportunityamount h
        WHERE h.opportunity_id = o.id AND h.changed_at <= m.moved_at ORDER BY h.changed_at DESC, h.id DESC LIMIT 1) past ON TRUE
    LEFT JOIN LATERAL (SELECT h.before AS amount FROM crm_opportunityamount h
        WHERE h.opportunity_id = o.id AND h.changed_at > m.moved_at ORDER BY h.changed_at, h.id LIMIT 1) since ON TRUE
    CROSS JOIN LATERAL (SELECT coalesce(past.amount, since.amount, o.amount) AS amount) worth
"""
"""What the deal was worth at the move: as it was set before, else as it was before it was next set, else as it is."""
