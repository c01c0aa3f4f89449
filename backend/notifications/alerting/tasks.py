"""The sweeps: what crosses by the clock alone, and what an event missed, is looked for from time to time."""

from backend.identity.models import Org
from backend.jobs.port import LOW, Schedule, Task
from backend.kit.logs import logger
from backend.notifications.alerting.evaluate import BATCH, evaluate
from backend.notifications.alerting.kinds.base import Pace
from backend.notifications.alerting.kinds.registry import KINDS
from backend.notifications.alerting.standing import Standing, in_force

MOST_ROUNDS = 20
"""How often a rule is asked again in one sweep while each answer is full; the rest waits for the next."""
_log = logger("alerts")


def sweep(pace: Pace) -> int:
    """Evaluates the rules of that pace in all orgs, each in a transaction of its own; returns how many crossings are new.

    A rule that fails does not keep the others: it is told, and tried at the next sweep."""
    kinds = {name for name, kind in KINDS.items() if kind.pace == pace}
    new = 0
    for org_id in Org.objects.order_by("id").values_list("id", flat=True):
        for standing in in_force(org_id, kinds):
            new += _swept(standing)
    return new


def _swept(standing: Standing) -> int:
    new = 0
    try:
        for _ in range(MOST_ROUNDS):
            found = evaluate(standing)
            new += found
            if found < BATCH:
                break
    except Exception:  # noqa: BLE001  (one broken rule must not keep the others; it is told, and tried again)
        _log.error("alert_rule_failed", rule=standing.rule.key, org=str(standing.rule.org_id), exc_info=True)
    return new


def every_minute() -> None:
    """Visits, check-ins, deals, plans, conflicts, territories."""
    sweep("minute")


def every_hour() -> None:
    """What counts in days."""
    sweep("hour")


def every_night() -> None:
    """What looks at every account."""
    sweep("night")


MINUTE = Task("alerts.minute", every_minute)
HOUR = Task("alerts.hour", every_hour, priority=LOW)
NIGHT = Task("alerts.night", every_night, priority=LOW)

TASKS = (MINUTE, HOUR, NIGHT)
SCHEDULES = (Schedule(MINUTE, "* * * * *"), Schedule(HOUR, "7 * * * *"), Schedule(NIGHT, "20 3 * * *"))
