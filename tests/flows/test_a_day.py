"""A rep's whole day, over real processes: first sync, a plan, offline work, a lost reply, and who sees what came of it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from backend.crm.models import StageHistory
from backend.field.models import CheckIn, VisitReport
from backend.identity.models import User
from backend.sync.models import SyncOp
from mobile_client_stub.device import Device
from tests.config.serving import Serving, until
from tests.factories.world import PASSWORD, World
from tests.flows.conftest import Phone
from tests.flows.fcm import alerts_for
from tests.flows.watching import Watching


def next_workday(today: date) -> date:
    """The next day on which Ana works: Monday to Friday."""
    return next(day for day in (today + timedelta(days=ahead) for ahead in range(1, 4)) if day.isoweekday() <= 5)


def test_ana_works_offline_and_ben_sees_it_live(
    server: Serving, world: World, phone: Phone, watching: Callable[[Device], Watching], tmp_path: Path
) -> None:
    User.objects.filter(pk=world.ana.pk).update(start_lat=42.0266, start_lng=-93.6465)
    store = world.account("Ames Liquor", world.north, lat=42.0301, lng=-93.6201)
    world.account("Boone Market", world.north, lat=42.0597, lng=-93.8802)
    world.account("Cy's Corner", world.south, lat=41.5868, lng=-93.6250)
    deal = world.deal(store, name="Cold case")

    ana, ben, cy = phone(world.ana), phone(world.ben), phone(world.cy)
    told: list[int] = []
    ana.sync(lambda progress: told.append(progress.done))
    assert told
    assert [place.name for place in ana.accounts()] == ["Ames Liquor", "Boone Market"]
    assert ana.today() == []
    workday = next_workday(ana.local_day())
    plan = ana.propose_day(workday)
    assert sorted(stop["account"]["name"] for stop in plan.stops) == ["Ames Liquor", "Boone Market"]
    ana.accept_plan(plan)
    planned = {stop.place.name: stop.visit for stop in ana.today(workday) if stop.place}
    assert sorted(planned) == ["Ames Liquor", "Boone Market"]
    visit = planned["Ames Liquor"]["id"]
    assert [place.name for place in ana.nearby(42.03, -93.62, 1)] == ["Ames Liquor"]
    # On another phone of his, which pulls nothing: one that has synced the move already is not pushed it.
    pocket = Device(server.base, tmp_path / "pocket.sqlite3")
    pocket.sign_in(world.ben.username, PASSWORD)
    pocket.register_push("fid", f"fid-of-ben-{world.org.slug}")
    pocket.close()
    open_phone = watching(ben)

    ana.go_offline()
    ana.check_in(visit, 42.0301, -93.6201, 8.0)
    ana.report(visit, "order", "Two cases of the cold one.", {"shelf": "full"})
    ana.move_stage(str(deal.pk), "offer")
    assert [entry.name for entry in ana.outbox()] == ["visit.checkIn", "visit.complete", "opportunity.moveStage"]

    ana.come_back()
    ana.faults.lose_reply_once("SyncPush")
    report = ana.sync()
    assert [(answer.status, answer.replayed) for _, answer in report.answers] == [("APPLIED", True)] * 3
    assert (ana.outbox(), ana.conflicts()) == ([], [])

    assert SyncOp.objects.filter(device__user=world.ana).count() == 3
    (check_in,) = CheckIn.objects.filter(org=world.org)
    (written,) = VisitReport.objects.filter(org=world.org)
    _, move = StageHistory.objects.filter(org=world.org).order_by("moved_at")
    assert (check_in.verdict, written.answers, move.to_stage.name) == ("inside", {"shelf": "full"}, "offer")

    seen = open_phone.first("opportunity").data["opportunity"]
    assert (seen["name"], seen["stage"]["name"]) == ("Cold case", "offer")
    until(
        lambda: ben.store.row("visitReport", str(written.pk)) is not None, "the report on Ben's phone, pulled on a poke"
    )
    assert [shown.stage and shown.stage["name"] for shown in ben.opportunities()] == ["offer"]

    until(lambda: alerts_for(server, f"fid-of-ben-{world.org.slug}") != [], "Ben's alert")
    (alert,) = alerts_for(server, f"fid-of-ben-{world.org.slug}")
    assert "Cold case" in alert["title"] + alert["body"]
    assert alert["times_accepted"] == 1
    until(lambda: ben.alerts() != [], "the same alert in the inbox of the phone that pulls")
    assert [UUID(row["id"]).hex for row in ben.alerts()] == [alert["nid"]]

    cy.sync()
    assert [place.name for place in cy.accounts()] == ["Cy's Corner"]
    held = cy.store.contents()
    for entity in ("visit", "checkIn", "visitReport", "opportunity", "stageHistory", "syncIssue", "notification"):
        assert [key for key in held if key[0] == entity] == []
    assert str(store.pk) not in str(held)
    assert str(deal.pk) not in str(held)
