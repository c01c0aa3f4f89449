"""kill -9 at every arrow of the outbox: the phone shows one alert, the inbox has one row, the delivery is one."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from backend.crm.models import StageHistory
from backend.events import outbox
from backend.events.models import OutboxEvent
from backend.events.types import OpportunityStageMoved
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import dispatch
from backend.notifications.devfcm.server import Running
from backend.notifications.models import Delivery, Notification
from backend.notifications.transports.fcm.transport import FcmTransport
from tests.aftermath import until_the_server_noticed
from tests.notifications.story import WIRING, Story, begin


def move_without_handling(story: Story) -> None:
    """Ana moves the deal; the event waits in the outbox."""
    story.deal.stage = story.late
    story.deal.save()
    history = StageHistory.objects.create(
        org=story.org,
        opportunity=story.deal,
        from_stage=story.early,
        to_stage=story.late,
        moved_by=story.ana,
        moved_at=clock.now(),
    )
    event = OpportunityStageMoved(opportunity_id=story.deal.pk, history_id=history.pk, actor_id=story.ana.pk)
    outbox.append(event, org_id=story.org.pk)


def work_until_killed(base_url: str, where: str) -> None:
    """Runs a worker in a process of its own on this test's database and sees it die."""
    at = connection.settings_dict
    user, password = quote(at["USER"], safe=""), quote(at["PASSWORD"], safe="")
    host = quote(at["HOST"], safe="")
    url = f"postgresql://{user}:{password}@/{at['NAME']}?host={host}&port={at['PORT']}"
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.notifications.doomed_worker", base_url, where],
        cwd=root,
        env={**os.environ, "DATABASE_URL": url, "TEST_DATABASE_URL": url, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    until_the_server_noticed()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("where", "told", "accepted"),
    [("in-handler", 0, 0), ("before-send", 1, 0), ("after-send", 1, 1), ("in-record", 1, 1)],
)
def test_after_a_kill_the_next_worker_finishes_and_nothing_is_lost_or_doubled(
    fcm: Running, transport: FcmTransport, where: str, told: int, accepted: int
) -> None:
    story = begin()
    for person in (story.ben, story.cy):
        story.phone(person, f"fid-{person.full_name}-{new_id().hex}")
    move_without_handling(story)

    work_until_killed(fcm.base_url, where)
    assert Notification.objects.count() == told
    assert len(fcm.state.store.arrivals()) == accepted
    assert OutboxEvent.objects.filter(done_at=None).count() == 1 - told

    outbox.drain(WIRING)
    if told:
        assert dispatch.drain(transport=transport) == 0  # the dead one's lease still stands
    with clock.moved_to(clock.now() + dispatch.LEASE + timedelta(seconds=1)):
        assert dispatch.drain(transport=transport) == 1

    notification = Notification.objects.get()
    assert notification.user == story.ben
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt) == ("sent", 1 + told)
    [shown] = fcm.state.store.alerts()
    assert (shown["nid"], shown["times_accepted"]) == (notification.pk.hex, 1 + accepted)
    assert shown["address"].startswith("fid-Ben")
