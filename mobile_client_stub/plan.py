"""A day proposed by the server: what to visit in which order, and why the rest was left out."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from mobile_client_stub import wire
from mobile_client_stub.api import Api
from mobile_client_stub.wire import Row


@dataclass(frozen=True, slots=True)
class DayPlan:
    """`stops` are in order; `left_out` has the visits that did not fit, each with its reason."""

    id: str
    day: date
    stops: list[Row]
    left_out: list[Row]


def propose(api: Api, rep_id: str, day: date) -> DayPlan:
    """Asks for a plan of the person's day. Raises NotReached and Refused."""
    data = api.call(wire.PROPOSE_DAY, {"input": {"repId": rep_id, "day": day.isoformat()}})
    return _plan(data["proposeDay"]["plan"], day)


def accept(api: Api, plan_id: str) -> None:
    """Accepts a proposed plan: its visits come with the next pull. Raises NotReached and Refused."""
    api.call(wire.ACCEPT_PLAN, {"input": {"planId": plan_id}})


def _plan(plan: dict[str, Any], day: date) -> DayPlan:
    return DayPlan(id=str(plan["id"]), day=day, stops=list(plan["stops"]), left_out=list(plan["leftOut"]))
