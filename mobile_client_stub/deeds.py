"""What a rep does, turned into mutations: checked against what the phone knows, and kept in the outbox."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from mobile_client_stub.clock import Clock, iso, new_id
from mobile_client_stub.errors import NotHere, NotNow, SignInNeeded
from mobile_client_stub.files import Files, type_of
from mobile_client_stub.outbox import Entry, Outbox
from mobile_client_stub.store import Store
from mobile_client_stub.view import View
from mobile_client_stub.wire import Row

AD_HOC = timedelta(minutes=30)
NOT_BEGUN = ("planned", "en_route")
ADDRESS = ("verbatim", "street", "city", "region", "postcode", "country", "lat", "lng")


class Deeds:
    """Every method works offline and raises NotHere (no such row on this phone) or NotNow (the rules forbid it)."""

    def __init__(self, store: Store, outbox: Outbox, files: Files, clock: Clock) -> None:
        self._store = store
        self._outbox = outbox
        self._files = files
        self._clock = clock

    @contextmanager
    def screen(self) -> Iterator[View]:
        """What the person sees now; reads inside are of one instant."""
        with self._store.reading():
            yield self._view()

    @contextmanager
    def _acting(self) -> Iterator[View]:
        with self._store.writing():
            yield self._view()

    def _view(self) -> View:
        owner = self._store.recall("owner")
        if owner is None:
            raise SignInNeeded
        return View(self._store, self._outbox.unseen(), str(owner["id"]))

    def now(self) -> datetime:
        """Returns the time as well as the phone can tell: its own clock, set right by what it last saw of the server's."""
        return self._clock().astimezone(UTC) - timedelta(seconds=float(self._store.recall("clock_ahead") or 0.0))

    def check_in(self, visit_or_account: str, lat: float | None, lng: float | None, accuracy_m: float | None) -> Row:
        """Begins a visit and returns it. For an account: the visit planned there today, or a new one."""
        with self._acting() as view:
            for row in view.all("visit"):
                if row["repId"] == view.me and row["state"] == "in_progress":
                    raise NotNow(
                        "ALREADY_IN_PROGRESS", f"You are still at {_name_of(view, row)}; report that visit first."
                    )
            visit = view.get("visit", visit_or_account)
            after: list[str] = []
            if visit is None:
                place = view.need("account", visit_or_account)
                visit = _planned_there(view, place["id"], self.now())
                if visit is None:
                    made = self._create_visit(place)
                    visit, after = {"id": made.entity_id, "state": "planned", "accountId": place["id"]}, [made.id]
            if visit["state"] not in NOT_BEGUN:
                raise NotNow("VISIT_STATE", f"This visit is {visit['state']}; it cannot be begun.")
            args = {"checkInId": new_id(), "lat": lat, "lng": lng, "accuracyM": accuracy_m, "at": iso(self._clock())}
            label = f"check in at {_name_of(view, visit)}"
            self._outbox.add("visit.checkIn", visit["id"], label=label, args=args, after=after)
            return self._view().need("visit", visit["id"])

    def _create_visit(self, account: Row, start: datetime | None = None, purpose: str = "") -> Entry:
        begins = start or self.now()
        args = {"accountId": account["id"], "plannedStart": iso(begins), "plannedEnd": iso(begins + AD_HOC)}
        wanted = args | ({"purpose": purpose} if purpose else {})
        return self._outbox.add("visit.create", new_id(), label=f"visit {account['name']}", args=wanted)

    def plan_visit(self, account_id: str, start: datetime, purpose: str = "") -> Row:
        """Plans a visit of half an hour by hand and returns it."""
        with self._acting() as view:
            made = self._create_visit(view.need("account", account_id), start, purpose)
            return self._view().need("visit", str(made.entity_id))

    def set_out(self, visit_id: str) -> Row:
        """Says that the person is on the way to a visit."""
        with self._acting() as view:
            visit = view.need("visit", visit_id)
            if visit["state"] != "planned":
                raise NotNow("VISIT_STATE", f"This visit is {visit['state']} already.")
            self._outbox.add("visit.enRoute", visit_id, label=f"set out for {_name_of(view, visit)}")
            return self._view().need("visit", visit_id)

    def report(self, visit_id: str, outcome: str, summary: str, answers: Mapping[str, Any]) -> Row:
        """Ends a visit with its report and returns the visit."""
        with self._acting() as view:
            visit = view.need("visit", visit_id)
            if visit["state"] != "in_progress":
                raise NotNow("VISIT_STATE", f"This visit is {visit['state']}; check in before you report.")
            args = {"reportId": new_id(), "outcome": outcome, "summary": summary, "answers": dict(answers)}
            begun = [
                one.id for one in self._outbox.unseen() if one.name == "visit.checkIn" and one.entity_id == visit_id
            ]
            label = f"report on {_name_of(view, visit)}: {outcome}"
            at = {"at": iso(self._clock())}
            self._outbox.add("visit.complete", visit_id, label=label, args=args | at, after=begun)
            return self._view().need("visit", visit_id)

    def attach(self, visit_id: str, path: Path, kind: str) -> Row:
        """Attaches a file to a visit and returns the attachment. The file is copied: it may be deleted afterwards."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise NotHere(f"{path} cannot be read: {error.strerror}.") from error
        mime_type = type_of(data)
        if mime_type is None:
            raise NotNow("TYPE_NOT_ALLOWED", f"{path.name} is no picture and no PDF.")
        with self._acting() as view:
            visit, attachment = view.need("visit", visit_id), new_id()
            args = {
                "visitId": visit_id,
                "kind": kind,
                "mimeType": mime_type,
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "capturedAt": iso(self._clock()),
            }
            self._outbox.add("attachment.add", attachment, label=f"{kind} at {_name_of(view, visit)}", args=args)
            self._files.keep(attachment, data)
            return self._view().need("attachment", attachment)

    def skip(self, visit_id: str, reason: str, *, cancel: bool = False) -> Row:
        """Gives a visit up, for a reason, and returns it."""
        with self._acting() as view:
            visit = view.need("visit", visit_id)
            allowed = (*NOT_BEGUN, "in_progress") if cancel else NOT_BEGUN
            if visit["state"] not in allowed:
                raise NotNow("VISIT_STATE", f"This visit is {visit['state']}; it cannot be given up.")
            if not reason.strip():
                raise NotNow("REASON_REQUIRED", "Say why the visit is not made.")
            verb = "cancel" if cancel else "skip"
            label = f"{verb} {_name_of(view, visit)}: {reason}"
            self._outbox.add(f"visit.{verb}", visit_id, label=label, args={"reason": reason})
            return self._view().need("visit", visit_id)

    def move_stage(self, opportunity_id: str, stage: str, reason: str = "") -> Row:
        """Moves an opportunity to a stage of its pipeline, by id, name or part of it; won and lost need a reason."""
        with self._acting() as view:
            deal = view.need("opportunity", opportunity_id)
            to = _stage(view, deal, stage)
            if to["category"] != "open" and not reason.strip():
                raise NotNow("REASON_REQUIRED", f"Say why it is {to['category']}.")
            args = {"stageId": to["id"]} | ({"reason": reason} if reason else {})
            label = f"move {deal['name']} to {to['name']}"
            base = {"stageId": deal["stageId"]}
            self._outbox.add("opportunity.moveStage", opportunity_id, label=label, base=base, args=args)
            return self._view().need("opportunity", opportunity_id)

    def edit(self, entity: str, row_id: str, changes: Mapping[str, Any]) -> Row:
        """Changes fields of an account, contact or opportunity; what is the same already is not sent."""
        with self._acting() as view:
            row = view.need(entity, row_id)
            if unknown := sorted(set(changes) - set(row)):
                raise NotHere(f"An {entity} has no {', '.join(unknown)} here.")
            changed = {name: value for name, value in changes.items() if row[name] != value}
            if changed:
                label = f"edit {row.get('name') or row.get('fullName')}: {', '.join(changed)}"
                base = {name: row[name] for name in changed}
                self._outbox.add(f"{entity}.patch", row_id, label=label, base=base, changes=changed)
            return self._view().need(entity, row_id)

    def remove_address(self, address_id: str) -> None:
        """Takes an address off its account, unless somebody else changes it first."""
        with self._acting() as view:
            row = view.need("address", address_id)
            base = {name: row[name] for name in ADDRESS if name in row}
            self._outbox.add(
                "address.remove", address_id, label=f"take an address off {_name_of(view, row)}", base=base
            )

    def order(self, account_id: str, lines: Sequence[tuple[str, str, str | None]], note: str) -> Row:
        """Takes an order of (product, quantity, price or None for the catalogue's) and returns it."""
        with self._acting() as view:
            account = view.need("account", account_id)
            items = [_item(view, *line) for line in lines]
            if not items:
                raise NotNow("ORDER_EMPTY", "An order has at least one line.")
            there = [
                row["id"]
                for row in view.of_account("visit", account["id"])
                if row["repId"] == view.me and row["state"] == "in_progress"
            ]
            args = {"accountId": account["id"], "items": items, "note": note, "placedAt": iso(self._clock())}
            order = new_id()
            label = f"order of {account['name']}: {len(items)} lines"
            self._outbox.add("order.submit", order, label=label, args=args | ({"visitId": there[0]} if there else {}))
            return self._view().need("order", order)

    def cancel_order(self, order_id: str, reason: str) -> Row:
        """Calls an order off and returns it."""
        with self._acting() as view:
            order = view.need("order", order_id)
            if order["state"] != "submitted":
                raise NotNow("ORDER_STATE", f"This order is {order['state']} already.")
            if not reason.strip():
                raise NotNow("REASON_REQUIRED", "Say why the order is called off.")
            self._outbox.add("order.cancel", order_id, label=f"call an order off: {reason}", args={"reason": reason})
            return self._view().need("order", order_id)

    def add_note(self, account_id: str, subject: str, body: str) -> Row:
        """Writes a note on an account and returns it."""
        with self._acting() as view:
            account = view.need("account", account_id)
            args = {"accountId": account_id, "kind": "note", "subject": subject, "body": body}
            note = new_id()
            self._outbox.add("activity.create", note, label=f"note on {account['name']}", args=args)
            return self._view().need("activity", note)

    def create_account(self, name: str, phone: str, segment: str) -> Row:
        """Writes a prospect down and returns it."""
        with self._acting():
            account = new_id()
            given = {key: value for key, value in {"phone": phone, "segment": segment}.items() if value}
            self._outbox.add("account.create", account, label=f"new account {name}", args={"name": name} | given)
            return self._view().need("account", account)

    def resolve(self, issue_id: str, action: str) -> Row:
        """Settles what did not go through: `keepMine`, `retry` or `discard`, where the server offers it; returns it."""
        with self._acting() as view:
            issue = view.need("syncIssue", issue_id)
            if issue["state"] == "open":
                if action not in issue.get("actions", ["discard"]):
                    offered = ", ".join(issue["actions"])
                    raise NotNow("NOT_OFFERED", f"Of this one you can: {offered}.")
                label = f"{action} {issue['code']}"
                self._outbox.add("syncIssue.resolve", issue_id, label=label, args={"action": action})
            return self._view().need("syncIssue", issue_id)

    def read_alert(self, alert_id: str) -> Row:
        """Notes that the person has read an alert, once; returns it."""
        with self._acting() as view:
            alert = view.need("notification", alert_id)
            if alert["readAt"] is None:
                self._outbox.add(
                    "notification.read", alert_id, label=f"read {alert.get('title', alert['rule'])}", args={}
                )
            return self._view().need("notification", alert_id)


def _item(view: View, product_id: str, quantity: str, price: str | None) -> Row:
    product = view.need("product", product_id)
    shown = price or product["unitPrice"]
    if shown is None:
        raise NotNow("PRICE_REQUIRED", f"{product['sku']} has no price: write {product['sku']}={quantity}@PRICE.")
    for text in (quantity, shown):
        try:
            if not Decimal(text).is_finite() or Decimal(text) < 0:
                raise InvalidOperation
        except InvalidOperation:
            raise NotNow("NOT_A_NUMBER", f"{text!r} is no number.") from None
    return {"id": new_id(), "productId": product_id, "quantity": quantity, "unitPrice": shown}


def _planned_there(view: View, account_id: str, now: datetime) -> Row | None:
    today = view.local_day(now)
    for stop in view.day(today):
        if stop.visit["accountId"] == account_id and stop.visit["state"] in NOT_BEGUN:
            return stop.visit
    return None


def _stage(view: View, deal: Row, wanted: str) -> Row:
    stages = view.stages(deal["pipelineId"])
    for stage in stages:
        if wanted == stage["id"] or wanted.casefold() == stage["name"].casefold():
            return stage
    part = [stage for stage in stages if wanted.strip() and wanted.strip().casefold() in stage["name"].casefold()]
    if len(part) == 1:
        return part[0]
    names = ", ".join(stage["name"] for stage in part or stages)
    raise NotHere(f"There is no stage {wanted}; there are {names}.")


def _name_of(view: View, visit: Row) -> str:
    account = view.get("account", visit["accountId"])
    return str(account["name"]) if account else "an account that is no longer on this phone"
