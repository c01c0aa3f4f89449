"""Territories change, and change back, under phones that sync all the while and reps that work offline."""

import os
import threading
from pathlib import Path

from backend.crm.models import Account
from backend.field.models import Visit, VisitSource
from backend.identity.actor import Actor
from backend.identity.models import Role, User
from backend.kit import clock
from backend.territories.alignment import drafts, edits
from backend.territories.alignment.activating import activate_alignment
from backend.territories.alignment.looking import look
from backend.territories.alignment.undoing import roll_back
from backend.territories.models import Alignment, AlignmentState, Territory, UserTerritory
from mobile_client_stub.device import Device
from tests.config.serving import Serving, until
from tests.factories.world import BEFORE, PASSWORD, World, acting, person
from tests.territories.drafted import lying

REPS = 20 if os.environ.get("SOAK") else 4
STORES = 60 if os.environ.get("SOAK") else 15
"""Of each rep."""


class Phone(threading.Thread):
    """A rep whose phone syncs again and again, and who writes a note offline between two syncs."""

    def __init__(self, server: str, user: User, folder: Path) -> None:
        super().__init__(name=user.username)
        self.user, self.over, self.rounds, self.notes = user, threading.Event(), 0, 0
        self.broken: list[Exception] = []
        self._server, self._folder = server, folder

    def run(self) -> None:
        """Lives until it is told that it is over."""
        try:
            with Device(self._server, self._folder / f"{self.user.username}.sqlite3") as device:
                device.sign_in(self.user.username, PASSWORD)
                while not self.over.is_set():
                    self._round(device)
        except Exception as error:  # noqa: BLE001 - it is told by the test, in its own thread
            self.broken.append(error)

    def _round(self, device: Device) -> None:
        device.sync()
        self.rounds += 1
        if places := device.accounts():
            device.go_offline()
            place = places[self.rounds % len(places)]
            device.add_note(place.account["id"], f"{self.user.username} {self.rounds}")
            self.notes += 1
            device.come_back()
        self.over.wait(0.2)

    def check(self) -> None:
        """The phone holds just what a new one of the same person is given, and nothing is left to send."""
        assert self.broken == []
        with Device(self._server, self._folder / f"{self.user.username}.sqlite3") as device:
            device.sync()
            with Device(self._server, self._folder / f"{self.user.username} fresh.sqlite3") as fresh:
                fresh.sign_in(self.user.username, PASSWORD)
                fresh.sync()
                assert device.store.contents() == fresh.store.contents()
            assert device.unsent() == 0


def crew(world: World) -> list[User]:
    """Makes reps under Ben, each with a territory and its stores, and a visit in a month."""
    reps = []
    for number in range(REPS):
        rep = person(world.org, f"rep{number}-{world.org.slug}", Role.REP, world.ben)
        mine = Territory.objects.create(org=world.org, model=world.model, name=f"T{number}", parent=world.region)
        UserTerritory.objects.create(org=world.org, user=rep, territory=mine, valid_from=clock.now() - BEFORE)
        for store in range(STORES):
            account = world.account(f"Store {number}-{store}", mine)
            visit = world.visit(account, rep, start=clock.now() + BEFORE)
            Visit.objects.filter(pk=visit.pk).update(source=VisitSource.PLAN)
        reps.append(rep)
    return reps


def done(alignment: Alignment) -> bool:
    """Says whether the worker has done all of it."""
    return Alignment.objects.get(pk=alignment.pk).state == AlignmentState.DONE


def test_phones_follow_a_change_of_territories_and_its_rollback(server: Serving, world: World, tmp_path: Path) -> None:
    reps, dee = crew(world), acting(world.dee)
    phones = [Phone(server.base, rep, tmp_path) for rep in reps]
    for phone in phones:
        phone.start()
    try:
        _change_and_back(world, phones, dee)
    finally:
        for phone in phones:
            phone.over.set()
        for phone in phones:
            phone.join(120)
    for phone in phones:
        phone.check()
    assert Visit.objects.filter(org=world.org, state="planned").count() == REPS * STORES


def _change_and_back(world: World, phones: list[Phone], dee: Actor) -> None:
    def rounds(more: int) -> None:
        goals = [phone.rounds + more for phone in phones]
        until(
            lambda: all(phone.rounds >= goal or phone.broken for phone, goal in zip(phones, goals, strict=True)),
            "the phones to sync",
        )
        assert [phone.broken for phone in phones if phone.broken] == []

    rounds(2)
    before = _where(world)
    draft = drafts.begin_alignment(actor=dee, name="Round robin")
    territories = list(Territory.objects.filter(model=world.model, name__startswith="T").order_by("name"))
    places = {}
    for number, territory in enumerate(territories):
        for account in list(Account.objects.filter(territories__territory=territory).order_by("name"))[::2]:
            places[account.pk] = territories[(number + 1) % len(territories)].pk
    draft = drafts.fill_from(actor=dee, alignment=draft, places=places)
    swap = [
        edits.release(territories[0].pk, phones[0].user.pk),
        edits.assign(territories[0].pk, phones[1].user.pk),
        edits.merge(territories[2].pk, [territories[3].pk]),
    ]
    draft = drafts.edit_alignment(actor=dee, alignment=draft, changes=swap)
    draft = look(actor=dee, alignment=draft)
    draft = activate_alignment(actor=dee, alignment=draft, note="because", digest=draft.digest)
    until(lambda: done(draft), "the change")
    draft.refresh_from_db()
    assert (draft.passed, draft.moved) == (0, draft.total)
    assert _where(world) != before
    rounds(3)
    undo = roll_back(actor=dee, alignment=draft, note="no")
    until(lambda: done(undo), "the rollback")
    assert _where(world) == before
    rounds(3)


def _where(world: World) -> dict[str, str]:
    return {account: territory or "" for account, territory in lying(world).items()}
