"""The nearest accounts, against measuring every one: at high latitudes, at the poles, and across the date line."""

import json
from math import asin, cos, radians, sin, sqrt
from random import Random
from typing import Any

import pytest
from django.db import connection

from backend.crm.models import Account, Address
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.territories import nearby
from backend.territories.models import AccountTerritory, AssignmentSource
from tests.factories.world import BEFORE, World, acting

PLACES = [
    (42.0, -93.6, 0.5),
    (69.6, 18.9, 2.0),
    (-17.0, 179.9, 1.5),
    (89.5, 0.0, 4.0),
    (-88.0, 120.0, 3.0),
    (0.0, 0.0, 60.0),
]


def _metres(a: LatLng, b: LatLng) -> float:
    half = sin(radians(b.lat - a.lat) / 2) ** 2
    half += cos(radians(a.lat)) * cos(radians(b.lat)) * sin(radians(b.lng - a.lng) / 2) ** 2
    return 2 * nearby.RADIUS_M * asin(min(1.0, sqrt(half)))


def _somewhere(dice: Random) -> LatLng:
    lat, lng, spread = dice.choice(PLACES)
    lat = max(-90.0, min(90.0, dice.gauss(lat, spread)))
    return LatLng(lat, (dice.gauss(lng, spread / max(0.02, cos(radians(lat)))) + 180) % 360 - 180)


@pytest.fixture
def scattered(field: World) -> dict[Any, LatLng]:
    """Five hundred accounts over the earth: in the north's territory, some at the same place."""
    dice = Random(6)
    points = [_somewhere(dice) for _ in range(480)]
    points += points[:20]
    accounts = Account.objects.bulk_create([Account(org=field.org, name=f"S{n}") for n in range(len(points))])
    Address.objects.bulk_create(
        [
            Address(org=field.org, account=a, lat=p.lat, lng=p.lng, quality="source")
            for a, p in zip(accounts, points, strict=True)
        ]
    )
    AccountTerritory.objects.bulk_create(
        [
            AccountTerritory(
                org=field.org, account=one, territory=field.north, source=AssignmentSource.MANUAL,
                valid_from=clock.now() - BEFORE,
            )
            for one in accounts
        ]
    )  # fmt: skip
    return {one.pk: point for one, point in zip(accounts, points, strict=True)}


@pytest.mark.parametrize(("who", "few"), [("dee", nearby.FEW), ("ben", 0), ("ana", nearby.FEW)])
def test_the_nearest_are_those_that_measuring_all_finds(
    field: World, scattered: dict[Any, LatLng], who: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the index, and, for who sees few, by all that is theirs; those that are as far by their ids. Cy's lie among them."""
    for number in range(0, 500, 3):
        point = list(scattered.values())[number]
        field.account("Cy's", field.south, lat=point.lat, lng=point.lng)
    monkeypatch.setattr(nearby, "FEW", few)
    # Dee sees Cy's, too.
    everybodys = {
        key: LatLng(lat, lng)
        for key, lat, lng in Address.objects.values_list("account_id", "lat", "lng")
        if lat and lng
    }
    known = everybodys if who == "dee" else scattered
    dice, actor = Random(7), acting(getattr(field, who))
    for number in range(40):
        here, first = _somewhere(dice), dice.choice([1, 5, 50])
        expected = sorted((round(_metres(here, point), 3), key) for key, point in known.items())[:first]
        found = [(round(metres, 3), account.pk) for account, metres in nearby.accounts(actor, here, first)]
        assert found == expected, (number, here)


def test_it_is_one_question(field: World, scattered: dict[Any, LatLng], django_assert_num_queries: Any) -> None:
    for person in (field.dee, field.ben, field.ana, field.pat):
        actor = acting(person)
        with django_assert_num_queries(1):
            nearby.accounts(actor, LatLng(42.0, -93.6), 50)


def test_who_sees_many_and_is_far_from_them_is_told_of_the_nearest(
    field: World, scattered: dict[Any, LatLng], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ben stands among Cy's; what is looked at from there is none of his."""
    monkeypatch.setattr(nearby, "FEW", 0)
    monkeypatch.setattr(nearby, "LOOKED_AT", 20)
    for number in range(30):
        field.account("Cy's", field.south, lat=20 + number / 1000, lng=20)
    expected = sorted((_metres(LatLng(20, 20), point), key) for key, point in scattered.items())[:5]
    found = nearby.accounts(acting(field.ben), LatLng(20, 20), 5)
    assert [account.pk for account, _ in found] == [key for _, key in expected]


def test_the_stranger_is_told_of_nothing(field: World, scattered: dict[Any, LatLng]) -> None:
    for stranger in (field.cy, field.bea, field.zoe, field.pat):
        assert nearby.accounts(acting(stranger), LatLng(42.0, -93.6), 50) == []


def test_who_leads_and_sees_few_is_told_of_all_of_them(field: World) -> None:
    field.account("Near", field.north, lat=42.1)
    field.account("Far", field.north, lat=-42.1)
    found = nearby.accounts(acting(field.ben), LatLng(42.0, -93.6), 50)
    assert [account.name for account, _ in found] == ["Near", "Far"]


def test_the_index_finds_them(field: World, scattered: dict[Any, LatLng]) -> None:
    person: User = field.dee
    sql, given = nearby.question(acting(person), LatLng(69.6, 18.9), 10)
    with connection.cursor() as cursor:
        # A table of five hundred rows is read as fast without one.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", given)
        [plan] = cursor.fetchone()
    nodes = _nodes(plan if isinstance(plan, list) else json.loads(plan))
    used = [one for one in nodes if one.get("Index Name") == "address_on_sphere"]
    assert sum("Order By" in one for one in used) == 2  # around the place, and around the middle of what is near to it
    assert sum("<@" in one.get("Index Cond", "") for one in used) == 1  # and what lies in that circle
    assert sum("int8range" in one.get("Index Cond", "") for one in used) == 3  # of the org alone
    assert not [one for one in nodes if one["Node Type"] == "Seq Scan" and one["Relation Name"] == "crm_address"]


def _nodes(plan: Any) -> list[dict[str, Any]]:
    if isinstance(plan, list):
        return [node for one in plan for node in _nodes(one)]
    if not isinstance(plan, dict):
        return []
    own = [plan] if "Node Type" in plan else []
    return own + [node for value in plan.values() if isinstance(value, (dict, list)) for node in _nodes(value)]
