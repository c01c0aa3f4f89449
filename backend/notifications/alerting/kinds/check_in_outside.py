"""A check-in far from the account."""

from datetime import timedelta
from uuid import UUID

from backend.events.types import Event, VisitCheckedIn
from backend.notifications.alerting.kinds.base import NEAREST, WHO, Kind
from backend.notifications.alerting.parameters import Flag, Whole


def check_in_of(event: Event) -> UUID:
    """Returns the check-in of the event."""
    assert isinstance(event, VisitCheckedIn)
    return event.check_in_id


KIND = Kind(
    name="check_in.outside",
    category="visit",
    subject_entity="visit",
    summary="A rep checked in outside the fence, at least so far from the account.",
    closes="At once: each such check-in is one alert.",
    parameters=(Whole("metres", 150, 50, 100_000, "metres"), Flag("unsure", False)),
    words="check_in.outside",
    moment=True,
    pace="minute",
    reach=timedelta(days=3),
    hears=NEAREST,
    events={VisitCheckedIn: check_in_of},
    only_sql="c.id",
    sql=f"""
    SELECT v.id AS subject_id, v.account_id AS root_id, c.id::text AS episode, c.at, c.at AS closed_at,
           c.rep_id AS about, NULL::uuid AS by, c.id AS change,
           jsonb_build_object('account', a.name, 'rep', {WHO.format("u")},
               'distance', CASE WHEN c.distance_m < 995 THEN round(c.distance_m / 10) * 10 || ' m'
                                ELSE round((c.distance_m / 1000)::numeric, 1) || ' km' END) AS args
    FROM field_checkin c
    JOIN field_visit v ON v.id = c.visit_id
    JOIN crm_account a ON a.id = v.account_id AND a.deleted_at IS NULL
    JOIN identity_user u ON u.id = c.rep_id
    WHERE c.org_id = %(org)s AND c.deleted_at IS NULL AND c.at > %(since)s AND c.at <= %(until)s {{only}}
      AND c.distance_m >= %(metres)s AND (c.verdict = 'outside' OR (%(unsure)s AND c.verdict = 'unsure'))
""",  # noqa: S608
)
