"""Where an account is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm import rules
from backend.crm.models import Account, Address, GeocodeQuality
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.geo import checked_point
from backend.kit.models import check_seen

ADDRESS_FIELDS = "verbatim street city region postcode country lat lng".split()


@transaction.atomic
def add_address(*, actor: Actor, account: Account, address_id: UUID, values: Mapping[str, Any]) -> Address:
    """Writes an address down; the first of an account is its primary one."""
    rules.check_may_edit(actor, account, {})
    # The account row serialises two first addresses of one account.
    rules.check_standing(Account.objects.select_for_update().get(pk=account.pk, org_id=actor.org_id))
    first = not Address.objects.filter(account=account, is_primary=True, deleted_at=None).exists()
    address = Address(id=address_id, org_id=actor.org_id, account=account, is_primary=first)
    _set(address, values)
    try:
        with transaction.atomic():
            address.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken("id") from error
    return address


@transaction.atomic
def edit_address(
    *, actor: Actor, address: Address, changes: Mapping[str, Any], base_version: int | None = None
) -> Address:
    """Changes parts of an address (see ADDRESS_FIELDS); lat and lng are given together, or both null.

    With `base_version`, refuses (Conflict) what was edited since."""
    address = Address.objects.select_for_update(of=("self",)).get(pk=address.pk, org_id=actor.org_id)
    rules.check_may_edit(actor, address.account, {})
    check_seen(address.version, base_version)
    _set(address, changes)
    address.save(update_fields=[*changes, "quality"])
    return address


@transaction.atomic
def remove_address(*, actor: Actor, address: Address, base_version: int | None = None) -> Address:
    """Takes an address off its account; the oldest that is left becomes the primary one. Doing it twice changes nothing.

    `base_version`: as for `edit_address`."""
    rules.check_may_edit(actor, address.account, {})
    # As when one is added: the account row decides which is the primary one.
    rules.check_standing(Account.objects.select_for_update().get(pk=address.account_id, org_id=actor.org_id))
    address = Address.objects.select_for_update(of=("self",)).get(pk=address.pk, org_id=actor.org_id)
    if address.deleted_at is not None:
        return address
    check_seen(address.version, base_version)
    address.deleted_at = clock.now()
    address.save(update_fields=["deleted_at"])
    left = Address.objects.filter(account_id=address.account_id, deleted_at=None)
    if address.is_primary and (heir := left.order_by("created_at", "id").first()) is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    return address


def _set(address: Address, values: Mapping[str, Any]) -> None:
    longest = {"verbatim": 1_000, "street": 200, "city": 100, "region": 100, "postcode": 20, "country": 2}
    for name, value in values.items():
        if name in longest:
            setattr(address, name, rules.check_text(value, name, longest=longest[name]))
    if "lat" in values or "lng" in values:
        lat, lng = rules.check_pair(values.get("lat"), values.get("lng"))
        if lat is not None and lng is not None:
            checked_point(lat, lng)
        address.lat, address.lng = lat, lng
        address.quality = GeocodeQuality.NONE if lat is None else GeocodeQuality.SOURCE
