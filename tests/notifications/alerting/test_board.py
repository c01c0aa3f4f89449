"""Who is first of a team, from when until when."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.notifications.alerting.board import Score, reigns

START = datetime(2027, 3, 1, tzinfo=UTC)
ANA, EVA, IDA = (UUID(int=number) for number in (1, 2, 3))
NAMES = {ANA: "Ana", EVA: "Eva", IDA: "Ida"}


def board(
    *deeds: tuple[UUID, int], settles: int = 0, margin: int = 0, until: int = 999
) -> list[tuple[str, int, int | None]]:
    """Plays deeds, one each hour from the first; returns (who, from which hour, to which) of each reign."""
    hour = timedelta(hours=1)
    scores = [
        Score(who, START + hour * (number + 1), Decimal(worth), f"{number:03}")
        for number, (who, worth) in enumerate(deeds)
    ]
    found = reigns(scores, settles=START + hour * settles, until=START + hour * until, margin=margin)
    return [
        (NAMES[one.user], (one.at - START) // hour, None if one.lost is None else (one.lost - START) // hour)
        for one in found
    ]


def test_who_is_level_is_not_first_and_who_is_ahead_is() -> None:
    assert board((ANA, 2), (EVA, 2), (EVA, 1)) == [("Ana", 1, 3), ("Eva", 3, None)]


def test_nobody_is_first_before_the_board_has_settled() -> None:
    deeds = ((ANA, 1), (EVA, 2), (ANA, 3), (EVA, 9))
    assert board(*deeds, settles=3) == [("Eva", 3, 3), ("Ana", 3, 4), ("Eva", 4, None)]
    assert board(*deeds, settles=5) == [("Eva", 5, None)]
    assert board(*deeds, settles=5, until=4) == []
    assert board((ANA, 1), settles=8) == [("Ana", 8, None)]


def test_the_place_is_taken_by_more_than_the_margin_alone() -> None:
    assert board((ANA, 100), (EVA, 105), (IDA, 106), margin=5) == [("Ana", 1, 3), ("Ida", 3, None)]


def test_what_is_taken_back_costs_the_place() -> None:
    assert board((ANA, 5), (EVA, 4), (ANA, -3)) == [("Ana", 1, 3), ("Eva", 3, None)]
    assert board((ANA, 5), (ANA, -5)) == [("Ana", 1, None)]
    assert board((ANA, -5)) == []


@settings(max_examples=60, deadline=None)
@given(
    deeds=st.lists(st.tuples(st.sampled_from([ANA, EVA, IDA]), st.integers(-3, 9)), max_size=20),
    settles=st.integers(0, 20),
    margin=st.sampled_from([0, 5, 50]),
    until=st.integers(0, 20),
)
def test_one_reign_follows_the_other_and_what_is_said_of_a_time_does_not_hang_on_what_came_later(
    deeds: list[tuple[UUID, int]], settles: int, margin: int, until: int
) -> None:
    whole = board(*deeds, settles=settles, margin=margin)
    for one, following in pairwise(whole):
        assert one[2] == following[1]
        assert one[0] != following[0]
    known = [(who, at, None if lost is None or lost > until else lost) for who, at, lost in whole if at <= until]
    assert board(*deeds, settles=settles, margin=margin, until=until) == known
