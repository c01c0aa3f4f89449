"""From the lines that a client asks for to the lines of an order: checked one by one, priced, summed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from backend.crm.models import Product
from backend.kit.errors import Invalid

MOST_LINES = 200
MOST_OF_ONE = Decimal(10) ** 7
DEAREST = Decimal(10) ** 9
MOST_IN_ALL = Decimal(10) ** 12
CENT = Decimal("0.01")

KEYS = frozenset({"id", "productId", "quantity", "unitPrice"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A line as a client asks for it; `unit_price` is what the phone showed, if it said so."""

    id: UUID
    product_id: UUID
    quantity: Decimal
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Priced:
    """A line with the price that stands."""

    asked: Asked
    product: Product
    unit_price: Decimal

    @property
    def price_differs(self) -> bool:
        """Says whether the phone showed another price than stands."""
        return self.asked.unit_price is not None and self.asked.unit_price != self.unit_price

    @property
    def amount(self) -> Decimal:
        """The price of the line, to the cent."""
        return (self.asked.quantity * self.unit_price).quantize(CENT)


class _Problems(dict[str, str]):
    """What is wrong with which field of which line; raised together, so that a person mends an order once."""

    def add(self, line: int, name: str, code: str) -> None:
        self[f"items[{line}].{name}" if name else f"items[{line}]"] = code

    def end(self) -> None:
        if self:
            raise Invalid("ORDER_LINES", "Some lines of the order cannot be taken.", fields=self)


def read(given: object) -> list[Asked]:
    """Reads lines as JSON has them: [{id, productId, quantity, unitPrice?}]; raises Invalid, naming every fault.

    The codes of a field: REQUIRED, UNKNOWN_FIELD, NOT_A_UUID, NOT_A_NUMBER, OUT_OF_RANGE, REPEATED."""
    if not isinstance(given, list) or not given:
        raise Invalid("ORDER_EMPTY", "An order has at least one line.", fields={"items": "REQUIRED"})
    if len(given) > MOST_LINES:
        raise Invalid("ORDER_TOO_LONG", f"An order has at most {MOST_LINES} lines.", fields={"items": "TOO_MANY"})
    problems = _Problems()
    lines: list[Asked] = []
    ids: set[UUID] = set()
    for number, line in enumerate(given):
        if not isinstance(line, Mapping):
            problems.add(number, "", "NOT_AN_OBJECT")
            continue
        for key in line.keys() - KEYS:
            problems.add(number, str(key)[:60], "UNKNOWN_FIELD")
        line_id, product_id = (_uuid(line, name, number, problems) for name in ("id", "productId"))
        quantity = _decimal(line, "quantity", number, problems, below=MOST_OF_ONE)
        price = _decimal(line, "unitPrice", number, problems, below=DEAREST)
        if line.get("quantity") is None:
            problems.add(number, "quantity", "REQUIRED")
        if line_id in ids:
            problems.add(number, "id", "REPEATED")
        if line_id is not None and product_id is not None and quantity is not None:
            ids.add(line_id)
            lines.append(Asked(line_id, product_id, quantity, price))
    problems.end()
    return lines


def _uuid(line: Mapping[str, Any], name: str, number: int, problems: _Problems) -> UUID | None:
    value = line.get(name)
    if value is None:
        problems.add(number, name, "REQUIRED")
        return None
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except (ValueError, TypeError, AttributeError):
        problems.add(number, name, "NOT_A_UUID")
        return None


def _decimal(line: Mapping[str, Any], name: str, number: int, problems: _Problems, *, below: Decimal) -> Decimal | None:
    value = line.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise TypeError
        amount = Decimal(str(value))
    except (InvalidOperation, TypeError):
        problems.add(number, name, "NOT_A_NUMBER")
        return None
    least = CENT if name == "quantity" else Decimal(0)
    if not amount.is_finite() or not least <= amount < below or amount != amount.quantize(CENT):
        problems.add(number, name, "OUT_OF_RANGE")
        return None
    return amount.quantize(CENT)


def price(asked: Sequence[Asked], products: Mapping[UUID, Product]) -> list[Priced]:
    """Gives every line the catalogue's price, or where that has none the phone's; raises Invalid, naming every fault.

    The codes of a field: PRODUCT_NOT_FOUND, PRICE_REQUIRED, OTHER_CURRENCY."""
    problems = _Problems()
    lines: list[Priced] = []
    currency: str | None = None
    for number, line in enumerate(asked):
        product = products.get(line.product_id)
        if product is None:
            problems.add(number, "productId", "PRODUCT_NOT_FOUND")
            continue
        currency = currency or product.currency
        if product.currency != currency:
            problems.add(number, "productId", "OTHER_CURRENCY")
        stands = product.unit_price if product.unit_price is not None else line.unit_price
        if stands is None:
            problems.add(number, "unitPrice", "PRICE_REQUIRED")
        else:
            lines.append(Priced(line, product, stands))
    problems.end()
    return lines


def total(lines: Sequence[Priced]) -> Decimal:
    """Returns what the lines come to; raises Invalid when no column could hold it."""
    amount = sum((line.amount for line in lines), Decimal(0))
    if amount >= MOST_IN_ALL:
        raise Invalid("ORDER_TOTAL", "An order comes to less than 10^12.", fields={"items": "OUT_OF_RANGE"})
    return amount
