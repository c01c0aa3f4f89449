"""A device has one live address, an address one device, and nobody registers for another."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta

import pytest
import typer
from django.db import connection
from rich.console import Console
from typer.testing import CliRunner

from backend.config import alert_commands
from backend.identity.models import Device
from backend.kit import clock
from backend.kit.errors import Invalid, NotFound
from backend.kit.ids import new_id
from backend.notifications import actions
from backend.notifications.delivery import keeping
from backend.notifications.delivery.figures import figures
from backend.notifications.models import DeviceAck, Notification, PushAddress
from backend.sync.models import Stream
from tests.notifications.story import Story, actor, begin


def live() -> dict[str, str]:
    rows = PushAddress.objects.filter(retired_at=None).select_related("device__user")
    return {row.value: row.device.user.full_name for row in rows}


def test_registering_twice_keeps_one_row_and_moves_its_last_sight(story: Story) -> None:
    first = story.phone(story.ana, "fid-ana")
    device = Device.objects.get(user=story.ana)
    again = actions.register_address(actor=actor(story.ana), device=device, kind="fid", value="fid-ana")
    assert again.pk == first.pk
    assert again.last_seen_at > first.last_seen_at
    assert PushAddress.objects.count() == 1


def test_a_newer_address_replaces_the_devices_older_one(story: Story) -> None:
    story.phone(story.ana, "token-ana", kind="fcm_token")
    device = Device.objects.get(user=story.ana)
    actions.register_address(actor=actor(story.ana), device=device, kind="fid", value="fid-ana")
    assert live() == {"fid-ana": "Ana"}
    assert PushAddress.objects.get(value="token-ana").retired_why == "replaced by a newer address"


def test_the_address_follows_its_phone_to_who_signs_in_next(story: Story) -> None:
    story.phone(story.ana, "fid-shared")
    story.phone(story.cy, "fid-shared")
    assert live() == {"fid-shared": "Cy"}


def test_a_retired_address_that_registers_again_lives_again(story: Story) -> None:
    address = story.phone(story.ana, "fid-ana")
    PushAddress.objects.filter(pk=address.pk).update(retired_at=clock.now(), retired_why="gone")
    actions.register_address(actor=actor(story.ana), device=address.device, kind="fid", value="fid-ana")
    assert live() == {"fid-ana": "Ana"}


def test_a_phone_without_a_sign_for_270_days_is_written_to_no_more_until_it_registers_again(story: Story) -> None:
    """Ana's phone lies in a drawer; her tablet syncs, her watch says what arrived, and her browser's service speaks for it."""
    drawer, tablet, watch = (story.phone(story.ana, f"fid-{name}") for name in ("drawer", "tablet", "watch"))
    browser = story.phone(story.ana, "fid-browser")
    PushAddress.objects.filter(pk=browser.pk).update(kind="webpush")
    start = drawer.last_seen_at
    story.overdue(new_id())
    Stream.objects.create(device=tablet.device, name="main", last_pull_at=start + timedelta(days=100))
    told = Notification.objects.get(user=story.ana)
    DeviceAck.objects.create(notification=told, device=watch.device, delivered_at=start + timedelta(days=2))
    with clock.moved_to(start + keeping.UNSEEN):
        assert keeping.retire_unseen() == 0
    with clock.moved_to(start + keeping.UNSEEN + timedelta(hours=1)):
        assert keeping.retire_unseen() == 1
        assert PushAddress.objects.get(pk=drawer.pk).retired_why == "not heard of for 270 days"
        push, browsers, _ = figures()
        assert (push.pruned, push.unseen, browsers.pruned) == (1, 1, 0)
        assert {"oldest due", "suppressed", "1 (1 unseen)"} <= {cell.strip() for cell in status().split("│")}
        actions.register_address(actor=actor(story.ana), device=drawer.device, kind="fid", value="fid-drawer")
        assert keeping.retire_unseen() == 0
        assert len(live()) == 4


def status() -> str:
    """Returns what `fieldbeat alerts status` prints."""
    app, printed = typer.Typer(), io.StringIO()
    alert_commands.add_to(app, nullcontext, Console(file=printed, width=80))
    assert CliRunner().invoke(app, ["alerts", "status"]).exit_code == 0
    return printed.getvalue()


def test_cy_cannot_register_for_anas_phone(story: Story) -> None:
    device = story.phone(story.ana, "fid-ana").device
    with pytest.raises(NotFound) as refused:
        actions.register_address(actor=actor(story.cy), device=device, kind="fid", value="fid-cy")
    assert refused.value.code == "DEVICE_NOT_FOUND"
    assert live() == {"fid-ana": "Ana"}


def test_a_revoked_phone_cannot_register(story: Story) -> None:
    device = story.phone(story.ana, "fid-ana").device
    device.revoked_at = clock.now()
    device.save()
    with pytest.raises(NotFound):
        actions.register_address(actor=actor(story.ana), device=device, kind="fid", value="fid-new")
    assert live() == {"fid-ana": "Ana"}


def test_a_malformed_address_changes_nothing(story: Story) -> None:
    device = story.phone(story.ana, "fid-ana").device
    with pytest.raises(Invalid):
        actions.register_address(actor=actor(story.ana), device=device, kind="fid", value="not one")
    assert live() == {"fid-ana": "Ana"}


@pytest.mark.django_db(transaction=True)
def test_two_phones_that_swap_addresses_at_once_both_end_with_one() -> None:
    story = begin()
    names = [f"fid-{new_id().hex}", f"fid-{new_id().hex}"]
    devices = [story.phone(story.ana, names[0]).device, story.phone(story.cy, names[1]).device]
    people = [story.ana, story.cy]
    together = threading.Barrier(2)

    def swap(n: int) -> None:
        try:
            together.wait()
            for turn in range(60):
                actions.register_address(
                    actor=actor(people[n]), device=devices[n], kind="fid", value=names[(n + turn) % 2]
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(swap, n) for n in (0, 1)]:
            ended.result()
    assert PushAddress.objects.count() == 2
    per_device = PushAddress.objects.filter(retired_at=None).values_list("device_id", flat=True)
    assert len(per_device) == len(set(per_device))
