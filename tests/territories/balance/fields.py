"""Made-up accounts: towns, and farms between them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def towns(accounts: int, count: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Returns x, y in kilometres and the work of accounts in and between `count` towns."""
    chance = np.random.default_rng(seed)
    middles, spread = chance.uniform(0, 300, (count, 2)), chance.uniform(3, 15, count)
    town = chance.integers(count, size=accounts)
    near = middles[town] + chance.normal(0, 1, (accounts, 2)) * spread[town][:, None]
    at = np.where(chance.random((accounts, 1)) < 0.25, chance.uniform(0, 300, (accounts, 2)), near)
    return at[:, 0].copy(), at[:, 1].copy(), chance.lognormal(3, 0.6, accounts)
