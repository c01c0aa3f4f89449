"""The same day on the command line, from a folder that has nothing to do with the project."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backend.crm.models import Account, Opportunity
from backend.field.models import Visit, VisitReport, WorkingHours
from backend.identity.models import User
from backend.kit import clock
from backend.orders.models import Order
from tests.config.serving import Serving
from tests.factories.world import PASSWORD, World
from tests.flows.line import Line

Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path) -> Say:
    """Runs `python -m mobile_client_stub` in an empty folder and returns what it said; fails on another exit code."""
    folder, home = tmp_path / "somewhere", tmp_path / "home"
    folder.mkdir()
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    environment = kept | {"FIELDBEAT_STUB_HOME": str(home), "FIELDBEAT_STUB_PASSWORD": PASSWORD, "COLUMNS": "160"}

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mobile_client_stub", *words],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def test_a_day_from_sign_in_to_the_last_line_of_the_outbox(server: Serving, world: World, say: Say) -> None:
    store = world.account("Ames Liquor", world.north, lat=42.0301, lng=-93.6201)
    world.account("Boone Market", world.north, lat=42.0597, lng=-93.8802)
    deal = world.deal(store, name="Cold case")
    world.visit(store)

    assert "Hello, " in say("sign-in", world.ana.username, "--server", server.base)
    assert "2 account" in say("sync")
    assert "Ames Liquor" in say("today")
    nearby = say("nearby", "42.03,-93.62", "-n", "2").splitlines()
    assert ["Ames Liquor" in nearby[2], "Boone Market" in nearby[3], "21.8 km" in nearby[3]] == [True, True, True]

    say("offline")
    said = say("check-in", "1", "--at", "42.0301,-93.6201", "--accuracy", "8")
    assert "Checked in at Ames Liquor." in said
    assert "1 unsent; this phone is offline" in said
    say("report", "--outcome", "order", "--summary", "Two cases.", "--answer", "shelf=full")
    assert "3 unsent" in say("move", "cold", "offer")
    box = say("outbox")
    for line in ("check in at Ames Liquor", "report on Ames Liquor: order", "move Cold case to offer", "unsent"):
        assert line in box
    assert not VisitReport.objects.filter(org=world.org).exists()

    assert "Sent 3" in say("online")
    assert "Everything is sent." in say("status")
    assert "The outbox is empty" in say("outbox")
    assert VisitReport.objects.get(org=world.org).answers == {"shelf": "full"}
    assert Opportunity.objects.get(pk=deal.pk).stage.name == "offer"
    assert "done" in say("today")


def test_an_order_taken_offline_has_a_number_once_it_is_sent(server: Serving, world: World, say: Say) -> None:
    world.account("Ames Liquor", world.north)
    say("sign-in", world.ana.username, "--server", server.base)
    say("sync")
    say("offline")
    assert "Ames Liquor ordered for 37.00 USD." in say("order", "ames", "P1=2", "p1=1@12", "--note", "Ring twice")
    assert "Order, not sent yet" in say("account", "ames")
    say("online")
    shown = say("account", "ames")
    assert "Order 1 of " in shown
    assert "37.50 USD, submitted" in shown
    assert "you said 12" in shown
    assert "Called off" in say("cancel-order", "ames", "--reason", "Changed their mind")
    assert "cancelled (Changed their mind)" in say("account", "ames")
    assert "no product called 'P9'" in say("order", "ames", "P9=1", code=1)
    assert "write SKU=QTY" in say("order", "ames", "P1", code=1)
    assert Order.objects.get(org=world.org).state == "cancelled"


def small_hours() -> str:
    """Returns the name of a time zone in which it is three in the morning, or a little later."""
    ahead = (3 - clock.now().astimezone(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


def test_a_week_is_planned_while_one_watches_and_the_rest_of_a_day_anew(
    server: Serving, world: World, say: Say
) -> None:
    # Where it is small hours now, so that the day is still ahead whenever this runs; and she works on no other.
    zone = small_hours()
    User.objects.filter(pk=world.ana.pk).update(start_lat=42.03, start_lng=-93.62, timezone=zone)
    WorkingHours.objects.filter(user=world.ana).delete()
    today = clock.now().astimezone(ZoneInfo(zone)).isoweekday()
    WorkingHours.objects.create(user=world.ana, org=world.org, weekday=today, start=time(7), end=time(17))
    long_ago = clock.now() - timedelta(days=60)
    for number in range(3):
        store = world.account(f"Store {number}", world.north, lat=42.03 + 0.01 * number)
        Account.objects.filter(pk=store.pk).update(created_at=long_ago)
    say("sign-in", world.ana.username, "--server", server.base)
    say("sync")
    said = say("plan", "week", "--accept")
    assert "First plan: 3 visits on 1 day" in said
    assert "Accepted: 3 visits are on this phone" in said
    assert say("plan", "cancel") == "No plan is being made.\n"
    assert "Store 0" in say("today")
    assert "You have checked in nowhere today" in say("replan", code=1)
    assert "Not accepted; the same with `--accept` accepts." in say("replan", "--at", "42.05,-93.62")
    say("check-in", "Store 1")
    said = say("replan", "--accept")
    assert "You are at Store 1; that visit stays as it is." in said
    assert "Accepted: 2 visits are on this phone; see `today`." in said
    assert sorted(row for row in Visit.objects.filter(rep=world.ana).values_list("state", flat=True)) == [
        "in_progress",
        "planned",
        "planned",
    ]


def test_without_a_server_work_goes_on_and_one_line_says_so(server: Serving, world: World, say: Say) -> None:
    world.account("Ames Liquor", world.north)
    with Line(server.base) as line:
        say("sign-in", world.ana.username, "--server", line.base)
        say("sync")
        line.cut()
        unreachable = f"Cannot reach {line.base} (no connection)."
        assert "Ames Liquor" in say("accounts")
        said = say("check-in", "ames")
        assert f"Saved on this phone. {unreachable}\n2 unsent; `sync` sends it.\n" in said
        said = say("sync", code=1)
        assert f"{unreachable} Work goes on offline.\n2 unsent" in said
        assert "Traceback" not in said
        for words in (["plan"], ["plan", "week"], ["replan"]):
            assert say(*words, code=1).endswith(f"{unreachable} Planning needs the server.\n")
        line.mend()
        assert "Sent 2" in say("sync")


def test_what_cannot_be_done_is_one_line_and_exit_code_one(server: Serving, world: World, say: Say) -> None:
    assert say("today", code=1) == "Nobody is signed in on this phone: sign in first (sign-in NAME --server URL).\n"
    world.account("Ames Liquor", world.north)
    world.account("Ames Market", world.north)
    say("sign-in", world.ana.username, "--server", server.base)
    say("sync")
    assert say("check-in", "ames", code=1) == "'ames' could be Ames Liquor; Ames Market. Say more of the name.\n"
    assert say("check-in", "nobody", code=1) == "There is no account called 'nobody' on this phone.\n"
    assert say("report", "--outcome", "order", code=1).startswith("You are nowhere at the moment")
    assert say("nearby", "north pole", code=1) == "There is no account called 'north pole' on this phone.\n"
