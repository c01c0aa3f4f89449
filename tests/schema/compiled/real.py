"""Who asks about the demo, and values to ask with that are in it."""

from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model

from backend.attachments.models import Attachment
from backend.crm.models import Account, Activity, Contact, Lead, Opportunity, Product, Stage
from backend.field.models import Visit
from backend.identity.models import User
from backend.kit.models import Row
from backend.orders.models import Order
from backend.schema.api import schema
from backend.schema.paging import cursor, ordered_by
from backend.territories.models import Territory
from tests.schema.compiled.questions import DAYS, INSTANTS, TEXTS, Asker

ASKERS = (
    "dee",
    "ana",
    "ben",
    "dee",
    "cy",
    "pat",
    "hw_max",
    "hw_melvin_marxen",
    "hw_darcel_schlecht",
    "chi_max",
    "chi_purple",
)
SOME = 60
"""So many rows of a table are asked for by their ids."""

_ROOTS: dict[str, tuple[type[Row], str]] = {
    "accounts": (Account, "name"),
    "opportunities": (Opportunity, "name"),
    "visits": (Visit, "planned_start"),
    "orders": (Order, "-placed_at"),
    "activities": (Activity, "-created_at"),
    "leads": (Lead, "-created_at"),
}


def askers() -> list[User]:
    """Returns people of each role; of the two other tenants those who see most and least."""
    found = {one.username: one for one in User.objects.filter(username__in=ASKERS)}
    return [found[name] for name in ASKERS]


def asker_of(person: User) -> Asker:
    """Returns who makes questions for a person: about what their org has, and here and there about what is another's."""
    dice, org = Random(0), person.org_id
    assert org is not None

    def some(model: type[Model]) -> list[str]:
        keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
        ours, others = list(keys.filter(org_id=org)), list(keys.exclude(org_id=org)[:3])
        return [str(one) for one in (*dice.sample(ours, min(SOME, len(ours))), *others)] or [str(person.pk)]

    cursors: dict[str, list[Any]] = {}
    for name, (model, by) in _ROOTS.items():
        rows = model._default_manager.filter(org_id=org)
        made = list(rows.order_by("id").values_list(cursor(rows, ordered_by(by)), flat=True)[: SOME * 3])
        if made:
            cursors[f"{name}.after"] = made
    visits = Visit.objects.filter(org_id=org).order_by("id").select_related("rep")[: SOME * 3]
    days = [(one.rep_id, one.planned_start.astimezone(ZoneInfo(one.rep.timezone)).date().isoformat()) for one in visits]
    names = [
        one
        for model in (Account, Opportunity)
        for one in model._default_manager.filter(org_id=org).values_list("name", flat=True)[:30]
    ]
    ids = {
        "account": some(Account),
        "opportunity": some(Opportunity),
        "visit": some(Visit),
        "order": some(Order),
        "lead": some(Lead),
        "contact": some(Contact),
        "attachment": some(Attachment),
    }
    users = some(User)
    pools: dict[str, list[Any]] = {
        **{f"{name}.id": found for name, found in ids.items()},
        **cursors,
        "accountId": ids["account"],
        "visitId": ids["visit"],
        "productId": some(Product),
        "territoryId": some(Territory),
        "stageId": some(Stage),
        **dict.fromkeys(("userId", "repId", "ownerId"), users),
        "first": [1, 2, 3, 7, 20, 50],
        "few": [1, 2, 3, 5, 20, 0],
        "lat": [41.66, 42.03],
        "lng": [-91.53, -93.62],
        "Boolean": [True, False],
        "Date": [*DAYS, *(day for _, day in days[:20])],
        "DateTime": INSTANTS,
        "Decimal": ["12.50", "100", "5000"],
        "Float": [0.5, 42.0],
        "Int": [1, 3, 7],
        "JSON": [{}],
        "String": [*TEXTS, *names, *(one[:4] for one in names)],
        "attachments.ids": [ids["attachment"][:3]],
        "UUID": [*users, *(one for found in ids.values() for one in found[:5])],
    }
    return Asker(schema._schema, Random(0), pools, days or [(person.pk, DAYS[0])])
