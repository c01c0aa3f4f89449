"""What a deal is about: products, quantities, prices."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm import rules
from backend.crm.models import Opportunity, OpportunityLine, Product
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.models import check_seen

_CHECKS: dict[str, Callable[[Any], object]] = {
    "quantity": lambda v: rules.check_quantity(v, "quantity"),
    "unit_price": lambda v: rules.check_price(v, "unitPrice"),
}


@transaction.atomic
def add_line(
    *,
    actor: Actor,
    opportunity: Opportunity,
    line_id: UUID,
    product: Product,
    quantity: object,
    unit_price: object = None,
) -> OpportunityLine:
    """Puts a product into a deal; without a price, at the catalogue's."""
    price = product.unit_price if unit_price is None else unit_price
    line = OpportunityLine(
        id=line_id,
        org_id=actor.org_id,
        opportunity=opportunity,
        product=product,
        quantity=rules.check_quantity(quantity, "quantity"),
        unit_price=rules.check_price(price, "unitPrice"),
    )
    try:
        with transaction.atomic():
            line.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken("id") from error
    return line


@transaction.atomic
def change_line(
    *, actor: Actor, line: OpportunityLine, changes: Mapping[str, Any], base_version: int | None = None
) -> OpportunityLine:
    """Changes quantity or unit_price. With `base_version`, refuses (Conflict) what was edited since."""
    line = OpportunityLine.objects.select_for_update().get(pk=line.pk, org_id=actor.org_id)
    check_seen(line.version, base_version)
    for name, value in changes.items():
        setattr(line, name, _CHECKS[name](value))
    line.save(update_fields=list(changes))
    return line


@transaction.atomic
def remove_line(*, actor: Actor, line: OpportunityLine, base_version: int | None = None) -> OpportunityLine:
    """Takes a product out of a deal; doing it twice changes nothing. `base_version`: as for `change_line`."""
    line = OpportunityLine.objects.select_for_update().get(pk=line.pk, org_id=actor.org_id)
    if line.deleted_at is None:
        check_seen(line.version, base_version)
        line.deleted_at = clock.now()
        line.save(update_fields=["deleted_at"])
    return line
