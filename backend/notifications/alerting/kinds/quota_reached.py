"""A person who came so far with what is asked of them over some days."""

from datetime import timedelta
from uuid import UUID

from backend.crm.models import Opportunity
from backend.events.types import Event, OpportunityStageMoved, OrderSubmitted, VisitCompleted
from backend.notifications.alerting.kinds.base import BOTH, WHO, Kind
from backend.notifications.alerting.parameters import Some, Whole
from backend.orders.models import Order
from backend.quotas.facts import ASKED_OF_QUOTAS, FACTS
from backend.quotas.models import Measure

MEASURES: tuple[str, ...] = tuple(Measure.values)


def who_did(event: Event) -> UUID:
    """Returns the person of the event; if it counts for somebody else, the clock finds it."""
    assert isinstance(event, VisitCompleted | OrderSubmitted | OpportunityStageMoved)
    return event.actor_id


def told(number: str) -> str:
    """Returns how a sum is told: whole, with its currency."""
    return f"to_char({number}, 'FM999,999,999,999,990') || CASE q.currency WHEN '' THEN '' ELSE ' ' || q.currency END"


KIND = Kind(
    name="quota.reached",
    category="quota",
    subject_entity="quota",
    summary="A person reached so many percent of a quota.",
    closes="At once: each line of a quota is crossed once, and again only when the quota itself is changed.",
    as_now="A quota is judged by the target it has now, and a deal counts for who owns it now.",
    parameters=(
        Whole("percent", 100, 1, 1_000, "percent of the quota"),
        Some("measures", MEASURES, MEASURES),
    ),
    words="quota.visits",
    own=True,
    moment=True,
    pace="hour",
    keeps=timedelta(days=3),
    hears=BOTH,
    reads=((Opportunity, "amount"), (Order, "total")),
    events={VisitCompleted: who_did, OrderSubmitted: who_did, OpportunityStageMoved: who_did},
    only_sql="q.user_id",
    sql=f"""
    WITH asked AS ({ASKED_OF_QUOTAS}
        WHERE q.org_id = %(org)s AND q.deleted_at IS NULL AND q.measure = ANY(%(measures)s)
          AND q.first_day <= %(until)s::date + 1 AND q.last_day >= %(since)s::date - 50 {{only}}),
    steps AS (
        SELECT f.id, f.at, f.fact, sum(f.worth) OVER (PARTITION BY f.id ORDER BY f.at, f.fact) AS total
        FROM ({FACTS}) f WHERE f.at <= %(until)s
    ),
    crossed AS (
        SELECT DISTINCT ON (q.id) q.id, s.at, s.total FROM steps s
        JOIN quotas_quota q ON q.id = s.id AND s.total * 100 >= q.target * %(percent)s
        ORDER BY q.id, s.at, s.fact
    )
    SELECT q.id AS subject_id, q.user_id AS root_id, %(percent)s::text || '/' || q.target AS episode, c.at,
           c.at AS closed_at, q.user_id AS about, NULL::uuid AS by, NULL::uuid AS change,
           jsonb_build_object('words', 'quota.' || q.measure, 'rep', {WHO.format("u")}, 'percent', %(percent)s::int,
               'reached', {told("c.total")}, 'target', {told("q.target")},
               'first', to_char(q.first_day, 'YYYY-MM-DD'), 'last', to_char(q.last_day, 'YYYY-MM-DD')) AS args
    FROM crossed c
    JOIN quotas_quota q ON q.id = c.id
    JOIN identity_user u ON u.id = q.user_id
""",  # noqa: S608
)
