"""Many people with a phone each, and something that all of them hear of."""

from datetime import timedelta

from backend.identity.models import Device, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.models import PushAddress
from backend.notifications.occurrence import Hearing, Occurrence
from backend.territories.models import Territory, UserTerritory
from tests.notifications.story import Story

BATCH = 5_000
PATCH = 40
"""So many people work one territory."""


def crowd(story: Story, people: int, phones: int = 1) -> list[User]:
    """Writes so many reps, in territories below Ana's, each with so many phones, which are reached at fid-NUMBER."""
    made = User.objects.bulk_create(
        [User(org=story.org, username=f"rep-{n}-{story.org.pk.hex}", full_name=f"Rep {n}") for n in range(people)],
        batch_size=BATCH,
    )
    start = clock.now() - timedelta(days=1)
    patches = Territory.objects.bulk_create(
        [
            Territory(org=story.org, model_id=story.north.model_id, parent=story.north, name=f"North {n}")
            for n in range(0, people, PATCH)
        ]
    )
    UserTerritory.objects.bulk_create(
        [
            UserTerritory(org=story.org, user=one, territory=patches[n // PATCH], valid_from=start)
            for n, one in enumerate(made)
        ],
        batch_size=BATCH,
    )
    devices = Device.objects.bulk_create(
        [
            Device(org=story.org, user=one, install_key=new_id().hex, platform="android")
            for one in made
            for _ in range(phones)
        ],
        batch_size=BATCH,
    )
    PushAddress.objects.bulk_create(
        [
            PushAddress(
                org=story.org, device=device, kind="fid", value=f"fid-{n}-{story.org.pk.hex}", last_seen_at=start
            )
            for n, device in enumerate(devices)
        ],
        batch_size=BATCH,
    )
    return made


def occurrence(story: Story, people: list[User], episode: str = "once") -> Occurrence:
    """Returns one crossing that all of them hear of: of the org, which everybody sees."""
    return Occurrence(
        org_id=story.org.pk,
        rule_id=None,
        rule_version_id=None,
        rule="visit.overdue",
        category="visit",
        severity="high",
        subject_entity="org",
        subject_id=story.org.pk,
        episode=episode,
        root_id=story.org.pk,
        event_id=None,
        occurred_at=clock.now(),
        change_xid=None,
        keeps=timedelta(hours=8),
        escalate_after=None,
        args={"account": "Joe's Deli", "rep": "Ana"},
        heard_by={one.pk: Hearing("visit.overdue", "manager") for one in people},
    )
