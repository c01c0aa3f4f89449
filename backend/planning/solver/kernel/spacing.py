"""Visits of one account keep their distance."""

from backend.kit.compiled import kernel
from backend.planning.solver.kernel.data import FIRST, GAP, LAST, ROUTE, TOUCHED, WHO, Data, Desk, Plan


@kernel
def too_near(d: Data, k: int, r: int, s: int, q: int) -> bool:
    """Says whether `k` on `r` and its kin number `s` on `q` could begin nearer to each other than they should."""
    j, gap = d.kin[k, s, WHO], d.kin[k, s, GAP]
    return d.begin[q, j, FIRST] - d.begin[r, k, LAST] < gap and d.begin[r, k, FIRST] - d.begin[q, j, LAST] < gap


@kernel
def crowded(d: Data, p: Plan, k: int, r: int) -> bool:
    """Says whether kin of `k` are served too near to a visit on `r`."""
    for s in range(d.kin.shape[1]):
        if d.kin[k, s, WHO] < 0:
            break
        q = p.at[d.kin[k, s, WHO], ROUTE]
        if q >= 0 and too_near(d, k, r, s, q):
            return True
    return False


@kernel
def close_to_kin(d: Data, w: Desk, k: int, r: int, touched: int) -> None:
    """Takes from the kin of `k`, which is served on `r` now, the places that are too near."""
    for s in range(d.kin.shape[1]):
        j = d.kin[k, s, WHO]
        if j < 0:
            break
        for t in range(touched):
            q = w.note[TOUCHED, t]
            if too_near(d, k, r, s, q):
                w.place[j, q] = 0
