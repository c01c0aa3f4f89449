"""Where accounts are."""

from uuid import UUID

import strawberry

from backend.crm import addresses
from backend.crm.models import Address as AddressRow
from backend.kit.ids import new_id
from backend.schema.changes import BASE_VERSION, given, told
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.crm import Address
from backend.territories.coverage import account_for, address_for


@strawberry.input(description="Only the fields given are set; lat and lng (degrees) come together, or both null.")
class AddressFields:
    verbatim: str | None = strawberry.UNSET
    street: str | None = strawberry.UNSET
    city: str | None = strawberry.UNSET
    region: str | None = strawberry.UNSET
    postcode: str | None = strawberry.UNSET
    country: str | None = strawberry.UNSET
    lat: float | None = strawberry.UNSET
    lng: float | None = strawberry.UNSET


@strawberry.type
class AddressPayload:
    address: Address


@strawberry.type
class AddressesMutation:
    @strawberry.mutation(
        description="Writes down where an account is; its first address is the primary one. id: made by the client, so "
        "that asking twice makes one."
    )
    async def add_address(
        self, info: Info, account_id: UUID, address: AddressFields, id: UUID | None = None
    ) -> AddressPayload:
        actor = info.context.actor

        @told
        def act() -> AddressRow:
            return addresses.add_address(
                actor=actor,
                account=account_for(actor, account_id),
                address_id=id or new_id(),
                values=given(address),
            )

        return AddressPayload(address=rows.one(Address, await info.context.run(act)))

    @strawberry.mutation(description=f"Changes an address. baseVersion: {BASE_VERSION}")
    async def edit_address(
        self, info: Info, address_id: UUID, changes: AddressFields, base_version: int | None = None
    ) -> AddressPayload:
        actor = info.context.actor

        @told
        def act() -> AddressRow:
            found = address_for(actor, address_id)
            return addresses.edit_address(actor=actor, address=found, changes=given(changes), base_version=base_version)

        return AddressPayload(address=rows.one(Address, await info.context.run(act)))

    @strawberry.mutation(
        description="Takes an address off its account; of those left, the oldest becomes the primary one. "
        f"baseVersion: {BASE_VERSION}"
    )
    async def remove_address(self, info: Info, address_id: UUID, base_version: int | None = None) -> AddressPayload:
        actor = info.context.actor

        @told
        def act() -> AddressRow:
            found = address_for(actor, address_id)
            return addresses.remove_address(actor=actor, address=found, base_version=base_version)

        return AddressPayload(address=rows.one(Address, await info.context.run(act)))
