"""The same question to the resolvers and to what is compiled."""

from collections.abc import Iterator
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync

from backend.attachments.models import Attachment
from backend.crm.models import Account, Activity, Opportunity
from backend.field.models import Visit
from backend.identity.models import User
from backend.kit import clock
from backend.kit.models import Row
from backend.orders.models import Order
from backend.schema import sources
from backend.schema.api import schema
from backend.schema.compiled import plan
from backend.schema.context import Context
from backend.schema.frames import encoded
from backend.schema.paging import cursor, ordered_by
from tests.factories.world import World, acting
from tests.here import on_this_connection
from tests.schema.compiled.questions import DAYS, INSTANTS, TEXTS, Asker, Question
from tests.schema.compiled.thicket import KEPT, Thicket, grow
from tests.schema.compiled.undergrowth import undergrow

WRONG = {"UNEXPECTED", "GRAPHQL_INVALID"}
"""What no valid question is answered with."""


def answer(user: User, question: Question, *, by_resolvers: bool) -> tuple[bytes, list[dict[str, Any]]]:
    """Returns the bytes of the data, and the errors as a client has them, but for their ids."""
    context = Context(run=on_this_connection, caller=acting(user), by_resolvers=by_resolvers)
    result = async_to_sync(schema.execute)(question.document, question.variables, context_value=context)
    errors: list[dict[str, Any]] = [dict(error.formatted) for error in result.errors or []]
    for error in errors:
        error["extensions"] = {**error["extensions"], "errorId": None}
    return encoded(result.data), errors


def same(user: User, question: Question) -> tuple[bytes, list[dict[str, Any]]]:
    """Asks both ways at one instant; returns what both said."""
    with clock.moved_to(clock.now()):  # addresses of files are good until a moment
        plain = answer(user, question, by_resolvers=True)
        compiled = answer(user, question, by_resolvers=False)
    if plain[0] == compiled[0] == b"null" and "r1: " in question.document:
        # Where several roots fail, which of them takes the answer away is a matter of which is first.
        assert all((plain[1], compiled[1])), (user.username, question)
    else:
        assert compiled == plain, (user.username, question)
    return plain


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Edges show few rows, so that more than they show is soon made."""
    monkeypatch.setattr(sources, "CHILD_LIMIT", KEPT)
    plan.forget()
    yield
    plan.forget()


@pytest.fixture
def thicket(field: World, few: None) -> Thicket:
    """Returns the thicket, grown in the world."""
    return grow(field)


@pytest.fixture
def asker(field: World, thicket: Thicket) -> Asker:
    """Returns who makes questions about it."""
    paged: dict[str, tuple[type[Row], str]] = {
        "accounts": (Account, "name"),
        "opportunities": (Opportunity, "name"),
        "orders": (Order, "-placed_at"),
        "activities": (Activity, "-created_at"),
    }
    cursors = {
        name: list(model._default_manager.values_list(cursor(model._default_manager.all(), ordered_by(by)), flat=True))
        for name, (model, by) in paged.items()
    }
    visits = Visit.objects.filter(rep=field.ana, deleted_at=None).values_list("rep_id", "planned_start")
    days = [(rep, start.astimezone(ZoneInfo(field.ana.timezone)).date().isoformat()) for rep, start in visits]
    ids = thicket.ids | undergrow(field, Random(1))
    people = [str(one.pk) for one in (field.ana, field.ben, field.cy, field.dee, field.zoe)]
    pools: dict[str, list[Any]] = {
        **{f"{name}.id": [str(one) for one in found] for name, found in ids.items()},
        **{f"{name}.after": found for name, found in cursors.items()},
        **{name: [str(one) for one in found] for name, found in ids.items() if name.endswith("Id")},
        "comparePlans.otherId": [str(one) for one in ids["plan"]],
        "comparePlanRuns.otherId": [str(one) for one in ids["planRun"]],
        "attachment.id": [str(one) for one in Attachment.objects.values_list("pk", flat=True)],
        "accountId": [str(one) for one in ids["account"]],
        "visitId": [str(one) for one in ids["visit"]],
        "territoryId": [str(field.north.pk), str(field.south.pk)],
        "stageId": [str(one.pk) for one in field.stages.values()],
        **dict.fromkeys(("userId", "repId", "ownerId"), people),
        "first": [1, 2, 3, 7],
        "few": [1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 7, 0],
        "lat": [42.03, 0.0],
        "lng": [-93.62, 1.0],
        "Boolean": [True, False],
        "Date": DAYS,
        "DateTime": INSTANTS,
        "Decimal": ["12.50", "100"],
        "Float": [0.5, 42.0],
        "Int": [1, 3, 7],
        "JSON": [{}],
        "String": TEXTS,
    }
    pools["UUID"] = [*people, *(one for name in ("accountId", "visitId", "stageId") for one in pools[name][:5])]
    pools["attachments.ids"] = [pools["attachment.id"][:3], pools["attachment.id"][4:9], people[:1]]
    return Asker(schema._schema, Random(0), pools, days)
