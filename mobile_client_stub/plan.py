"""A day proposed by the server: what to visit in which order, and why the rest was left out."""

from dataclasses import dataclass
from datetime import date

from mobile_client_stub import wire
from mobile_client_stub.api import Api
from mobile_client_stub.wire import Row


@dataclass(frozen=True, slots=True)
class DayPlan:
    """`stops` are in order; `left_out` has the worthiest of those that did not fit, each with reason and detail.

    `figures`: prize, stops, dropped, passedOver, travelSeconds, serviceSeconds, waitSeconds. `replaces`: accepting it moves
    visits that stand in the calendar."""

    id: str
    day: date
    leave_at: str
    back_at: str
    stops: list[Row]
    left_out: list[Row]
    figures: Row
    replaces: bool = False

    @classmethod
    def of(cls, plan: Row, *, replaces: bool = False) -> "DayPlan":
        """Reads a `VisitPlan`."""
        return cls(
            id=str(plan["id"]),
            day=date.fromisoformat(plan["day"]),
            leave_at=str(plan["leaveAt"]),
            back_at=str(plan["backAt"]),
            stops=list(plan["stops"]),
            left_out=list(plan.get("drops") or []),
            figures=dict(plan["figures"] or {}),
            replaces=replaces,
        )


def propose(api: Api, day: date) -> DayPlan:
    """Asks for a plan of the signed-in person's day. Raises NotReached and Refused."""
    return DayPlan.of(api.call(wire.PROPOSE_DAY, {"input": {"day": day.isoformat()}})["proposeDay"]["plan"])


def replan(api: Api, lat: float, lng: float) -> DayPlan:
    """Asks for what is left of today anew, from a point. Raises NotReached and Refused (DAY_OVER, NO_WORKING_HOURS)."""
    plan = api.call(wire.REPLAN_FROM_HERE, {"input": {"lat": lat, "lng": lng}})["replanFromHere"]["plan"]
    return DayPlan.of(plan, replaces=True)


def accept(api: Api, plan: DayPlan) -> list[str]:
    """Accepts a proposed plan and returns the ids of its visits, which come with the next pull.

    Asking again after a lost answer gives the same visits. Raises NotReached and Refused (PLAN_STALE)."""
    accepted = api.call(wire.ACCEPT_PLAN, {"plan": plan.id, "replace": plan.replaces})["acceptPlan"]
    return [str(visit["id"]) for visit in accepted["visits"]]
