"""Who sees a root, asked from the root, is who holds it in `visible_roots`, and in `all_visible_roots`, and as a condition of
rows: in worlds made at random."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import DateTimeField, Model, UUIDField, Value
from django.db.models.expressions import RawSQL

from backend.crm.models import Account
from backend.identity.models import Org, Role, User
from backend.identity.tokens import actor_of
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories import pairs
from backend.territories.coverage import visible
from backend.territories.models import (
    AccountShare,
    AccountTerritory,
    ModelState,
    Territory,
    TerritoryModel,
    UserTerritory,
)
from backend.territories.seen import Root, Seen, Way, asked

NOW = clock.now()
WORLDS = 12
T = TypeVar("T")


class World:
    """Two orgs that do not keep to the rules: managers of the other org and in circles, spans of all times, deleted rows."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.orgs = [Org.objects.create(slug=new_id().hex, name=f"Org {n}") for n in range(2)]
        self.users = User.objects.bulk_create(self.person(n) for n in range(16))
        for person in self.users:
            person.manager = self.one_of([one for one in self.users if one != person], 0.8)
        User.objects.bulk_update(self.users, ["manager"])
        states = (ModelState.ACTIVE, ModelState.PLANNING)
        models = TerritoryModel.objects.bulk_create(
            TerritoryModel(org=org, name=state, state=state, deleted_at=self.rarely(0.25))
            for org in self.orgs
            for state in states
        )
        self.territories: list[Territory] = []
        for number in range(14):
            model = self.dice.choice([models[0], models[0], *models])
            parent = self.one_of(self.territories, 0.6)
            self.territories.append(
                Territory.objects.create(
                    org_id=model.org_id, model=model, parent=parent, name=f"T{number}", deleted_at=self.rarely()
                )
            )
        self.accounts = Account.objects.bulk_create(
            Account(org=self.dice.choice([self.orgs[0], *self.orgs]), name=f"A{n}", deleted_at=self.rarely())
            for n in range(16)
        )
        self.spans()

    def person(self, number: int) -> User:
        return User(
            org=self.one_of([self.orgs[0], *self.orgs], 0.8),
            username=f"{number}-{self.orgs[0].pk.hex}",
            role=self.dice.choice([Role.REP, Role.REP, Role.MANAGER, Role.MANAGER, Role.ADMIN, Role.PARTNER]),
            is_active=self.dice.random() < 0.85,
        )

    def spans(self) -> None:
        UserTerritory.objects.bulk_create(
            UserTerritory(org=self.orgs[0], user=user, territory=territory, deleted_at=self.rarely(), **self.time())
            for user in self.users
            for territory in self.dice.sample(self.territories, self.dice.choice([0, 0, 1, 1, 3]))
        )
        AccountTerritory.objects.bulk_create(
            AccountTerritory(
                org=self.orgs[0],
                account=account,
                territory=self.dice.choice(self.territories),
                role=role,
                source="manual",
                deleted_at=self.rarely(),
                **self.time(),
            )
            for account in self.accounts
            for role in ("primary", "overlay")
        )
        AccountShare.objects.bulk_create(
            AccountShare(
                org=self.orgs[0],
                account=self.dice.choice(self.accounts),
                user=self.dice.choice(self.users),
                shared_by=self.users[0],
                deleted_at=self.rarely(),
                **self.time(),
            )
            for _ in range(14)
        )

    def time(self) -> dict[str, Any]:
        since, until = self.dice.choice([(-2, None), (-2, None), (-2, None), (-2, 2), (-2, 0), (0, None), (1, None)])
        return {
            "valid_from": NOW + timedelta(hours=since),
            "valid_to": None if until is None else NOW + timedelta(hours=until),
        }

    def one_of(self, some: list[T], chance: float) -> T | None:
        return self.dice.choice(some) if some and self.dice.random() < chance else None

    def rarely(self, chance: float = 0.1) -> datetime | None:
        return NOW if self.dice.random() < chance else None

    def roots(self) -> list[UUID]:
        return [one.pk for some in (self.orgs, self.users, self.territories, self.accounts) for one in some] + [
            new_id()
        ]


def by_person(user_id: UUID, whole: str = "") -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT root, kind FROM {whole}visible_roots(%s, %s)", [user_id, NOW])
        rows = cursor.fetchall()
    assert len(rows) == len(dict(rows))
    return dict(rows)


def one_by_one(people: Iterable[UUID], roots: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, r.id FROM unnest(%s::uuid[]) p(id), unnest(%s::uuid[]) r(id) WHERE sees_root(p.id, r.id, %s)",
            [list(people), list(roots), NOW],
        )
        return set(cursor.fetchall())


def by_condition(user: User, org_id: UUID, among: Iterable[UUID], kind: Root, way: Way) -> set[UUID]:
    known = (Value(user.pk, output_field=UUIDField()), Value(org_id, output_field=UUIDField()))
    seen = Seen(RawSQL("r.root", []), *known, Value(NOW, output_field=DateTimeField()), kind=kind, way=way)
    sql, params = Account.objects.all().query.get_compiler("default").compile(seen)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT r.root FROM unnest(%s::uuid[]) r(root) WHERE {sql}", [list(among), *params])
        return {root for (root,) in cursor.fetchall()}


def test_asked_from_the_root_it_is_the_same(db: None) -> None:
    met: set[tuple[str, str]] = set()
    for seed in range(WORLDS):
        world = World(seed)
        asked = {(user.pk, root) for user in world.users for root in world.roots()}
        held = {user: by_person(user.pk) for user in world.users}
        true = {(user.pk, root) for user, roots in held.items() for root in roots}
        assert pairs.seen(asked, NOW) == true & asked, seed
        assert {user: by_person(user.pk, "all_") for user in held} == held, seed
        assert true <= asked
        assert one_by_one([*(user.pk for user in held), new_id()], world.roots()) == true, seed
        for user in world.dice.sample(world.users, 5):
            assert by_condition(user, new_id(), world.roots(), Root.ANY, Way.EACH) == set(held[user]), seed
            accounts = {root for root, kind in held[user].items() if kind == "account"}
            every = [one.pk for one in world.accounts]
            assert by_condition(user, new_id(), every, Root.ACCOUNT, Way.EACH) == accounts, seed
            for org in world.orgs:
                there = [one.pk for one in world.accounts if one.org_id == org.pk and one.deleted_at is None]
                mine = accounts if org.pk == user.org_id else set()
                for way in (Way.EACH, Way.WHOLE):
                    assert by_condition(user, org.pk, there, Root.OWN, way) == mine, (seed, way)
        for way in (Way.ANYHOW, Way.WHOLE, Way.ONE):
            assert by_condition(user, new_id(), world.roots(), Root.ANY, way) == set(held[user]), (seed, way)
        met |= {(user.role, kind) for user, roots in held.items() for kind in roots.values()}
    everything = {
        (role, kind) for role in ("rep", "manager", "admin") for kind in ("org", "user", "territory", "account")
    }
    assert met == everything | {("partner", kind) for kind in ("org", "user", "account")}


HOUR = timedelta(hours=1)
OVER: tuple[dict[str, Any], ...] = (
    {"deleted_at": NOW},
    {"valid_from": NOW + HOUR},
    {"valid_to": NOW},
    {"valid_to": NOW - HOUR / 2},
)


def test_whatever_ends_coverage_ends_it_for_one_root(db: None) -> None:
    org, other = Org.objects.bulk_create(Org(slug=new_id().hex, name=f"Org {n}") for n in range(2))
    roles = (Role.MANAGER, Role.MANAGER, Role.REP, Role.PARTNER)
    eve, ben, ana, pat = (User(org=org, username=new_id().hex, role=role) for role in roles)
    ben.manager, ana.manager = eve, ben
    User.objects.bulk_create([eve, ben, ana, pat])
    model = TerritoryModel.objects.create(org=org, name="Now", state=ModelState.ACTIVE)
    north = Territory.objects.create(org=org, model=model, name="North")
    store = Account.objects.create(org=org, name="Store")
    since: dict[str, Any] = {"org": org, "valid_from": NOW - HOUR}
    works = UserTerritory.objects.create(user=ana, territory=north, **since)
    lies = AccountTerritory.objects.create(account=store, territory=north, source="manual", **since)

    def see(root: UUID) -> list[str]:
        people = {"Eve": eve.pk, "Ben": ben.pk, "Ana": ana.pk, "Pat": pat.pk}
        seen = one_by_one(people.values(), [root])
        assert seen == {(person, root) for person in people.values() if root in by_person(person)}
        with clock.supposed(NOW), asked(Way.WHOLE):
            listed = {
                person for person in (eve, ben, ana, pat) if visible(Account.objects.all(), actor_of(person), root="id")
            }
        assert {person.pk for person in listed} == {person for person, _ in seen}
        return [name for name, person in people.items() if (person, root) in seen]

    def once(row: Model, change: dict[str, Any]) -> list[str]:
        before = {name: getattr(row, name) for name in change}
        type(row)._default_manager.filter(pk=row.pk).update(**change)
        seen = see(store.pk)
        type(row)._default_manager.filter(pk=row.pk).update(**before)
        return seen

    everybody = see(store.pk)
    assert everybody == ["Eve", "Ben", "Ana"]
    gone: list[tuple[Model, dict[str, Any]]] = [(span, change) for span in (works, lies) for change in OVER]
    gone += [(one, {"deleted_at": NOW}) for one in (north, model, store)]
    gone += [(north, {"org": other}), (store, {"org": other}), (model, {"state": ModelState.PLANNING})]
    for row, change in gone:
        assert once(row, change) == [], (row, change)
    for span in (works, lies):
        assert once(span, {"valid_from": NOW}) == once(span, {"valid_to": NOW + HOUR}) == everybody
    assert once(ana, {"is_active": False}) == once(ana, {"role": Role.PARTNER}) == ["Eve", "Ben"]
    assert once(ana, {"manager": None}) == ["Ana"]
    assert once(ana, {"org": other}) == []
    assert once(ben, {"role": Role.REP}) == once(ben, {"is_active": False}) == ["Eve", "Ana"]
    assert once(ben, {"manager": None}) == ["Ben", "Ana"]
    assert once(ben, {"org": other}) == ["Ana"]
    share = AccountShare.objects.create(account=store, user=pat, shared_by=ben, **since)
    assert see(store.pk) == [*everybody, "Pat"]
    for change in OVER:
        assert once(share, change) == everybody, change


@pytest.mark.parametrize("asked", [[], [(new_id(), new_id())]])
def test_nobody_sees_nothing(db: None, asked: list[tuple[UUID, UUID]]) -> None:
    assert pairs.seen(asked, NOW) == set()
