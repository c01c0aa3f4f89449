"""A visit that nobody made, from the job that finds it to the phones that show it."""

from datetime import timedelta

from backend.config.wiring import JOBS, WIRING
from backend.events import outbox
from backend.field.models import Visit
from backend.kit import clock
from backend.notifications import dispatch
from backend.notifications.devfcm.server import Running
from backend.notifications.transports.fcm.transport import FcmTransport
from tests.notifications.story import Story


def test_ana_and_ben_see_one_alert_each_however_often_the_job_runs(
    story: Story, fcm: Running, transport: FcmTransport
) -> None:
    for person in (story.ana, story.ben, story.cy, story.dan):
        story.phone(person, f"fid-{person.full_name}")
    start = clock.now() - timedelta(hours=3)
    Visit.objects.create(
        org=story.org, account=story.account, rep=story.ana, planned_start=start, planned_end=start + timedelta(hours=1)
    )
    [job] = [job for job in JOBS if job.name == "overdue_visits"]
    for _ in range(2):
        job.run()
        outbox.drain(WIRING)
        dispatch.drain(transport=transport)
    assert sorted((a["address"], a["title"], a["times_accepted"]) for a in fcm.state.store.alerts()) == [
        ("fid-Ana", "Visit overdue: Joe's Deli", 1),
        ("fid-Ben", "Visit overdue: Joe's Deli", 1),
    ]
