"""What each unsent mutation changes on the screen, before the server has said so."""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from mobile_client_stub.outbox import Entry
from mobile_client_stub.wire import Row


class Screen(Protocol):
    """The rows as shown; `me` is the signed-in person's id."""

    me: str

    def get(self, entity: str, row_id: str) -> Row | None:
        """Returns the row as shown so far."""
        ...

    def put(self, entity: str, row: Row) -> None:
        """Shows this row from now on."""
        ...

    def drop(self, entity: str, row_id: str) -> None:
        """Shows this row no more."""
        ...

    def of_account(self, entity: str, account_id: str) -> list[Row]:
        """Returns the rows of an account as shown so far."""
        ...


Effect = Callable[[Screen, Entry], None]


def _change(screen: Screen, entity: str, row_id: str | None, **values: object) -> None:
    # A row that has left this phone is not brought back by an edit of it.
    row = screen.get(entity, row_id) if row_id else None
    if row is not None:
        screen.put(entity, row | values)


def _patch(entity: str) -> Effect:
    return lambda screen, entry: _change(screen, entity, entry.entity_id, **entry.set)


def _create(entity: str, **defaults: object) -> Effect:
    def effect(screen: Screen, entry: Entry) -> None:
        screen.put(entity, {**defaults, "createdAt": entry.client_time, **entry.args, "id": entry.entity_id})

    return effect


def _create_visit(screen: Screen, entry: Entry) -> None:
    row = {
        "purpose": "",
        **entry.args,
        "id": entry.entity_id,
        "repId": screen.me,
        "state": "planned",
        "source": "manual",
    }
    screen.put("visit", row | {"startedAt": None, "endedAt": None, "reason": "", "planId": None})


def _en_route(screen: Screen, entry: Entry) -> None:
    _change(screen, "visit", entry.entity_id, state="en_route")


def _check_in(screen: Screen, entry: Entry) -> None:
    args = entry.args
    _change(screen, "visit", entry.entity_id, state="in_progress", startedAt=args["at"])
    shown = {name: args.get(name) for name in ("lat", "lng", "accuracyM", "at")}
    judged_later = {"claimedAt": args["at"], "distanceM": None, "verdict": None}
    identity = {"id": args["checkInId"], "visitId": entry.entity_id, "repId": screen.me}
    screen.put("checkIn", identity | shown | judged_later)


def _complete(screen: Screen, entry: Entry) -> None:
    args = entry.args
    _change(screen, "visit", entry.entity_id, state="completed", endedAt=args["at"])
    said = {name: args.get(name) for name in ("outcome", "summary", "answers")}
    identity = {"id": args["reportId"], "visitId": entry.entity_id, "authorId": screen.me}
    screen.put("visitReport", identity | said | {"submittedAt": args["at"]})


def _attach(screen: Screen, entry: Entry) -> None:
    visit = screen.get("visit", str(entry.args["visitId"]))
    shown = {"state": "announced", "reason": "", "width": None, "height": None, "hasThumbnail": False}
    identity = {"id": entry.entity_id, "authorId": screen.me, "accountId": visit["accountId"] if visit else None}
    screen.put("attachment", shown | entry.args | identity | {"createdAt": entry.client_time})


def _unmade(state: str) -> Effect:
    return lambda screen, entry: _change(screen, "visit", entry.entity_id, state=state, reason=entry.args["reason"])


def _move_stage(screen: Screen, entry: Entry) -> None:
    moved = {"stageId": entry.args["stageId"]} | ({"reason": entry.args["reason"]} if entry.args.get("reason") else {})
    _change(screen, "opportunity", entry.entity_id, **moved)


def _activity(screen: Screen, entry: Entry) -> None:
    open_task = entry.args["kind"] == "task"
    ending = {"status": "open", "doneAt": None} if open_task else {"status": "done", "doneAt": entry.client_time}
    defaults = {"accountId": None, "opportunityId": None, "body": "", "dueAt": None, "createdAt": entry.client_time}
    screen.put("activity", defaults | ending | entry.args | {"id": entry.entity_id, "ownerId": screen.me})


def _remove_address(screen: Screen, entry: Entry) -> None:
    row = screen.get("address", str(entry.entity_id))
    if row is None:
        return
    screen.drop("address", row["id"])
    left = screen.of_account("address", row["accountId"])
    if row["isPrimary"] and left:
        # Ids mostly grow with time: this is the oldest then, which is the server's choice too.
        heir = min(left, key=lambda one: str(one["id"]))
        screen.put("address", heir | {"isPrimary": True})


def _own(entity: str, **defaults: object) -> Effect:
    def effect(screen: Screen, entry: Entry) -> None:
        screen.put(entity, {**defaults, **entry.args, "id": entry.entity_id, "ownerId": screen.me})

    return effect


def _order(screen: Screen, entry: Entry) -> None:
    total, currency = Decimal(0), ""
    for position, line in enumerate(entry.args["items"]):
        product = screen.get("product", line["productId"]) or {"sku": "?", "currency": ""}
        total, currency = total + Decimal(line["quantity"]) * Decimal(line["unitPrice"]), product["currency"]
        row = {"orderId": entry.entity_id, "position": position, "sku": product["sku"]}
        judged_later = {"offeredPrice": None, "priceDiffers": False, "withdrawn": False}
        screen.put(
            "orderItem",
            row | {name: line[name] for name in ("id", "productId", "quantity", "unitPrice")} | judged_later,
        )
    said = {
        "accountId": entry.args["accountId"],
        "visitId": entry.args.get("visitId"),
        "note": entry.args.get("note", ""),
    }
    known_later = {"number": None, "receivedAt": None, "settledById": None, "settledAt": None, "reason": ""}
    identity = {"id": entry.entity_id, "authorId": screen.me, "state": "submitted", "placedAt": entry.args["placedAt"]}
    cents = {"total": str(total.quantize(Decimal("0.01"))), "currency": currency}
    screen.put("order", identity | said | known_later | cents)


def _resolve(screen: Screen, entry: Entry) -> None:
    # Work that was made before actions could be named says none.
    action = entry.args.get("action", "discard")
    state = "discarded" if action == "discard" else "resolved"
    _change(screen, "syncIssue", entry.entity_id, state=state, resolution=action)


EFFECTS: dict[str, Effect] = {
    "visit.create": _create_visit,
    "visit.enRoute": _en_route,
    "visit.checkIn": _check_in,
    "visit.complete": _complete,
    "visit.skip": _unmade("skipped"),
    "visit.cancel": _unmade("cancelled"),
    "opportunity.create": _own("opportunity", accountId=None, amount=None, closeDate=None, reason="", notes=""),
    "opportunity.moveStage": _move_stage,
    "opportunity.patch": _patch("opportunity"),
    "account.create": _create(
        "account", number=None, tier="", lifecycle="prospect", kind="business", segment="", phone=""
    ),
    "account.patch": _patch("account"),
    "address.remove": _remove_address,
    "contact.create": _create("contact", email="", phone="", role=""),
    "contact.patch": _patch("contact"),
    "activity.create": _activity,
    "activity.complete": lambda screen, entry: _change(
        screen, "activity", entry.entity_id, status="done", doneAt=entry.args["at"]
    ),
    "attachment.add": _attach,
    "attachment.commit": lambda screen, entry: _change(screen, "attachment", entry.entity_id, state="stored"),
    "order.submit": _order,
    "order.cancel": lambda screen, entry: _change(
        screen, "order", entry.entity_id, state="cancelled", reason=entry.args["reason"]
    ),
    "lead.create": _own("lead", status="new", reason=""),
    "syncIssue.resolve": _resolve,
    "notification.read": lambda screen, entry: _change(
        screen, "notification", entry.entity_id, readAt=entry.client_time
    ),
}


def show(screen: Screen, entry: Entry) -> None:
    """Shows what the mutation will do; one that this program does not know shows nothing."""
    effect = EFFECTS.get(entry.name)
    if effect is not None:
        effect(screen, entry)
