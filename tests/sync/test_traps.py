"""Each trap has a test that names it, and the page that lists them says so."""

from tests.sync import traps


def test_every_trap_has_a_test_and_every_mark_is_a_trap() -> None:
    assert sorted(traps.named()) == sorted(traps.TRAPS) == list(range(1, 30))


def test_who_speaks_of_a_trap_marks_it() -> None:
    assert traps.only_told() == []


def test_the_page_is_up_to_date() -> None:
    assert traps.PAGE.read_text() == traps.page(), "run: python -m tests.sync.traps"
