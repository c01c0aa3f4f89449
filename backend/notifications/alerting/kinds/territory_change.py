"""Accounts that came to a rep from others, or went to others: one alert for each rep and ten minutes, however many there were.

It is told when the ten minutes are over, for only then is it known how many. An account that is new belongs to nobody before,
and is no change; one that changes its territory and not its rep is none either."""

from datetime import timedelta

from backend.notifications.alerting.kinds.base import REP, WHO, Kind
from backend.notifications.alerting.parameters import Whole

_SETTLED = "interval '10 minutes'"

_IN_SPAN = f"({{0}} > %(since)s - {_SETTLED} AND {{0}} <= %(until)s)"
_BEGAN = f"date_bin({_SETTLED}, {{0}}, timestamptz '2000-01-01 00:00:00Z')"


def _held(instant: str) -> str:
    """Whether the rep worked the account's territory just before the instant."""
    return f"""EXISTS (
        SELECT FROM territories_accountterritory att
        JOIN territories_userterritory ut ON ut.territory_id = att.territory_id AND ut.user_id = t.user_id
          AND ut.deleted_at IS NULL AND ut.role = 'primary'
          AND ut.valid_from < {instant} AND (ut.valid_to IS NULL OR ut.valid_to >= {instant})
        WHERE att.account_id = t.account_id AND att.deleted_at IS NULL AND att.role = 'primary'
          AND att.valid_from < {instant} AND (att.valid_to IS NULL OR att.valid_to >= {instant}))"""


def _touched(at: str, changed: str) -> str:
    """Who worked, and which account lay in, the territory when a span of either began or ended."""
    return f"""
        SELECT ut.user_id, att.account_id, {_BEGAN.format(at)} AS began
        FROM territories_accountterritory att
        JOIN territories_userterritory ut ON ut.territory_id = att.territory_id AND ut.deleted_at IS NULL
          AND ut.role = 'primary' AND ut.valid_from <= {at} AND (ut.valid_to IS NULL OR ut.valid_to >= {at})
        WHERE att.deleted_at IS NULL AND att.role = 'primary'
          AND att.valid_from <= {at} AND (att.valid_to IS NULL OR att.valid_to >= {at})
          AND {changed}.org_id = %(org)s AND {_IN_SPAN.format(at)}"""  # noqa: S608


KIND = Kind(
    name="territory.changed",
    category="territory",
    subject_entity="user",
    summary="At least so many accounts came to a rep from others, or went to others.",
    closes="At once: what happens within ten minutes is one alert for each rep.",
    parameters=(Whole("accounts", 1, 1, 100_000, "accounts"),),
    words="territory.changed",
    own=True,
    moment=True,
    pace="minute",
    keeps=timedelta(days=3),
    hears=REP,
    sql=f"""
    WITH touched AS (
        {_touched("att.valid_from", "att")} UNION {_touched("att.valid_to", "att")}
        UNION {_touched("ut.valid_from", "ut")} UNION {_touched("ut.valid_to", "ut")}
    ),
    told AS (
        SELECT t.user_id, t.began, {_held("t.began")} AS before, {_held(f"t.began + {_SETTLED}")} AS after,
               EXISTS (SELECT FROM territories_accountterritory att
                       WHERE att.account_id = t.account_id AND att.deleted_at IS NULL AND att.role = 'primary'
                         AND att.valid_from < t.began) AS known
        FROM touched t
    ),
    counted AS (
        SELECT t.user_id, t.began, count(*) FILTER (WHERE t.after AND NOT t.before AND t.known) AS gained,
               count(*) FILTER (WHERE t.before AND NOT t.after) AS lost
        FROM told t GROUP BY 1, 2
    )
    SELECT c.user_id AS subject_id, c.user_id AS root_id,
           to_char(c.began AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') AS episode, c.began + {_SETTLED} AS at,
           c.began + {_SETTLED} AS closed_at, c.user_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('gained', c.gained, 'lost', c.lost,
               'rep', {WHO.format("u")}) AS args
    FROM counted c
    JOIN identity_user u ON u.id = c.user_id
    WHERE c.gained + c.lost >= %(accounts)s
""",  # noqa: S608
)
