"""When an account has dropped below what is usual for it: by the numbers, and by order lines."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.crm.models import Account, OrderLine
from backend.kit import clock
from backend.notifications.alerting import trend
from backend.notifications.alerting.kinds.order_trend import MONDAY
from backend.notifications.alerting.models import AlertRule
from backend.notifications.alerting.trend import Numbers, drops
from tests.factories.world import World
from tests.notifications.alerting.rig import foretold, make, noted, sweep, told

USUAL: dict[str, Any] = {"weeks": 4, "drop": 0.4, "spread": 3.0, "back": 0.8}


def weeks(*stretches: tuple[int, float]) -> Numbers:
    """One account that bought so much a week, for so many weeks, and then so much."""
    return np.array([[amount for count, amount in stretches for _ in range(count)]], dtype=float)


def test_who_buys_half_of_what_is_usual_has_dropped_once_and_is_back_when_it_buys_again() -> None:
    [drop] = drops(weeks((40, 100), (10, 40), (10, 100)), None, **USUAL)
    assert (drop.opened, drop.closed) == (42, 52)
    assert drop.share == 0.45


def test_who_buys_unevenly_anyway_has_not_dropped() -> None:
    # Four weeks bring 300, 420, 180 by turns: 40 % less than the median is nothing unusual there.
    uneven = np.array([[75, 75, 75, 75, 105, 105, 105, 105, 45, 45, 45, 45] * 6], dtype=float)
    assert drops(uneven, None, **USUAL) == []
    assert drops(uneven, None, **(USUAL | {"spread": 0.0})) != []


def test_where_everybody_buys_less_nobody_has_dropped() -> None:
    january = np.vstack([weeks((40, 100), (6, 40), (6, 100))] * 5)
    assert len(drops(january, None, **USUAL)) == 5
    assert drops(january, january.sum(axis=0), **USUAL) == []


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([0, 5, 30, 60, 100, 130]), min_size=150, max_size=190), st.integers(0, 8))
def test_what_it_says_of_a_week_hangs_on_nothing_but_the_weeks_before(amounts: list[int], cut: int) -> None:
    bought = np.array([amounts], dtype=float)
    begin, options = cut, USUAL | {"weeks": 2}
    first = begin + trend.history(2)
    whole = {one.opened for one in drops(bought, None, **options) if one.opened >= first}
    part = {one.opened + begin for one in drops(bought[:, begin:], None, **options) if one.opened + begin >= first}
    assert whole == part


def test_a_drop_in_the_order_lines_is_told_when_its_week_is_whole_and_brought_in(field: World) -> None:
    account, steady = (field.account(name, field.north) for name in ("Joe's", "Steady"))
    monday = MONDAY + timedelta(weeks=1360)
    rule = make(field.dee, "orders.trend", against_all=False)
    AlertRule.objects.filter(pk=rule.pk).update(began_at=clock.EARLIEST)
    rule.refresh_from_db()
    fired: list[int] = []
    for week in range(60):
        bring_in(field, account, monday + timedelta(weeks=week), 40 if week >= 50 else 100)
        bring_in(field, steady, monday + timedelta(weeks=week), 100)
        if week >= 49:
            with clock.moved_to(datetime.combine(monday + timedelta(weeks=week + 1, days=1), datetime.min.time(), UTC)):
                fired.append(sweep(rule))
    assert fired == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert [(who, body) for who, _, body in told(rule)] == [
        ("Ana", "Joe's bought 45 % less than usual in 4 weeks."),
        ("Ben", "Joe's bought 45 % less than usual in 4 weeks."),
    ]
    end = datetime.combine(monday + timedelta(weeks=61), datetime.min.time(), UTC)
    with clock.moved_to(end):
        assert foretold(rule, end - timedelta(days=90)) == noted(rule)


def bring_in(field: World, account: Account, day: date, amount: int) -> None:
    """Writes what the account ordered in the week, on its last day."""
    number = (day - MONDAY).days // 7 - 1360
    OrderLine.objects.create(
        org=field.org, account=account, sku="S", order_no=f"{str(account.pk)[-6:]}-{number}",
        line_no=1, ordered_on=day + timedelta(days=6), quantity=1, amount=amount,
    )  # fmt: skip
