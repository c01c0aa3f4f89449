"""Guessing passwords: a few slips are forgiven, a machine that guesses is sent away for a while."""

from datetime import timedelta

import pytest

from backend.identity import actions, attempts
from backend.identity.models import SignInAttempts
from backend.kit import clock
from backend.kit.errors import Busy, Unauthenticated
from backend.kit.ids import new_id
from tests.factories.world import PASSWORD, World

HERE, THERE = "192.0.2.7", "198.51.100.9"


def sign_in(password: str, *, username: str = "ana", address: str = HERE) -> None:
    """Tries a password from an address."""
    actions.sign_in(
        username=username, password=password, install_key=new_id().hex, name="", platform="", address=address
    )


def guess(times: int, *, username: str = "ana", address: str = HERE) -> None:
    """Guesses wrongly so many times."""
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            sign_in("wrong", username=username, address=address)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compares passwords as they are: hashing is slow on purpose, and not what is told here."""
    monkeypatch.setattr(actions, "check_password", lambda given, _: given == PASSWORD)


pytestmark = pytest.mark.usefixtures("quick")


def test_after_ten_wrong_passwords_even_the_right_one_must_wait(field: World) -> None:
    guess(attempts.OF_NAME)
    with pytest.raises(Busy) as refused:
        sign_in(PASSWORD)
    assert refused.value.code == "RATE_LIMITED"
    with pytest.raises(Busy):
        sign_in(PASSWORD, username="ANA")


def test_who_waits_gets_in_again(field: World) -> None:
    guess(attempts.OF_NAME)
    with clock.moved_to(clock.now() + attempts.SPAN + timedelta(seconds=1)):
        sign_in(PASSWORD)


def test_a_guesser_elsewhere_does_not_lock_ana_out(field: World) -> None:
    guess(attempts.OF_NAME, address=THERE)
    sign_in(PASSWORD)


def test_signing_in_forgets_the_slips_before(field: World) -> None:
    for _ in range(3):
        guess(attempts.OF_NAME - 1)
        sign_in(PASSWORD)


def test_one_password_tried_on_everybody_is_noticed(field: World) -> None:
    for number in range(attempts.OF_ADDRESS):
        guess(1, username=f"name{number}")
    with pytest.raises(Busy):
        sign_in("wrong", username="one more")
    sign_in(PASSWORD, address=THERE)


def test_a_whole_force_behind_one_address_signs_in(field: World) -> None:
    for _ in range(attempts.OF_ADDRESS + 1):
        sign_in(PASSWORD)


def test_neither_names_nor_addresses_are_kept_and_old_counts_go(field: World) -> None:
    guess(1)
    assert not any("ana" in row.key or HERE in row.key for row in SignInAttempts.objects.all())
    attempts.forget_old()
    assert SignInAttempts.objects.count() == 2
    with clock.moved_to(clock.now() + attempts.SPAN + timedelta(seconds=1)):
        attempts.forget_old()
    assert SignInAttempts.objects.count() == 0


@pytest.mark.parametrize("odd", ["a\x00na", "ana\ud800"])
def test_a_name_or_a_password_that_is_no_text_is_nobodys(field: World, odd: str) -> None:
    guess(1, username=odd)
    with pytest.raises(Unauthenticated):
        sign_in(odd)
