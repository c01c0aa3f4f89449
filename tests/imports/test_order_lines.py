"""Order lines: facts that are written once, changed where the source changed them, and never doubled."""

from datetime import date
from decimal import Decimal

import pytest

from backend.crm.models import Account, AccountSales, OrderLine
from backend.imports.targets import order_lines
from tests.factories.world import World
from tests.imports.desk import ORDER_COLUMNS, ORDERS, Desk

FIRST = "O1,1,2026-01-05,10,P1,6,75.00"
SECOND = "O1,2,2026-01-05,10,P2,1,9.50"
THIRD = "O2,1,2026-02-09,11,P1,-2,-25.00"
PRODUCTS = 'target = "product"\nsource = "erp"\nkey = "sku"\n[fields]\nsku = "sku"\nname = "name"\n'


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose org knows two stores and one product."""
    desk.stores("10", "11")
    desk.bring(PRODUCTS, desk.file("products.csv", "sku,name\nP2,Rye\n"))
    return desk


def test_lines_come_in_with_their_store_and_product(desk: Desk, field: World) -> None:
    told = desk.orders(FIRST, SECOND, THIRD)
    assert (told.code, told.counts) == (0, (3, 0, 0, 0))
    rows = OrderLine.objects.order_by("order_no", "line_no")
    columns = ("account__number", "product__name", "sku", "order_no", "line_no", "ordered_on", "quantity", "amount")
    assert list(rows.values_list(*columns)) == [
        ("10", None, "P1", "O1", 1, date(2026, 1, 5), 6, Decimal("75.00")),
        ("10", "Rye", "P2", "O1", 2, date(2026, 1, 5), 1, Decimal("9.50")),
        ("11", None, "P1", "O2", 1, date(2026, 2, 9), -2, Decimal("-25.00")),
    ]
    assert "  2 lines name a product that is not known: kept with its number alone" in told.lines
    assert set(rows.values_list("org", flat=True)) == {field.org.pk}


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.orders(FIRST, SECOND, THIRD)
    sales = list(AccountSales.objects.values_list("id", "version", "updated_at"))
    told = desk.orders(FIRST, SECOND, THIRD)
    assert (told.code, told.counts) == (0, (0, 0, 3, 0))
    assert list(AccountSales.objects.values_list("id", "version", "updated_at")) == sales
    assert "  sales figures of 0 accounts changed" in told.lines


def test_a_line_that_the_source_changed_is_changed(desk: Desk) -> None:
    desk.orders(FIRST, SECOND, THIRD)
    told = desk.orders(
        FIRST.replace("75.00", "70.00"), SECOND.replace(",10,", ",11,"), THIRD, "O3,1,2026-02-09,11,P2,1,9.5"
    )
    assert told.counts == (1, 2, 1, 0)
    rows = OrderLine.objects.order_by("order_no", "line_no").values_list("amount", "account__number")
    assert list(rows) == [
        (Decimal("70.00"), "10"),
        (Decimal("9.50"), "11"),
        (Decimal("-25.00"), "11"),
        (Decimal("9.50"), "11"),
    ]


def test_a_product_that_becomes_known_is_tied_by_the_next_run(desk: Desk) -> None:
    desk.orders(FIRST)
    desk.bring(PRODUCTS, desk.file("products.csv", "sku,name\nP1,Gin of the erp\n").rename(desk.folder / "p.csv"))
    assert OrderLine.objects.get().product is None
    # The world has a P1 of its own making, so the source's is refused and stays unknown.
    assert desk.orders(FIRST).counts == (0, 0, 1, 0)
    desk.bring(PRODUCTS, desk.file("products.csv", "sku,name\nP3,Vodka\n"))
    desk.orders("O9,1,2026-01-05,10,P3,1,1")
    assert OrderLine.objects.get(order_no="O9").product is not None


def test_bad_lines_are_told_and_good_ones_kept(desk: Desk) -> None:
    told = desk.orders(
        FIRST,
        "O1,one,2026-01-05,10,P1,6,75.00",
        "O1,3,05.01.2026,10,P1,6,75.00",
        "O1,4,2026-01-05,99,P1,6,75.00",
        FIRST.replace("75.00", "80.00"),
        "O1,5,2026-01-05,10,P1,6,",
        "O1,6,2026-01-05,10,P1,6,1e15",
        THIRD,
    )
    assert (told.code, told.counts) == (1, (2, 0, 0, 6))
    assert sorted(told.problems) == [
        "line 3: line_no: 'one' is not a whole number [NOT_AN_INTEGER]",
        "line 4: ordered_on: '05.01.2026' is not a day [NOT_A_DATE]",
        "line 5: account: no account '99' from erp [UNKNOWN_REFERENCE]",
        "line 6: order_no, line_no: 'O1' line 1 is on line 2 too [DUPLICATE_KEY]",
        "line 7: amount: is empty [REQUIRED]",
        "line 8: amount: '1e15' is too large or too small [OUT_OF_RANGE]",
    ]
    assert OrderLine.objects.get(order_no="O1").amount == Decimal("75.00")


@pytest.mark.parametrize("bad", ["O9,x,2026-01-05,10,P1,6,75", "O9,1,2026-01-05,99,P1,6,75", FIRST])
def test_any_bad_line_refuses_the_file_when_that_is_chosen(desk: Desk, bad: str) -> None:
    told = desk.orders(FIRST, bad, THIRD, on_error="refuse_file")
    assert (told.code, len(told.problems), OrderLine.objects.count()) == (2, 1, 0)
    assert AccountSales.objects.count() == 0
    assert desk.orders(FIRST, THIRD, on_error="refuse_file").counts == (2, 0, 0, 0)


def test_a_dry_run_counts_and_writes_nothing(desk: Desk) -> None:
    desk.orders(FIRST, SECOND)
    told = desk.orders(FIRST, SECOND.replace("9.50", "9.60"), THIRD, dry_run=True)
    assert (told.code, told.counts) == (0, (1, 1, 1, 0))
    assert set(OrderLine.objects.values_list("amount", flat=True)) == {Decimal("75.00"), Decimal("9.50")}


def test_parts_are_merged_one_after_another(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_lines, "TAKEN", 3)
    monkeypatch.setattr(order_lines, "MERGED", 4)
    rows = [f"O{number},1,2026-01-{number % 28 + 1:02},10,P1,1,{number}" for number in range(25)]
    assert desk.orders(*rows).counts == (25, 0, 0, 0)
    assert desk.orders(*rows, FIRST.replace("O1", "O99")).counts == (1, 0, 25, 0)
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == sum(range(25)) + 75


def test_sales_figures_are_those_of_the_last_year_of_the_data(desk: Desk) -> None:
    desk.orders(
        "O1,1,2025-02-09,10,P1,1,1000.00",
        "O2,1,2025-02-10,10,P1,1,10.00",
        "O2,2,2025-02-10,10,P1,1,5.00",
        "O3,1,2025-02-20,10,P1,1,1.00",
        "O4,1,2026-02-09,10,P1,-1,-0.50",
        "O5,1,2024-01-01,11,P1,1,7.00",
    )
    # The newest day of the data is 2026-02-09, so its last year begins on 2025-02-10.
    columns = ("account__number", "as_of", "amount_12m", "orders_12m", "last_order_on", "median_gap_days")
    assert list(AccountSales.objects.order_by("account__number").values_list(*columns)) == [
        ("10", date(2026, 2, 9), Decimal("15.50"), 3, date(2026, 2, 9), 10.0),
        ("11", date(2026, 2, 9), Decimal("0.00"), 0, date(2024, 1, 1), None),
    ]


def test_only_figures_that_differ_are_written(desk: Desk) -> None:
    desk.orders(FIRST, "O2,1,2026-01-05,11,P1,1,20.00")
    before = dict(AccountSales.objects.values_list("account__number", "id"))
    told = desk.orders(FIRST, "O2,1,2026-01-05,11,P1,1,25.00")
    assert "  sales figures of 1 accounts changed" in told.lines
    assert dict(AccountSales.objects.values_list("account__number", "version")) == {"10": 1, "11": 2}
    assert dict(AccountSales.objects.values_list("account__number", "id")) == before
    assert {str(row)[14] for row in before.values()} == {"7"}


def test_tiers_follow_the_sales(desk: Desk, field: World) -> None:
    desk.stores("10", "11", "12", "13", "14")
    Account.objects.filter(number="14").update(lifecycle="closed", tier="A")
    amounts = {"10": 80, "11": 15, "12": 5, "14": 900}
    rows = [f"O{store},1,2026-01-05,{store},P1,1,{amount}" for store, amount in amounts.items()]
    told = desk.orders(*rows)
    assert dict(Account.objects.filter(number__isnull=False).values_list("number", "tier")) == {
        "10": "A", "11": "B", "12": "C", "13": "C", "14": "",
    }  # fmt: skip
    assert "  tiers of 5 accounts changed" in told.lines
    assert "  tiers of 0 accounts changed" in desk.orders(*rows).lines


def test_parquet_and_csv_are_the_same_facts(desk: Desk) -> None:
    desk.orders(FIRST, SECOND, THIRD)
    rows = [row.split(",") for row in (FIRST, SECOND, THIRD)]
    columns = dict(zip(ORDER_COLUMNS.split(","), map(list, zip(*rows, strict=True)), strict=True))
    typed = columns | {
        "line": [int(cell) for cell in columns["line"]],
        "day": [date.fromisoformat(cell) for cell in columns["day"]],
        "store": [int(cell) for cell in columns["store"]],
        "usd": [float(cell) for cell in columns["usd"]],
    }
    assert desk.bring(ORDERS, desk.parquet("orders.parquet", typed)).counts == (0, 0, 3, 0)
