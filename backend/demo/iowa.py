"""Iowa Wholesale: real stores, products and orders around Des Moines and Ames; made-up people and visits."""

import json
from typing import Any

import shapely
from django.db import transaction
from shapely.geometry import box, mapping, shape
from shapely.geometry.base import BaseGeometry

from backend.crm.models import Account, Pipeline, Stage, StageCategory, Tier
from backend.demo.history import make_history
from backend.demo.people import (
    Person,
    give_hours,
    give_territory,
    make_people,
    make_territories,
    set_cycles,
)
from backend.demo.steps import BEGUN, FOLDER, Say, bring_in, mark, once
from backend.demo.winback import PIPELINE, STAGES, make_winbacks
from backend.identity.models import Org, Role, User
from backend.kit import clock
from backend.territories.models import AccountShare, AccountTerritory, UserTerritory

SLUG = "iowa"
MERIDIAN = -93.6305
"""Cuts Polk county in two halves of near equal work: visits a month by tier (A 2, B 1, C one half), 2022-11."""
CYCLES = {Tier.A.value: 14, Tier.B.value: 28, Tier.C.value: 56}
TOP = "Central Iowa"
WEST, EAST, AMES, AROUND = "Des Moines West", "Des Moines East", "Ames", "Dallas and Warren"
PEOPLE = [
    Person("ana", "Ana Torres", Role.REP, (42.0267, -93.6200)),
    Person("cy", "Cy Novak", Role.REP, (41.5772, -93.7113)),
    Person("fay", "Fay Lindqvist", Role.REP, (41.5908, -93.6046)),
    Person("gus", "Gus Okafor", Role.REP, (41.6116, -93.8854)),
    Person("ben", "Ben Schmidt", Role.MANAGER),
    Person("dee", "Dee Larsen", Role.ADMIN),
    Person("pat", "Pat Moreau", Role.PARTNER),
]
WORKED_BY = {"ana": AMES, "cy": WEST, "fay": EAST, "gus": AROUND, "ben": TOP}
SHARED = 3
"""So many of the largest accounts of Des Moines East are shown to Pat."""


def areas() -> dict[str, BaseGeometry]:
    """Returns the area of each leaf territory, made of the counties as the file has them."""
    counties = json.loads((FOLDER / "iowa" / "counties.geojson").read_text("utf-8"))["features"]
    by_name = {one["properties"]["name"]: shape(one["geometry"]) for one in counties}
    polk = by_name["Polk"]
    west, south, east, north = polk.bounds
    return {
        AMES: by_name["Story"],
        WEST: polk.intersection(box(west, south, MERIDIAN, north)),
        EAST: polk.intersection(box(MERIDIAN, south, east, north)),
        AROUND: shapely.union_all([by_name["Dallas"], by_name["Warren"]]),
    }


def load(org: Org | None, say: Say) -> Org:
    """Loads, or goes on loading, the tenant; `org` is it as far as it is there."""
    say("Iowa Wholesale: people and territories")
    org = org or _begin()
    say("Iowa Wholesale: stores and products")
    bring_in("iowa-stores")
    bring_in("iowa-products")
    say("Iowa Wholesale: 1.3 million order lines, the longest step")
    bring_in("iowa-orders")
    say("Iowa Wholesale: visits made so far, and win-back opportunities")
    once(org, "shares", _share)
    once(org, "history", make_history)
    once(org, "winback", make_winbacks)
    return org


@transaction.atomic
def _begin() -> Org:
    org = Org.objects.create(slug=SLUG, name="Iowa Wholesale", timezone="America/Chicago", currency="USD")
    people = make_people(org, PEOPLE, manager="ben")
    leaves: dict[str, dict[str, Any] | None] = {name: _geojson(area) for name, area in areas().items()}
    territories = make_territories(org, "Counties 2022", TOP, leaves)
    UserTerritory.objects.bulk_create(
        give_territory(people[who], territories[where]) for who, where in WORKED_BY.items()
    )
    give_hours(org)
    set_cycles(org, CYCLES)
    pipeline = Pipeline.objects.create(org=org, name=PIPELINE)
    for position, (name, probability, category) in enumerate(STAGES):
        Stage.objects.create(
            org=org, pipeline=pipeline, name=name, position=position, probability=probability,
            category=StageCategory(category),
        )  # fmt: skip
    mark(org, BEGUN)
    return org


def _geojson(area: BaseGeometry) -> dict[str, Any]:
    """Returns the area as plain GeoJSON, its numbers as the source has them: to the fifth place."""
    plain: dict[str, Any] = json.loads(json.dumps(mapping(shapely.set_precision(area, 1e-5))))
    return plain


def _share(org: Org) -> None:
    """Shows Pat the largest accounts of a territory that is not Ana's."""
    pat, ben = (User.objects.get(org=org, username=name) for name in ("pat", "ben"))
    there = AccountTerritory.objects.filter(org=org, territory__name=EAST, valid_to=None, deleted_at=None)
    largest = Account.objects.filter(pk__in=there.values("account_id")).order_by("-sales__amount_12m", "id")
    AccountShare.objects.bulk_create(
        AccountShare(org=org, account=account, user=pat, shared_by=ben, valid_from=clock.now())
        for account in largest.filter(sales__isnull=False)[:SHARED]
    )
