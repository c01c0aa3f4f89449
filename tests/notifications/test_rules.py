"""How long to wait for the next attempt, and which addresses no provider gives."""

import pytest

from backend.kit.errors import Invalid
from backend.notifications import rules


def test_pauses_double_with_chance_up_to_a_quarter_of_an_hour() -> None:
    assert [rules.pause(attempt, None, 0.0) for attempt in (1, 2, 3)] == [2.0, 4.0, 8.0]
    assert [rules.pause(attempt, None, 1.0) for attempt in (1, 2, 3)] == [4.0, 8.0, 16.0]
    assert rules.pause(500, None, 1.0) == 900.0


def test_a_provider_is_never_asked_again_before_it_wants() -> None:
    assert rules.pause(1, 60, 0.0) == 60
    assert rules.pause(9, 60, 1.0) == pytest.approx(66)
    assert rules.pause(1, 4000, 0.0) == 4000


@pytest.mark.parametrize(
    ("kind", "value", "code", "field"),
    [
        ("pigeon", "abc", "ADDRESS_KIND", "kind"),
        ("fid", "", "ADDRESS_MALFORMED", "value"),
        ("fid", "a b", "ADDRESS_MALFORMED", "value"),
        ("fid", "a\n", "ADDRESS_MALFORMED", "value"),
        ("fid", "住所", "ADDRESS_MALFORMED", "value"),
        ("fcm_token", "x" * 1025, "ADDRESS_MALFORMED", "value"),
    ],
)
def test_an_address_no_provider_gives_is_refused(kind: str, value: str, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked_address(kind, value)
    assert (refused.value.code, list(refused.value.fields)) == (code, [field])


def test_the_longest_address_is_good() -> None:
    rules.checked_address("fcm_token", "x" * 1024)
