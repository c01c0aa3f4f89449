"""What a phone sends may name rows as well: a row that is not its person's is answered as one that there is not, and nothing
changes, at every place of every mutation of the wire that takes an id."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model

from backend.attachments.models import Attachment
from backend.crm.models import (
    Account,
    AccountContactRelation,
    Activity,
    Address,
    Lead,
    Opportunity,
    OpportunityLine,
    Product,
    Stage,
)
from backend.field.models import Absence, Visit
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.models import Notification
from backend.orders.models import Order
from backend.sync.models import SyncIssue
from backend.sync.mutators import reach, registry
from tests.schema.leaks.garden import Grown
from tests.schema.leaks.oracle import Oracle
from tests.schema.leaks.test_reads import ask
from tests.schema.leaks.test_writes import tables

ROW = "entityId"
"""The row that a mutation is about, beside its arguments."""

NAMED: dict[str, dict[str, type[Model]]] = {
    "account.create": {}, "account.patch": {ROW: Account}, "address.create": {"accountId": Account},
    "address.patch": {ROW: Address}, "address.remove": {ROW: Address}, "contact.create": {"accountId": Account},
    "contact.patch": {ROW: AccountContactRelation}, "contact.remove": {ROW: AccountContactRelation},
    "attachment.add": {"accountId": Account, "visitId": Visit}, "attachment.commit": {ROW: Attachment},
    "attachment.remove": {ROW: Attachment}, "workingHours.set": {}, "absence.add": {}, "absence.remove": {ROW: Absence},
    "opportunity.create": {"accountId": Account, "stageId": Stage},
    "opportunity.moveStage": {ROW: Opportunity, "stageId": Stage}, "opportunity.patch": {ROW: Opportunity},
    "opportunityLine.add": {"opportunityId": Opportunity, "productId": Product},
    "opportunityLine.patch": {ROW: OpportunityLine}, "opportunityLine.remove": {ROW: OpportunityLine},
    "visit.create": {"accountId": Account}, "visit.patch": {ROW: Visit}, "visit.enRoute": {ROW: Visit},
    "visit.checkIn": {ROW: Visit}, "visit.complete": {ROW: Visit}, "visit.skip": {ROW: Visit}, "visit.cancel": {ROW: Visit},
    "syncIssue.resolve": {ROW: SyncIssue}, "order.submit": {"accountId": Account}, "order.cancel": {ROW: Order},
    "activity.create": {"accountId": Account, "opportunityId": Opportunity}, "activity.patch": {ROW: Activity},
    "activity.complete": {ROW: Activity}, "activity.cancel": {ROW: Activity}, "lead.create": {},
    "notification.read": {ROW: Notification}, "lead.patch": {ROW: Lead}, "lead.move": {ROW: Lead}, "lead.convert": {ROW: Lead},
}  # fmt: skip
"""Which rows each mutation names, and where. A visit that an order names and that is none of the person's is left out of it
(below); what a client makes up names no row yet."""

INSTEAD = {("attachment.add", "visitId"): "accountId"}
"""What is not given beside another."""

Args = Callable[[Callable[[type[Model]], str]], dict[str, Any]]
KEPT = ("sync_", "events_outboxevent")
"""Tables, by how they begin, in which a push is kept, refused or not: its ledger, its issues, their log, and that there is one."""

ARGS: dict[str, Args] = {
    "address.create": lambda own: {"accountId": own(Account), "city": "Ames"},
    "contact.create": lambda own: {"accountId": own(Account), "contactId": str(new_id()), "fullName": "P"},
    "attachment.add": lambda own: {
        "accountId": own(Account), "kind": "photo", "mimeType": "image/jpeg", "size": 1, "sha256": "0" * 64,
    },
    "opportunity.create": lambda own: {"accountId": own(Account), "stageId": own(Stage), "name": "D"},
    "opportunity.moveStage": lambda own: {"stageId": own(Stage)},
    "opportunityLine.add": lambda own: {
        "opportunityId": own(Opportunity), "productId": own(Product), "quantity": "1", "unitPrice": "1",
    },
    "visit.create": lambda own: {"accountId": own(Account), "plannedStart": _now(), "plannedEnd": _now()},
    "visit.checkIn": lambda own: {"checkInId": str(new_id())},
    "visit.complete": lambda own: {"reportId": str(new_id()), "outcome": "order"},
    "order.submit": lambda own: {
        "accountId": own(Account),
        "items": [{"id": str(new_id()), "productId": own(Product), "quantity": "1"}],
    },
    "activity.create": lambda own: {"accountId": own(Account), "kind": "task", "subject": "S"},
    "lead.move": lambda own: {"status": "working"},
    "lead.convert": lambda own: {"accountId": str(new_id())},
}  # fmt: skip
"""What is given beside the id that is tried."""

PUSH = """mutation ($d: UUID!, $m: [SyncMutationInput!]!) { syncPush(deviceId: $d, mutations: $m, protocol: 2) {
  halt results { status code message fields } } }"""


def _now() -> str:
    return clock.now().isoformat()


def _mutation(name: str, own: Callable[[type[Model]], str]) -> dict[str, Any]:
    args = ARGS[name](own) if name in ARGS else {}
    return {"seq": 1, "id": str(new_id()), "name": name, "entityId": str(new_id()), "args": args}


def _attempts(grown: Grown, oracle: Oracle) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yields each place, a mutation with an id of others there, and that id."""

    def own(model: type[Model]) -> str:
        return grown.mine(model, oracle)[0]

    for name, places in NAMED.items():
        for place, model in places.items():
            foreign = grown.beyond(model, oracle)
            assert foreign, f"Plant {model.__name__} that {oracle.viewer.full_name} does not see."
            for one in foreign:
                tried = _mutation(name, own)
                (tried if place == ROW else tried["args"])[place] = one
                tried["args"].pop(INSTEAD.get((name, place)), None)
                yield f"{name}.{place}", tried, one


def _pushed(grown: Grown, oracle: Oracle, mutation: dict[str, Any]) -> dict[str, Any]:
    phone = grown.phones[oracle.viewer.pk]
    data, errors = ask(oracle.viewer, phone, PUSH, {"d": str(phone.pk), "m": [mutation]})
    assert errors == [], (mutation, errors)
    assert data["syncPush"]["halt"] is None, data
    return dict(data["syncPush"]["results"][0])


def test_every_mutation_of_the_wire_is_told_of() -> None:
    assert sorted(NAMED) == registry.names()


def _wrong(grown: Grown, only: str = "") -> str:
    """Returns what was answered otherwise than where there is no such row, or wrote."""
    oracle, wrong, before, of_none = grown.oracles["Ana, a rep"], list[str](), tables(), dict[str, dict[str, Any]]()
    for place, mutation, one in _attempts(grown, oracle):
        if not place.startswith(only):
            continue
        if place not in of_none:
            nobodys = json.loads(json.dumps(mutation).replace(one, str(new_id())))
            with transaction.atomic():
                of_none[place] = _pushed(grown, oracle, nobodys)
                transaction.set_rollback(True)
        with transaction.atomic():
            told = _pushed(grown, oracle, mutation)
            changed = {
                name for name, digest in tables().items() if digest != before[name] and not name.startswith(KEPT)
            }
            transaction.set_rollback(True)
        if changed or told != of_none[place] or not str(told["code"]).endswith("_NOT_FOUND"):
            wrong.append(f"{place}: {told}, changed: {changed}; of a row that is not there: {of_none[place]}")
    return "\n".join(wrong)


def test_a_phone_cannot_name_a_row_of_others(grown: Grown) -> None:
    assert _wrong(grown) == ""


def test_a_mutation_that_reaches_everything_is_noticed(grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "sees", lambda *_: True)
    assert "lead.move.entityId" in _wrong(grown, "lead.")
