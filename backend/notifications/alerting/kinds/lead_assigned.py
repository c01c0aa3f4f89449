"""A lead that somebody gave to a person."""

from uuid import UUID

from backend.crm.models import Lead
from backend.events.types import Event, LeadAssigned
from backend.kit.field_rules import WHOLE
from backend.notifications.alerting.kinds.base import REP, WHO, Kind


def lead_of(event: Event) -> UUID:
    """Returns the lead of the event."""
    assert isinstance(event, LeadAssigned)
    return event.lead_id


KIND = Kind(
    name="lead.assigned",
    category="lead",
    subject_entity="lead",
    summary="Somebody else gave a lead to a person.",
    closes="When the lead is moved, converted, given to somebody else, or deleted.",
    parameters=(),
    words="lead.assigned",
    own=True,
    pace="minute",
    severity="high",
    hears=REP,
    reads=((Lead, WHOLE),),
    events={LeadAssigned: lead_of},
    only_sql="h.lead_id",
    sql=f"""
    WITH given AS (
        SELECT h.*, lead(h.assigned_at) OVER (PARTITION BY h.lead_id ORDER BY h.assigned_at, h.id) AS next_at
        FROM crm_leadassignment h
        WHERE h.assigned_at <= %(until)s AND h.lead_id IN (
            SELECT h.lead_id FROM crm_leadassignment h
            WHERE h.org_id = %(org)s AND h.assigned_at > %(since)s - interval '50 days' AND h.assigned_at <= %(until)s {{only}})
    )
    SELECT l.id AS subject_id, g.after_id AS root_id, g.id::text AS episode, g.assigned_at AS at,
           least(g.next_at, g.taken_up_at, l.deleted_at) AS closed_at, g.after_id AS about, g.assigned_by_id AS by,
           l.id AS change,
           jsonb_build_object('lead', l.company, 'who', {WHO.format("w")}, 'rep', {WHO.format("u")}) AS args
    FROM given g
    JOIN crm_lead l ON l.id = g.lead_id AND (l.deleted_at IS NULL OR l.deleted_at > g.assigned_at)
    JOIN identity_user u ON u.id = g.after_id
    JOIN identity_user w ON w.id = g.assigned_by_id
    WHERE g.assigned_by_id <> g.after_id
""",  # noqa: S608
)
