"""One request: who calls, how to reach the database, what is loaded already."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from strawberry.types import Info as StrawberryInfo

from backend.identity.actor import Actor
from backend.identity.models import Device
from backend.identity.rules import device_revoked, token_invalid
from backend.identity.tokens import authenticate
from backend.kit import logs
from backend.kit.errors import DomainError, NotFound, Unauthenticated
from backend.schema.execution import Run, run_in_pool
from backend.schema.loaders import Loaders
from backend.schema.standing import Standing
from backend.schema.turns import turn
from backend.sync import versions

T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """The context of one HTTP request, or of one socket for its whole life."""

    run: Run = run_in_pool
    caller: Actor | None = None
    refused: DomainError | None = None
    connection_params: dict[str, Any] | None = None
    address: str = ""
    standing: Standing | None = None
    """What is left of the budget that the last operation was paid from; None where there is no bound."""
    paid: bool = False
    """What is asked next has been paid for."""
    by_resolvers: bool = False
    """Nothing is compiled: every field is answered by its resolver, which is what compiled reads are held against."""
    _loaders: Loaders | None = field(default=None)

    @property
    def actor(self) -> Actor:
        """Returns the caller; raises Unauthenticated with what was wrong with the token."""
        if self.caller is not None:
            return self.caller
        raise self.refused or Unauthenticated("NOT_SIGNED_IN", "Sign in first.")

    @property
    def load(self) -> Loaders:
        """Returns the loaders of this operation: one query for all rows of a kind that it asks for."""
        if self._loaders is None:
            self._loaders = Loaders(self.actor, self.run)
        return self._loaders

    async def run_in_turn(self, function: Callable[[], T]) -> T:
        """Runs what is dear, in its caller's turn."""
        async with turn(self.actor.user_id):
            return await self.run(function)

    def forget_loaded(self) -> None:
        """Begins a new operation, or a new event of a subscription: nothing read before may answer it."""
        self._loaders = None

    async def identify(self, authorization: str | None) -> None:
        """Takes the caller from an Authorization value; a bad one is told when something needs the caller."""
        if not authorization:
            return
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            self.refused = token_invalid()
            return
        try:
            self.caller = await self.run(authenticate, token.strip())
        except DomainError as error:
            self.refused = error
            return
        logs.bind(org=self.caller.org_id, user=self.caller.user_id, device=self.caller.device_id)


Info = StrawberryInfo[Context, None]


def address_of(scope: MutableMapping[str, Any]) -> str:
    """Returns the address that a request or a socket came from; empty when nobody says."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def device_of(actor: Actor, device_id: UUID) -> UUID:
    """Returns the device a call names; a token that belongs to a device speaks for no other."""
    if actor.device_id is not None and actor.device_id != device_id:
        raise token_invalid()
    return device_id


def device_for(actor: Actor, device_id: UUID, protocol: int) -> UUID:
    """Returns the device that syncs in a protocol; raises what is wrong with the protocol or the device."""
    versions.check(protocol)
    device = Device.objects.filter(pk=device_of(actor, device_id), user_id=actor.user_id).first()
    if device is None:
        raise NotFound("DEVICE_NOT_FOUND", "There is no such device for you.", fields={"deviceId": "not found"})
    if device.revoked_at is not None:
        raise device_revoked()
    return device.pk
