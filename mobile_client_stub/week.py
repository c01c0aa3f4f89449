"""A week proposed by the server, which goes on looking for a better one while the person watches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mobile_client_stub import wire
from mobile_client_stub.api import Api
from mobile_client_stub.errors import ProtocolBroken, Refused, Unreachable
from mobile_client_stub.live import open_socket
from mobile_client_stub.patience import Patience
from mobile_client_stub.plan import DayPlan
from mobile_client_stub.wire import Row

LISTEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """The best plan so far; `done`: no better one is looked for any more. `trouble` says why there is none.

    `days` are the working ones; `left_out` are in none of them. `figures`: as of a day, and coverage (0 to 1 of the points
    that are due), overdueLeft."""

    run_id: str
    done: bool
    figures: Row
    days: list[DayPlan]
    left_out: list[Row]
    trouble: str = ""


def propose(api: Api, first_day: date) -> str:
    """Asks for seven days of the signed-in person and returns the id of the run. Raises NotReached and Refused."""
    asked = api.call(wire.PROPOSE_WEEK, {"input": {"firstDay": first_day.isoformat()}})
    return str(asked["proposeWeek"]["run"]["id"])


def stop(api: Api, run_id: str) -> None:
    """Has the server keep the best plan that it found so far."""
    api.call(wire.CANCEL_RUN, {"run": run_id})


def under_way(api: Api) -> list[Row]:
    """Returns the runs that are not done yet, oldest first: id, kind, scope, firstDay, days, state, createdAt, leader."""
    nodes = api.call(wire.PLAN_RUNS, {})["planRuns"]["nodes"]
    return [run for run in reversed(nodes) if run["state"] in ("waiting", "running")]


def follow(api: Api, run_id: str, patience: Patience) -> Iterator[WeekPlan]:
    """Yields the first plan there is, better ones, and last the one that is done. A lost line is opened again.

    Raises NotReached when it stays lost, Refused, SignInNeeded, Revoked."""
    failures = 0
    seen: Row | None = None
    while True:
        least = 0.0
        try:
            for run in _told(api, run_id):
                failures = 0
                found = _read(api, run_id, run, seen)
                if found is not None:
                    seen = found.figures
                    yield found
                if run["finishedAt"] is not None:
                    return
        except (Unreachable, ProtocolBroken):
            failures += 1
            if failures >= patience.tries:
                raise
        except Refused as refused:
            failures += 1
            least = refused.after
            if failures >= patience.tries or not (refused.retry in ("AUTH", "RETRY") or api.learns(refused)):
                raise
            if refused.retry == "AUTH":
                api.renew_after(refused, api.session())
        patience.wait(failures, least)


def _told(api: Api, run_id: str) -> Iterator[Row]:
    session = api.session_for_socket()
    with open_socket(api.server, session.access_token, named=api.named) as socket:
        socket.subscribe("run", wire.RUN_PROGRESS, {"run": run_id})
        while True:
            came = socket.next(LISTEN_SECONDS)
            if came is not None:
                yield came[1]["planRunProgress"]["run"]


def _read(api: Api, run_id: str, run: Row, seen: Row | None) -> WeekPlan | None:
    """Returns the plan as it is now; None where there is nothing new to show."""
    done = run["finishedAt"] is not None
    (part,) = run["parts"]
    if not done and (part["firstPlanAt"] is None or part["figures"] == seen):
        return None
    whole = api.call(wire.RUN_PART, {"part": part["id"]})["planPart"]
    days = [DayPlan.of(plan) for plan in whole["plans"]]
    if not done and any(len(day.stops) != day.figures.get("stops", len(day.stops)) for day in days):
        return None  # a better one took its place while it was read, and is told next
    return WeekPlan(
        run_id=run_id,
        done=done,
        figures=dict(whole["figures"] or {}),
        days=days,
        left_out=list(whole["drops"]),
        trouble="{message} [{code}]".format_map(whole["trouble"]) if whole["trouble"] else "",
    )


def publish(api: Api, run_id: str) -> list[str]:
    """Makes visits of the week and returns their ids; they come with the next pull. Twice makes nothing twice.

    Raises NotReached and Refused (PLAN_STALE: `fields` name day and stop)."""
    (part,) = api.call(wire.PUBLISH_RUN, {"run": run_id})["publishPlanRun"]["parts"]
    if trouble := part["trouble"]:
        raise Refused(trouble["code"], trouble["message"], fields=trouble["fields"])
    return [str(visit["id"]) for visit in part["visits"]]
