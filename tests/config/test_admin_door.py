"""Guessing at the operator's pages is guessing, too."""

import pytest
from django.test import Client

from backend.identity import actions, attempts
from backend.identity.models import User
from backend.kit.errors import Busy, Unauthenticated
from backend.kit.ids import new_id
from tests.factories.world import PASSWORD, World

HERE = "192.0.2.7"
PAGE = "/admin/login/?next=/admin/"


@pytest.fixture
def operator(field: World) -> User:
    """Dee, who may also enter the operator's pages."""
    User.objects.filter(pk=field.dee.pk).update(is_staff=True)
    return field.dee


def _tries(password: str, *, name: str = "dee", address: str = HERE) -> bool:
    """Says whether somebody gets in."""
    return Client(REMOTE_ADDR=address).post(PAGE, {"username": name, "password": password}).status_code == 302


def _over_graphql(password: str, *, name: str = "dee") -> None:
    actions.sign_in(username=name, password=password, install_key=new_id().hex, name="", platform="", address=HERE)


def test_after_too_many_wrong_passwords_the_right_one_waits_and_the_page_says_so(operator: User) -> None:
    assert _tries(PASSWORD)
    for _ in range(attempts.OF_NAME):
        assert not _tries("wrong")
    assert not _tries(PASSWORD)
    page = Client(REMOTE_ADDR=HERE).post(PAGE, {"username": "dee", "password": PASSWORD})
    assert "Too many attempts" in page.content.decode()
    assert _tries(PASSWORD, address="198.51.100.9")


def test_guesses_at_both_doors_are_counted_together(operator: User) -> None:
    for _ in range(attempts.OF_NAME - 1):
        assert not _tries("wrong")
    with pytest.raises(Unauthenticated):
        _over_graphql("wrong")
    with pytest.raises(Busy):
        _over_graphql(PASSWORD)
    assert not _tries(PASSWORD)


def test_getting_in_forgets_the_slips_before(operator: User) -> None:
    for _ in range(3):
        for _ in range(attempts.OF_NAME - 1):
            assert not _tries("wrong")
        assert _tries(PASSWORD)


def test_who_is_no_operator_is_counted_as_wrong(field: World) -> None:
    for _ in range(attempts.OF_NAME):
        assert not _tries(PASSWORD, name="ana")
    with pytest.raises(Busy):
        _over_graphql(PASSWORD, name="ana")


def test_a_page_sent_back_empty_is_no_guess(operator: User) -> None:
    for _ in range(attempts.OF_NAME + 1):
        assert not _tries("", name="")
    assert _tries(PASSWORD)
