"""What people's check-ins say about driving: from leaving one customer to arriving at the next, the same day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from backend.kit import clock
from backend.planning.travel.fit import could_be_drives
from backend.planning.travel.great_circle import Profile, lines_m

DAYS_BACK = timedelta(days=180)
"""Roads and habits change: what is older says little about next week."""

MOST_OF_ORG, LEAST_OF_REP = 200_000, 30
MOST_OF_REP = 2_000

# Visits that came from a file, or whose place was doubted, tell when somebody wrote, not when somebody drove. The next
# visit is looked for before these are thrown out: else the way to a doubted place and on would count as one drive.
_GAPS = """
WITH days AS (
    SELECT v.started_at, v.ended_at, v.account_id,
           v.source <> 'import' AND NOT EXISTS (
               SELECT FROM field_checkin c
               WHERE c.visit_id = v.id AND c.deleted_at IS NULL AND (c.late OR c.verdict = 'outside')
           ) AS honest,
           (v.started_at AT TIME ZONE %(zone)s)::date AS day
    FROM field_visit v
    WHERE v.rep_id = %(rep)s AND v.state = 'completed' AND v.deleted_at IS NULL
      AND v.started_at >= %(since)s AND v.started_at < %(until)s AND v.planned_start >= %(since)s - interval '31 days'
),
gaps AS (
    SELECT account_id, ended_at, honest, day, started_at,
           lead(account_id) OVER turn AS next_account, lead(started_at) OVER turn AS next_start,
           lead(honest) OVER turn AS next_honest, lead(day) OVER turn AS next_day
    FROM days WINDOW turn AS (ORDER BY started_at, ended_at)
)
SELECT a.lat, a.lng, b.lat, b.lng, extract(epoch FROM next_start - ended_at)::float8, next_start
FROM gaps
JOIN crm_address a ON a.account_id = gaps.account_id AND a.is_primary AND a.deleted_at IS NULL AND a.lat IS NOT NULL
JOIN crm_address b ON b.account_id = next_account AND b.is_primary AND b.deleted_at IS NULL AND b.lat IS NOT NULL
WHERE honest AND next_honest AND day = next_day AND next_start > ended_at AND ended_at >= gaps.started_at
ORDER BY next_start DESC
LIMIT %(most)s
"""


@dataclass(frozen=True, eq=False)
class Drives:
    """Gaps between visits that could be drives, the oldest first: straight metres and seconds, float64, of one length."""

    metres: NDArray[np.float64]
    seconds: NDArray[np.float64]
    first_day: date
    last_day: date

    def __len__(self) -> int:
        return len(self.metres)


def drives_of(rep_id: UUID, zone: str, most: int = MOST_OF_REP) -> Drives:
    """Returns the rep's newest drives, at most so many; one query."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, {"rep": rep_id, "zone": zone, "since": now - DAYS_BACK, "until": now, "most": most})
        rows: list[tuple[float, float, float, float, float, datetime]] = cursor.fetchall()[::-1]
    figures = np.array([row[:5] for row in rows], dtype=np.float64).reshape(-1, 5)
    metres, seconds = lines_m(*figures[:, :4].T), figures[:, 4]
    good = could_be_drives(metres, seconds, Profile().reach_m)
    days = [row[5].date() for row, kept in zip(rows, good, strict=True) if kept] or [now.date()]
    return Drives(metres[good], seconds[good], days[0], days[-1])


def together(parts: list[Drives]) -> Drives:
    """Returns the drives of several people as one; at least one part."""
    return Drives(
        np.concatenate([part.metres for part in parts]),
        np.concatenate([part.seconds for part in parts]),
        min(part.first_day for part in parts),
        max(part.last_day for part in parts),
    )
