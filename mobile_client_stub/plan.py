"""A day proposed by the server: what to visit in which order, and why the rest was left out."""

from dataclasses import dataclass
from datetime import date

from mobile_client_stub import wire
from mobile_client_stub.api import Api
from mobile_client_stub.wire import Row


@dataclass(frozen=True, slots=True)
class DayPlan:
    """`stops` are in order; `left_out` has the worthiest of those that did not fit, each with reason and detail.

    `figures`: prize, stops, dropped, passedOver, travelSeconds, serviceSeconds, waitSeconds."""

    id: str
    day: date
    leave_at: str
    back_at: str
    stops: list[Row]
    left_out: list[Row]
    figures: Row


def propose(api: Api, day: date) -> DayPlan:
    """Asks for a plan of the signed-in person's day. Raises NotReached and Refused."""
    plan = api.call(wire.PROPOSE_DAY, {"input": {"day": day.isoformat()}})["proposeDay"]["plan"]
    return DayPlan(
        id=str(plan["id"]),
        day=day,
        leave_at=str(plan["leaveAt"]),
        back_at=str(plan["backAt"]),
        stops=list(plan["stops"]),
        left_out=list(plan["drops"]),
        figures=dict(plan["figures"]),
    )


def accept(api: Api, plan_id: str) -> list[str]:
    """Accepts a proposed plan and returns the ids of its visits, which come with the next pull.

    Asking again after a lost answer gives the same visits. Raises NotReached and Refused (PLAN_STALE)."""
    accepted = api.call(wire.ACCEPT_PLAN, {"plan": plan_id})["acceptPlan"]
    return [str(visit["id"]) for visit in accepted["visits"]]
