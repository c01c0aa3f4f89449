# mypy: ignore-errors
# ruff: noqa: INP001
# It runs in the rivals' environment, which has what ours has not.
"""Subscriptions as strawberry and Channels document them: a consumer, and groups over channels_redis' pubsub layer. It knows
nobody's rights: an event is for all, or for the one it names."""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for a benchmark",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["BENCH_REDIS"]]},
        }
    },
)
django.setup()

import asyncio  # noqa: E402
from collections.abc import AsyncGenerator  # noqa: E402

import strawberry  # noqa: E402
from strawberry.channels import GraphQLWSConsumer  # noqa: E402


@strawberry.type
class Opportunity:
    """A deal."""

    id: str
    notes: str


@strawberry.type
class OpportunityEvent:
    """A deal that changed."""

    opportunity: Opportunity


@strawberry.type
class Query:
    """A schema needs one."""

    ok: str = "ok"


@strawberry.type
class Subscription:
    """What is listened to."""

    @strawberry.subscription
    async def opportunity_changed(self, info: strawberry.Info) -> AsyncGenerator[OpportunityEvent, None]:
        """Tells of deals."""
        name = (info.context.get("connection_params") or {}).get("user", "")
        async with info.context["ws"].listen_to_channel("deal.changed", groups=["all", f"user.{name}"]) as messages:
            async for message in messages:
                yield OpportunityEvent(opportunity=Opportunity(id=message["id"], notes=message["notes"]))


_consumer = GraphQLWSConsumer.as_asgi(schema=strawberry.Schema(query=Query, subscription=Subscription))


async def app(scope, receive, send):
    """Serves sockets."""
    if scope["type"] == "websocket":
        await _consumer(scope, receive, send)
    else:
        await asyncio.sleep(0)
