"""Work of a phone that could not be taken over as sent, and waits for a person."""

from datetime import timedelta
from uuid import UUID

from backend.events.types import Event, SyncIssueRaised
from backend.notifications.alerting.kinds.base import REP, WHO, Kind
from backend.notifications.alerting.parameters import Whole


def issue_of(event: Event) -> UUID:
    """Returns the issue of the event."""
    assert isinstance(event, SyncIssueRaised)
    return event.issue_id


KIND = Kind(
    name="sync.conflict",
    category="sync",
    subject_entity="sync_issue",
    summary="A change that somebody made offline needs their decision, for so many minutes already.",
    closes="When it is decided.",
    parameters=(Whole("after_minutes", 0, 0, 10_080, "minutes"),),
    words="sync.conflict",
    own=True,
    pace="minute",
    keeps=timedelta(days=3),
    hears=REP,
    events={SyncIssueRaised: issue_of},
    only_sql="i.id",
    sql=f"""
    SELECT i.id AS subject_id, i.user_id AS root_id, 'open' AS episode,
           i.created_at + make_interval(mins => %(after_minutes)s) AS at, least(i.resolved_at, i.deleted_at) AS closed_at,
           i.user_id AS about, NULL::uuid AS by, i.id AS change,
           jsonb_build_object('rep', {WHO.format("u")}) AS args
    FROM sync_syncissue i
    JOIN identity_user u ON u.id = i.user_id
    WHERE i.org_id = %(org)s {{only}}
      AND coalesce(least(i.resolved_at, i.deleted_at) > i.created_at + make_interval(mins => %(after_minutes)s), TRUE)
""",  # noqa: S608
)
