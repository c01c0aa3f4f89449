"""Accounts that came to a rep from others, or went to others: one alert for each rep and ten minutes, however many there were.

It is told when the ten minutes are over, for only then is it known how many. An account that is new belongs to nobody before,
and is no change; one that changes its territory and not its rep is none either."""

from datetime import timedelta

from backend.notifications.alerting.kinds.base import REP, Kind
from backend.notifications.alerting.parameters import Whole

_SETTLED = "interval '10 minutes'"

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
    WITH moved AS (
        SELECT att.account_id, att.territory_id, att.valid_from AS at, 1 AS sign
        FROM territories_accountterritory att
        WHERE att.org_id = %(org)s AND att.deleted_at IS NULL AND att.role = 'primary'
          AND att.valid_from > %(since)s - {_SETTLED} AND att.valid_from <= %(until)s
          AND EXISTS (
            SELECT FROM territories_accountterritory old
            WHERE old.account_id = att.account_id AND old.deleted_at IS NULL AND old.role = 'primary'
              AND old.valid_from < att.valid_from)
        UNION ALL
        SELECT att.account_id, att.territory_id, att.valid_to, -1
        FROM territories_accountterritory att
        WHERE att.org_id = %(org)s AND att.deleted_at IS NULL AND att.role = 'primary'
          AND att.valid_to > %(since)s - {_SETTLED} AND att.valid_to <= %(until)s
    ),
    touched AS (
        SELECT ut.user_id, m.account_id, date_bin({_SETTLED}, m.at, timestamptz '2000-01-01 00:00:00Z') AS began, m.sign
        FROM moved m
        JOIN territories_userterritory ut ON ut.territory_id = m.territory_id AND ut.deleted_at IS NULL
          AND ut.role = 'primary'
          AND CASE WHEN m.sign > 0 THEN ut.valid_from <= m.at AND (ut.valid_to IS NULL OR ut.valid_to > m.at)
                   ELSE ut.valid_from < m.at AND (ut.valid_to IS NULL OR ut.valid_to >= m.at) END
    ),
    netted AS (
        SELECT t.user_id, t.began, t.account_id, sum(t.sign) AS sign FROM touched t GROUP BY 1, 2, 3
    ),
    counted AS (
        SELECT n.user_id, n.began, count(*) FILTER (WHERE n.sign > 0) AS gained, count(*) FILTER (WHERE n.sign < 0) AS lost
        FROM netted n GROUP BY 1, 2
    )
    SELECT c.user_id AS subject_id, c.user_id AS root_id,
           to_char(c.began AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') AS episode, c.began + {_SETTLED} AS at,
           c.began + {_SETTLED} AS closed_at, c.user_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('gained', c.gained, 'lost', c.lost,
               'rep', coalesce(nullif(u.full_name, ''), u.username)) AS args
    FROM counted c
    JOIN identity_user u ON u.id = c.user_id
    WHERE c.gained + c.lost >= %(accounts)s
""",  # noqa: S608
)
