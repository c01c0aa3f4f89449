"""Random days of a whole sales force: after every round each phone holds what its person may see, and nothing else.

    CROWD_SEED=12 CROWD_ROUNDS=20 python -m pytest tests/sync/test_model.py -k given

plays one seed again, as a failure names it. `make soak` plays thousands of rounds (tests/soak)."""

import os

import pytest

from backend.sync.tables import TABLES
from tests.factories.world import World
from tests.sync.crowd.crowd import play
from tests.sync.crowd.everywhere import EVERYWHERE
from tests.sync.crowd.happenings import HAPPENINGS
from tests.sync.crowd.moves import MOVES

__all__ = ["play"]

SEEDS = range(1, 11)
ROUNDS = 20


@pytest.mark.trap(25)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_phone_is_right_after_any_round(field: World, seed: int) -> None:
    crowd = play(field, seed=seed, rounds=ROUNDS)
    entities = {table.entity for table in TABLES}
    assert {name.removeprefix("wrote ") for name in crowd.done if name.startswith("wrote ")} == entities
    assert {entity for phone in crowd.phones for entity in phone.seen} == entities, "some never reached a phone"
    figures = crowd.figures()
    for what in ("pushes", "applied", "conflicts", "rejected", "lost replies", "said twice", "evictions"):
        assert figures[what] > 0, f"nothing was proved of {what}"


def test_everything_that_may_happen_does(field: World) -> None:
    """A thing that is always refused proves nothing."""
    crowd = play(field, seed=100, rounds=3)
    for _ in range(600):
        crowd.happen()
    never = {thing.__name__ for thing in (*HAPPENINGS, *MOVES, *EVERYWHERE)} - crowd.done.keys()
    assert not never


@pytest.mark.skipif("CROWD_SEED" not in os.environ, reason="no seed is given")
def test_the_given_seed(field: World) -> None:
    play(field, seed=int(os.environ["CROWD_SEED"]), rounds=int(os.environ.get("CROWD_ROUNDS", str(ROUNDS))))
