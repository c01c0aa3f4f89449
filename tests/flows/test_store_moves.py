"""A store goes to another territory while its rep is offline: Ana loses it, her day's work is not lost, Cy gains it whole."""

from pathlib import Path

import pytest

from backend.field.models import CheckIn, Visit, VisitReport
from backend.sync.models import SyncIssue
from backend.territories.actions import place_account
from mobile_client_stub.device import Device
from tests.config.serving import Serving
from tests.factories.world import PASSWORD, World, acting
from tests.flows.conftest import Phone

ENTITIES = (
    "account",
    "address",
    "contact",
    "opportunity",
    "stageHistory",
    "visit",
    "checkIn",
    "visitReport",
    "activity",
)


def held(device: Device, *entities: str) -> dict[str, list[str]]:
    """What a phone holds of each entity, by name or id."""
    rows = device.store.contents()
    return {
        entity: sorted(row.get("name") or row["id"] for (kind, _), row in rows.items() if kind == entity)
        for entity in entities
    }


@pytest.mark.trap(16)
def test_nothing_of_anas_day_is_lost_and_cy_gains_the_store_whole(
    server: Serving, world: World, phone: Phone, tmp_path: Path
) -> None:
    store = world.account("Ames Liquor", world.north)
    other = world.account("Boone Market", world.north, lat=42.0597, lng=-93.8802)
    kept = world.account("Nevada Wines", world.north, lat=42.0228, lng=-93.4520)
    contact = world.contact(store)
    deal = world.deal(store, name="Cold case")
    visit = world.visit(store)
    ana, ben, cy = phone(world.ana), phone(world.ben), phone(world.cy)
    for device in (ana, ben, cy):
        device.sync()
    assert held(cy, *ENTITIES) == {entity: [] for entity in ENTITIES}

    ana.go_offline()
    for moved in (store, other):
        place_account(actor=acting(world.dee), account=moved, territory=world.south)
    ana.check_in(str(visit.pk), 42.03, -93.62, 8.0)
    ana.report(str(visit.pk), "order", "Two cases.")
    ana.edit_account(str(store.pk), notes="Ask for Joe")
    ana.move_stage(str(deal.pk), "offer")
    ad_hoc = ana.check_in(str(other.pk), 42.0597, -93.8802, 8.0)
    ana.report(ad_hoc["id"], "no order", "Closed early.")
    ana.add_note(str(kept.pk), "Still ours")

    ana.come_back()
    ana.faults.lose_reply_once("SyncPush")
    report = ana.sync()
    assert [(entry.name, answer.status, answer.code) for entry, answer in report.answers] == [
        ("visit.checkIn", "APPLIED", None),
        ("visit.complete", "APPLIED", None),
        ("account.patch", "REJECTED", "OUT_OF_SCOPE"),
        ("opportunity.moveStage", "REJECTED", "OUT_OF_SCOPE"),
        ("visit.create", "APPLIED", None),
        ("visit.checkIn", "APPLIED", None),
        ("visit.complete", "APPLIED", None),
        ("activity.create", "APPLIED", None),
    ]
    assert sorted(report.evicted) == sorted({str(store.pk), str(other.pk)})

    nothing: dict[str, list[str]] = {
        "contact": [],
        "opportunity": [],
        "stageHistory": [],
        "visit": [],
        "checkIn": [],
        "visitReport": [],
    }
    assert held(ana, "account", *nothing) == {"account": ["Nevada Wines"]} | nothing
    assert ana.today() == []
    mine = {issue["entity"]: issue["mine"] for issue in ana.conflicts()}
    assert mine["account"]["set"] == {"notes": "Ask for Joe"}
    assert mine["opportunity"]["args"] == {"stageId": str(world.stages["offer"].pk)}
    assert SyncIssue.objects.filter(org=world.org).count() == 2

    assert Visit.objects.filter(org=world.org, rep=world.ana, state="completed").count() == 2
    assert CheckIn.objects.filter(org=world.org, rep=world.ana, verdict="inside").count() == 2
    summaries = set(VisitReport.objects.filter(org=world.org, author=world.ana).values_list("summary", flat=True))
    assert summaries == {"Two cases.", "Closed early."}

    cy.sync()
    cy_holds = held(cy, *ENTITIES)
    assert cy_holds["account"] == ["Ames Liquor", "Boone Market"]
    assert cy_holds["contact"] == [str(contact.pk)]
    assert cy_holds["opportunity"] == ["Cold case"]
    assert {name: len(cy_holds[name]) for name in ("address", "visit", "checkIn", "visitReport", "stageHistory")} == {
        "address": 2, "visit": 2, "checkIn": 2, "visitReport": 2, "stageHistory": 1,
    }  # fmt: skip
    with Device(server.base, tmp_path / "new-phone-of-cy.sqlite3") as fresh:
        fresh.sign_in(world.cy.username, PASSWORD)
        fresh.sync()
        assert fresh.store.contents() == cy.store.contents()

    ben.sync()
    assert held(ben, "account", "visit") == {"account": ["Nevada Wines"], "visit": []}


def test_a_conflict_is_resolved_on_the_phone_and_leaves_the_list(world: World, phone: Phone) -> None:
    store = world.account("Ames Liquor", world.north)
    deal = world.deal(store)
    ana, ben = phone(world.ana), phone(world.ben)
    ana.sync()
    ben.sync()
    ben.move_stage(str(deal.pk), "offer")
    ben.sync()
    ana.move_stage(str(deal.pk), "lost", "too dear")
    report = ana.sync()
    assert [(answer.status, answer.code) for _, answer in report.answers] == [("CONFLICT", "STAGE_MOVED_MEANWHILE")]
    (shown,) = ana.opportunities()
    assert shown.stage is not None
    assert shown.stage["name"] == "offer"
    (issue,) = ana.conflicts()
    ana.resolve(issue["id"])
    assert ana.conflicts() == []
    assert ana.sync().count("APPLIED") == 1
    assert ana.conflicts() == []


def test_of_two_texts_written_at_once_both_are_shown_and_the_one_she_insists_on_stands(
    world: World, phone: Phone
) -> None:
    store = world.account("Ames Liquor", world.north)
    ana, ben, cy = phone(world.ana), phone(world.ben), phone(world.cy)
    for one in (ana, ben, cy):
        one.sync()
    ben.edit_account(str(store.pk), notes="Gate 3")
    ben.sync()
    ana.edit_account(str(store.pk), notes="Gate 4, ask for Jo", phone="515 555 0101")
    assert [answer.status for _, answer in ana.sync().answers] == ["MERGED"]
    (issue,) = ana.conflicts()
    assert issue["fields"] == [
        {"name": "notes", "policy": "text", "base": "", "mine": "Gate 4, ask for Jo", "theirs": "Gate 3"}
    ]
    ben.sync()
    assert [row["id"] for row in ben.conflicts()] == [issue["id"]]

    ana.resolve(issue["id"], "keepMine")
    assert ana.sync().count("APPLIED") == 1
    ben.sync()
    cy.sync()
    for one in (ana, ben):
        assert one.conflicts() == []
        (row,) = [place.account for place in one.accounts()]
        assert (row["notes"], row["phone"]) == ("Gate 4, ask for Jo", "515 555 0101")
    assert cy.conflicts() == []
    assert cy.accounts() == []
