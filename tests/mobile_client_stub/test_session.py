"""Signing in, tokens that run out, devices cut off, phones handed on."""

import pytest

from mobile_client_stub.api import Api
from mobile_client_stub.device import Device
from mobile_client_stub.errors import Refused, Revoked, SignInNeeded, Unreachable, UnsentWork
from tests.mobile_client_stub.conftest import IMPATIENT, SERVER, Phone
from tests.mobile_client_stub.scripted import Scripted, error, page
from tests.mobile_client_stub.world import STORE, everything


def test_an_expired_access_token_is_renewed_without_a_word(server: Scripted, ana: Device) -> None:
    server.expire()
    ana.sync()
    assert server.names()[-3:] == ["SyncPull", "RefreshSession", "SyncPull"]


def test_a_lost_renewal_is_asked_again_with_the_same_token(server: Scripted, ana: Device) -> None:
    server.expire()
    ana.faults.lose_reply_once("RefreshSession")
    ana.sync()
    tokens = [variables["token"] for name, variables in server.calls if name == "RefreshSession"]
    assert tokens[0] == tokens[1]
    server.expire()
    ana.sync()
    again = [variables["token"] for name, variables in server.calls if name == "RefreshSession"][-1]
    assert again != tokens[0]


def test_a_renewal_that_never_comes_leaves_the_session_to_try_again_with(server: Scripted, ana: Device) -> None:
    server.expire()
    for _ in range(9):
        ana.faults.lose_reply_once("RefreshSession")
    with pytest.raises(Unreachable):
        ana.sync()
    ana.sync()
    assert server.names()[-1] == "SyncPull"
    assert len({variables["token"] for name, variables in server.calls if name == "RefreshSession"}) == 1


def test_another_process_of_the_phone_that_was_quicker_is_believed(server: Scripted, phone: Phone, ana: Device) -> None:
    assert ana.who is not None
    used = ana.who
    server.expire()
    phone().sync()
    api = Api(SERVER, ana.store, patience=IMPATIENT, transport=server.network())
    assert api.renew(used) == ana.who != used
    assert server.names().count("RefreshSession") == 1


def test_a_refresh_token_taken_for_stolen_ends_the_session_and_keeps_the_work(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "hello")
    server.expire()
    server.answers["RefreshSession"] = [error("REFRESH_REUSED", "AUTH")]
    with pytest.raises(SignInNeeded, match="REFRESH_REUSED"):
        ana.sync()
    assert (ana.who, ana.unsent(), len(ana.accounts())) == (None, 1, 3)
    ana.sign_in("ana", "secret")
    assert ana.sync().count("APPLIED") == 1
    assert len(server.devices) == 1


def test_a_revoked_device_wipes_its_rows_and_only_shows_what_was_not_sent(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "never sent")
    server.answers["SyncPush"] = [error("DEVICE_REVOKED", "AUTH")]
    with pytest.raises(Revoked):
        ana.sync()
    assert (ana.store.sizes(), ana.who, ana.unsent()) == ({}, None, 0)
    assert [(entry.state, entry.args["subject"]) for entry in ana.outbox()] == [("stranded", "never sent")]


def test_after_a_revocation_the_next_sign_in_is_a_new_device_that_sends_nothing_old(
    server: Scripted, ana: Device
) -> None:
    ana.add_note(STORE, "never sent")
    server.answers["SyncPush"] = [error("DEVICE_REVOKED", "AUTH")]
    with pytest.raises(Revoked):
        ana.sync()
    server.pages[None] = [page(*everything(), cursor="c1")]
    ana.sign_in("ana", "secret")
    ana.sync()
    ana.add_note(STORE, "new")
    report = ana.sync()
    assert [(entry.seq, entry.args["subject"]) for entry, _ in report.answers] == [(1, "new")]
    assert len(server.devices) == 2


def test_a_revocation_found_out_while_renewing_wipes_too(server: Scripted, ana: Device) -> None:
    server.expire()
    server.answers["RefreshSession"] = [error("DEVICE_REVOKED", "AUTH")]
    with pytest.raises(Revoked):
        ana.sync()
    assert ana.store.sizes() == {}


def test_nobody_signs_in_over_anothers_unsent_work(ana: Device) -> None:
    ana.add_note(STORE, "hello")
    with pytest.raises(UnsentWork, match="Ana has 1 unsent"):
        ana.sign_in("ben", "secret")


def test_a_phone_handed_on_holds_nothing_of_the_person_before(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "hello")
    ana.sync()
    ana.sign_in("ben", "secret")
    assert (ana.store.sizes(), ana.outbox(), ana.store.position().cursor) == ({}, [], None)
    ana.sign_in("ana", "secret")
    assert len(server.devices) == 3


def test_what_a_revoked_phone_could_not_send_is_not_shown_to_the_next_person(server: Scripted, ana: Device) -> None:
    ana.add_note(STORE, "never sent")
    server.answers["SyncPush"] = [error("DEVICE_REVOKED", "AUTH")]
    with pytest.raises(Revoked):
        ana.sync()
    ana.sign_in("ben", "secret")
    assert ana.outbox() == []


def test_a_lost_sign_in_reply_does_not_make_a_second_device(server: Scripted, phone: Phone) -> None:
    ana = phone()
    ana.faults.lose_reply_once("SignIn")
    with pytest.raises(Unreachable):
        ana.sign_in("ana", "secret")
    ana.sign_in("ana", "secret")
    assert len(server.devices) == 1


def test_a_wrong_password_says_so(server: Scripted, phone: Phone) -> None:
    server.answers["SignIn"] = [error("BAD_CREDENTIALS", "AUTH")]
    with pytest.raises(Refused) as refused:
        phone().sign_in("ana", "wrong")
    assert (refused.value.code, refused.value.retry) == ("BAD_CREDENTIALS", "AUTH")


def test_without_a_sign_in_there_is_nothing_to_show(phone: Phone) -> None:
    with pytest.raises(SignInNeeded):
        phone().today()
    with pytest.raises(SignInNeeded):
        phone().sync()


def test_a_client_that_is_too_old_is_told_to_upgrade(server: Scripted, ana: Device) -> None:
    server.answers["SyncPull"] = [error("PROTOCOL_UNSUPPORTED", "UPGRADE")]
    with pytest.raises(Refused) as refused:
        ana.sync()
    assert refused.value.retry == "UPGRADE"
