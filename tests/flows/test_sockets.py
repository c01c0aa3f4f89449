"""Sockets over a real server: who is cut off hears it at once, and an open door stays open."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backend.identity import actions
from backend.identity.models import Device, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.actions import place_account
from backend.territories.models import AccountShare
from tests.config.serving import Serving
from tests.factories.world import PASSWORD, World, acting

PATIENCE = 10.0


@asynccontextmanager
async def socket(server: Serving, token: str | None) -> AsyncIterator[ClientConnection]:
    """Opens a socket and is acknowledged."""
    url = server.base.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as opened:  # type: ignore[list-item]
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        await opened.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert (await said(opened))["type"] == "connection_ack"
        yield opened


async def said(opened: ClientConnection) -> dict[str, Any]:
    """Returns the next message."""
    return dict(json.loads(await asyncio.wait_for(opened.recv(), PATIENCE)))


async def until_closed(opened: ClientConnection) -> None:
    """Listens until the server closes."""
    while True:
        await said(opened)


async def subscribe(opened: ClientConnection, document: str, name: str = "1") -> None:
    """Starts an operation."""
    await opened.send(json.dumps({"id": name, "type": "subscribe", "payload": {"query": document}}))


@dataclass(frozen=True, slots=True)
class Session:
    """What a phone was given."""

    access_token: str
    device_id: UUID


SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { session { accessToken deviceId } } }"


def session(server: Serving, person: User) -> Session:
    """Signs a person in from a phone of its own."""
    given = {"username": person.username, "password": PASSWORD, "device": {"installKey": new_id().hex}}
    reply = httpx.post(f"{server.base}/graphql", json={"query": SIGN_IN, "variables": {"i": given}}, timeout=PATIENCE)
    made = reply.json()["data"]["signIn"]["session"]
    return Session(access_token=made["accessToken"], device_id=UUID(made["deviceId"]))


@pytest.mark.parametrize("how", ["device revoked", "person deactivated", "role changed", "signed out"])
def test_who_is_cut_off_loses_the_socket_at_once(server: Serving, world: World, how: str) -> None:
    signed, kept = session(server, world.ana), session(server, world.cy)

    def cut() -> None:
        if how == "device revoked":
            actions.revoke_device(actor=acting(world.dee), device_id=signed.device_id, reason="lost")
        elif how == "signed out":
            actions.sign_out(actor=acting(world.ana, Device.objects.get(pk=signed.device_id)))
        elif how == "role changed":
            world.ana.role = "partner"
            world.ana.save()
        else:
            actions.deactivate_user(actor=acting(world.dee), user=world.ana)

    async def story() -> int:
        async with socket(server, signed.access_token) as anas, socket(server, kept.access_token) as cys:
            await subscribe(anas, f'subscription {{ syncPoke(deviceId: "{signed.device_id}") {{ reason }} }}')
            await subscribe(cys, "subscription { heartbeat(everyMs: 20) { n } }")
            first = await said(anas)
            assert first["type"] == "next", first
            await sync_to_async(cut)()
            with pytest.raises(ConnectionClosed) as closed:
                await until_closed(anas)
            assert (await said(cys))["type"] == "next"
            assert closed.value.rcvd is not None
            return int(closed.value.rcvd.code)

    assert asyncio.run(story()) == 4403


def test_a_deal_feed_tells_its_own_and_nothing_of_others(server: Serving, world: World) -> None:
    mine, theirs = world.account("Hilltop", world.north), world.account("Valley", world.south)
    deal, secret = world.deal(mine, name="Ours"), world.deal(theirs, owner=world.cy, name="Theirs")
    token = session(server, world.ben).access_token

    def change(row: Any, name: str) -> None:
        row.name = name
        row.save()

    async def story() -> list[tuple[str | None, str | None]]:
        async with socket(server, token) as bens:
            asked = "gone opportunity { name account { name } }"
            await subscribe(bens, f"subscription {{ opportunityChanged {{ {asked} }} }}")
            await asyncio.sleep(0.5)
            await sync_to_async(change)(secret, "Theirs 2")
            await sync_to_async(change)(deal, "Ours 2")
            events = [await said(bens)]
            await sync_to_async(place_account)(actor=acting(world.dee), account=mine, territory=world.south)
            events.append(await said(bens))
            await sync_to_async(change)(deal, "Ours no more")
            await sync_to_async(place_account)(actor=acting(world.dee), account=theirs, territory=world.north)
            events.append(await said(bens))
            await sync_to_async(change)(secret, "Ours now")
            events.append(await said(bens))
            found = [one["payload"]["data"]["opportunityChanged"] for one in events]
            return [(one["gone"], one["opportunity"] and one["opportunity"]["name"]) for one in found]

    # What leaves somebody's coverage is told as gone, and what enters it as it stands.
    assert asyncio.run(story()) == [(None, "Ours 2"), ("NOT_VISIBLE", None), (None, "Theirs 2"), (None, "Ours now")]


def _operation(message: dict[str, Any]) -> str:
    return str(message["id"])


def test_a_deal_feed_tells_a_partner_no_amount(server: Serving, world: World) -> None:
    """Pat is told of the same deal as Ben, without what it is worth; pokes carry nothing at all."""
    shop = world.account("Hilltop", world.north)
    AccountShare.objects.create(
        org=world.org, account=shop, user=world.pat, shared_by=world.ben, valid_from=clock.now() - timedelta(days=1)
    )
    deal = world.deal(shop)
    bens, pats = session(server, world.ben), session(server, world.pat)

    def change() -> None:
        deal.amount = Decimal("24681357.91")
        deal.save()

    async def story() -> tuple[list[Any], list[Any]]:
        async with socket(server, bens.access_token) as ben, socket(server, pats.access_token) as pat:
            for one, signed in ((ben, bens), (pat, pats)):
                await subscribe(one, "subscription { opportunityChanged { opportunity { name amount } } }", "deals")
                await subscribe(
                    one, f'subscription {{ syncPoke(deviceId: "{signed.device_id}") {{ reason }} }}', "pokes"
                )
                assert (await said(one))["id"] == "pokes"
            await asyncio.sleep(0.5)
            await sync_to_async(change)()
            to_ben, to_pat = [await said(ben), await said(ben)], [await said(pat), await said(pat)]
            return sorted(to_ben, key=_operation), sorted(to_pat, key=_operation)

    to_ben, to_pat = asyncio.run(story())
    assert to_ben[0]["payload"]["data"]["opportunityChanged"]["opportunity"]["amount"] == "24681357.91"
    assert to_pat[0]["payload"]["data"]["opportunityChanged"]["opportunity"] == {"name": deal.name, "amount": None}
    assert to_ben[1]["payload"] == to_pat[1]["payload"] == {"data": {"syncPoke": {"reason": "changes"}}}


def test_the_open_doors_need_no_token_and_the_others_say_so(server: Serving, world: World) -> None:
    async def story() -> list[dict[str, Any]]:
        async with socket(server, None) as nobodys:
            await subscribe(nobodys, "subscription { heartbeat(everyMs: 1, count: 1) { n serverTime } }", "beat")
            await subscribe(nobodys, "subscription { heartbeat(everyMs: -1) { n } }", "negative")
            await subscribe(nobodys, "subscription { opportunityChanged { opportunity { id } } }", "deals")
            await subscribe(nobodys, "{ serverInfo { version } }", "query")
            return [await said(nobodys) for _ in range(6)]

    messages = {(one["id"], one["type"]): one for one in asyncio.run(story())}
    assert ("beat", "next") in messages
    assert ("beat", "complete") in messages
    assert ("query", "next") in messages
    assert messages["negative", "error"]["payload"][0]["extensions"]["code"] == "OUT_OF_RANGE"
    assert messages["deals", "error"]["payload"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


def test_an_expired_or_forged_token_is_told_when_something_needs_it(server: Serving, world: World) -> None:
    async def story() -> dict[str, Any]:
        async with socket(server, "forged") as somebodys:
            await subscribe(somebodys, "{ me { user { id } } }")
            return await said(somebodys)

    message = asyncio.run(story())
    assert message["payload"]["errors"][0]["extensions"]["code"] == "TOKEN_INVALID"
