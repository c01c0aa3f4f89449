"""Products of the price list."""

from collections.abc import Mapping as Map
from decimal import Decimal
from typing import Any, ClassVar

from backend.crm.models import Product
from backend.imports.cells import Amount, Field, Text
from backend.imports.problems import Problem
from backend.imports.report import Outcome
from backend.imports.rows import Item
from backend.imports.targets.base import EntityTarget


class ProductTarget(EntityTarget[Product]):
    """A row becomes a product."""

    model = Product
    entity = "product"
    fields: ClassVar[Map[str, Field]] = {
        "sku": Field(Text(60), required=True),
        "name": Field(Text(200), required=True),
        "category": Field(Text(100)),
        "vendor": Field(Text(200)),
        "unit_price": Field(Amount(12, Decimal(0)), empty=None),
        "currency": Field(Text(3), empty="USD"),
    }

    def check(self, items: list[Item], rows: Map[str, Any], outcome: Outcome) -> list[Item]:
        """Refuses a stock number that another product has, here or on an earlier line."""
        skus = {str(item.values["sku"]) for item in items}
        owners = dict(Product.objects.filter(org=self.job.org, sku__in=skus).values_list("sku", "id"))
        given: dict[str, str] = {}
        good: list[Item] = []
        for item in items:
            sku, row = str(item.values["sku"]), rows.get(item.key)
            elsewhere = sku in owners and (row is None or owners[sku] != row.pk)
            if elsewhere or given.setdefault(sku, item.key) != item.key:
                outcome.problems.append(Problem(item.line, "sku", f"{sku!r} is another product's", "SKU_TAKEN"))
                continue
            good.append(item)
        return good

    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the product's columns."""
        return self.given(item, *self.fields)
