"""The rows of a small world: Ana's two stores, a visit, a deal in a pipeline of four stages."""

from typing import Any

from mobile_client_stub.clock import new_id
from tests.mobile_client_stub.scripted import ANA, put

ORG = new_id()
STORE, OTHER, FAR = new_id(), new_id(), new_id()
VISIT, DEAL, PIPELINE = new_id(), new_id(), new_id()
STAGES = {name: new_id() for name in ("Lead", "Proposal", "Won", "Lost")}


def account(row_id: str, name: str) -> dict[str, Any]:
    """Returns an account row."""
    return {"id": row_id, "number": None, "name": name, "notes": "", "phone": "", "tier": "A", "version": 1}


def address(account_id: str, lat: float, lng: float) -> dict[str, Any]:
    """Returns the primary address of an account."""
    return {
        "id": new_id(),
        "accountId": account_id,
        "isPrimary": True,
        "lat": lat,
        "lng": lng,
        "street": "Main St",
        "city": "Ames",
    }


def visit(row_id: str, account_id: str, start: str = "2026-05-04T15:00:00+00:00") -> dict[str, Any]:
    """Returns one of Ana's visits, planned."""
    end = start[:11] + "23:59:00+00:00"
    usual = {"startedAt": None, "endedAt": None, "reason": "", "purpose": "", "planId": None, "source": "plan"}
    return {
        "id": row_id,
        "accountId": account_id,
        "repId": ANA["id"],
        "state": "planned",
        "plannedStart": start,
        "plannedEnd": end,
    } | usual


def deal(stage: str = "Lead") -> dict[str, Any]:
    """Returns the deal, in a stage."""
    money = {"amount": "1200.00", "currency": "USD", "openedOn": None, "closeDate": None, "reason": "", "notes": ""}
    return {
        "id": DEAL,
        "accountId": STORE,
        "ownerId": ANA["id"],
        "name": "Cold case",
        "pipelineId": PIPELINE,
        "stageId": STAGES[stage],
    } | money


def everything() -> list[dict[str, Any]]:
    """Returns the puts of a whole first sync, parents first."""
    person = {"id": ANA["id"], "fullName": "Ana", "timezone": "America/Chicago", "startLat": 42.02, "startLng": -93.63}
    categories = {"Won": "won", "Lost": "lost"}
    stages = [
        {
            "id": row_id,
            "pipelineId": PIPELINE,
            "name": name,
            "position": at,
            "probability": 10,
            "category": categories.get(name, "open"),
        }
        for at, (name, row_id) in enumerate(STAGES.items())
    ]
    return [
        put("user", person, ANA["id"]),
        put("pipeline", {"id": PIPELINE, "name": "Sales"}, ORG),
        *(put("stage", stage, ORG) for stage in stages),
        put("account", account(STORE, "Ames Liquor"), STORE),
        put("account", account(OTHER, "Boone Market"), OTHER),
        put("account", account(FAR, "Far Goods"), FAR),
        put("address", address(STORE, 42.0300, -93.6200), STORE),
        put("address", address(OTHER, 42.0597, -93.8802), OTHER),
        put("address", address(FAR, 41.5868, -93.6250), FAR),
        put("opportunity", deal(), STORE),
        put("visit", visit(VISIT, STORE), STORE),
    ]
