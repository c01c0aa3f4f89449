"""All kinds of alert there are."""

from backend.kit.errors import Invalid
from backend.notifications.alerting.kinds import (
    account_not_seen,
    arrival,
    check_in_outside,
    conflict,
    lead_assigned,
    leaderboard,
    opportunity_amount,
    opportunity_closed,
    opportunity_stage,
    opportunity_stalled,
    order_trend,
    plan_published,
    quota_reached,
    territory_change,
    visits,
)
from backend.notifications.alerting.kinds.base import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        opportunity_stage.KIND,
        opportunity_amount.KIND,
        opportunity_closed.KIND,
        opportunity_stalled.KIND,
        visits.OVERDUE,
        visits.MISSED,
        account_not_seen.KIND,
        check_in_outside.KIND,
        territory_change.KIND,
        plan_published.KIND,
        conflict.KIND,
        order_trend.KIND,
        arrival.KIND,
        lead_assigned.KIND,
        quota_reached.KIND,
        leaderboard.KIND,
    )
}


def kind_of(name: str) -> Kind:
    """Returns the kind of that name; raises Invalid ALERT_KIND."""
    if name not in KINDS:
        allowed = ", ".join(KINDS)
        raise Invalid("ALERT_KIND", "There is no such kind of alert.", fields={"kind": f"one of {allowed}"})
    return KINDS[name]
