"""A statement that is kept says only what it would say if it were made anew: for each person, at each time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Model, QuerySet

from backend.crm.models import Account
from backend.identity.actor import Actor
from backend.identity.models import Role, User
from backend.kit import clock
from backend.schema.compiled import kept
from backend.schema.compiled.kept import Made, Rows
from backend.territories.coverage import visible
from backend.territories.models import UserTerritory
from tests.factories.world import World, acting
from tests.schema.compiled.conftest import answer
from tests.schema.compiled.questions import Question

LIST = Question("{ accounts(first: 9) { nodes { name contacts { fullName } } pageInfo { endCursor } } }", {})


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept.forget()
    yield
    kept.forget()


@pytest.fixture
def stores(field: World) -> dict[str, Account]:
    """One account in the north, one in the south, each with somebody to talk to."""
    made = {"Hy-Vee": field.account("Hy-Vee", field.north), "Kum & Go": field.account("Kum & Go", field.south)}
    for account in made.values():
        field.contact(account, f"Buyer of {account.name}")
    return made


def _asked(user: User, question: Question) -> bytes:
    """Returns what the compiled read says, having seen that the resolvers say it too."""
    said = answer(user, question, by_resolvers=False)
    assert said == answer(user, question, by_resolvers=True)
    return said[0]


def _hits() -> int:
    return kept.counted()["hits"]


def _one(account: Account) -> Question:
    return Question("query ($id: UUID!) { account(id: $id) { name } }", {"id": str(account.pk)})


def test_what_is_kept_of_ana_shows_cy_his_own(field: World, stores: dict[str, Account]) -> None:
    for _ in range(3):
        assert b"Hy-Vee" in _asked(field.ana, LIST)
    before = _hits()
    for user, seen in ((field.cy, {"Kum & Go"}), (field.ana, {"Hy-Vee"}), (field.cy, {"Kum & Go"})):
        said = _asked(user, LIST).decode()
        assert {name for name in stores if name in said} == seen
    assert _hits() == before + 3


def test_an_account_of_cys_stays_hidden_from_ana_whoever_asked_before(field: World, stores: dict[str, Account]) -> None:
    for _ in range(3):
        assert b"Kum & Go" in _asked(field.cy, _one(stores["Kum & Go"]))
    before = _hits()
    assert _asked(field.ana, _one(stores["Kum & Go"])) == b"null"
    assert b"Hy-Vee" in _asked(field.ana, _one(stores["Hy-Vee"]))
    assert b"Kum & Go" in _asked(field.cy, _one(stores["Kum & Go"]))
    assert _hits() == before + 3


def test_who_is_given_another_territory_sees_that_one(field: World, stores: dict[str, Account]) -> None:
    for _ in range(3):
        assert b"Hy-Vee" in _asked(field.ana, LIST)
    before = _hits()
    UserTerritory.objects.filter(user=field.ana).update(territory=field.south)
    said = _asked(field.ana, LIST)
    assert (b"Hy-Vee" in said, b"Kum & Go" in said) == (False, True)
    UserTerritory.objects.filter(user=field.ana).update(valid_to=clock.now() - timedelta(1))
    assert b"[]" in _asked(field.ana, LIST)
    assert _hits() == before + 2


def test_a_role_is_part_of_what_a_statement_is_kept_under(field: World, stores: dict[str, Account]) -> None:
    for _ in range(3):
        assert b"Hy-Vee" in _asked(field.ben, LIST)
    for role in (Role.PARTNER, Role.REP, Role.ADMIN, Role.MANAGER):
        User.objects.filter(pk=field.ben.pk).update(role=role)
        said = _asked(User.objects.get(pk=field.ben.pk), LIST)
        assert (b"Hy-Vee" in said, b"Kum & Go" in said) == (
            role in (Role.ADMIN, Role.MANAGER),
            role is Role.ADMIN,
        )


def _made(rows: Rows, actor: Any) -> Made:
    found = rows()
    sql, params = found.query.sql_with_params()
    return Made(sql, params, found.model)


def _statement(rows: Rows, actor: Actor) -> tuple[str, list[Any], type[Model]]:
    made = kept.statement(rows, actor, "key", _made)
    return made.sql, list(made.params), made.model


def _three_times(field: World, rows: Callable[[User, UUID], Rows], ids: tuple[UUID, UUID, UUID]) -> list[set[str]]:
    """Asks three times for different ids; returns the names found by what was said, having seen that they are the right ones."""
    said = []
    for one in ids:
        function = rows(field.ana, one)
        sql, params, _ = _statement(function, acting(field.ana))
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = {str(row[0]) for row in cursor.fetchall()}
        assert found == {str(row["pk"]) for row in function()}
        said.append(found)
    return said


def test_what_follows_from_the_time_or_from_the_database_is_not_kept(field: World, stores: dict[str, Account]) -> None:
    hyvee, kum = (one.pk for one in stores.values())

    def since(user: User, one: UUID) -> Rows:
        return lambda: Account.objects.filter(pk=one, updated_at__gte=clock.now() - timedelta(1)).values("pk")

    def asking(user: User, one: UUID) -> Rows:
        return lambda: Account.objects.filter(name=Account.objects.get(pk=one).name).values("pk")

    def written(user: User, one: UUID) -> Rows:
        return lambda: Account.objects.extra(where=[f"id = '{one}'"]).values("pk")  # noqa: S610

    for rows in (since, asking, written):
        kept.forget()
        assert len({frozenset(one) for one in _three_times(field, rows, (hyvee, hyvee, kum))}) == 2
        assert kept.counted()["kept"] == 0


def test_ids_that_are_the_same_are_kept_apart_from_ids_that_are_not(field: World, stores: dict[str, Account]) -> None:
    hyvee, kum = (one.pk for one in stores.values())

    def own(mine: UUID) -> Callable[[User, UUID], Rows]:
        return lambda user, one: (
            lambda: (Account.objects.all() if one == mine else Account.objects.filter(pk=one)).values("pk")
        )

    assert _three_times(field, own(hyvee), (kum, kum, hyvee))[2] >= {str(hyvee), str(kum)}
    assert kept.counted()["kept"] == 1


def test_an_actor_and_a_filter_are_seen_through(field: World, stores: dict[str, Account]) -> None:
    actor = acting(field.ana)

    def rows(tier: str | None) -> Rows:
        def found() -> QuerySet[Account]:
            seen = visible(Account.objects.all(), actor, root="id")
            return seen if tier is None else seen.filter(tier=tier)

        return found

    for tier, count in ((None, 1), ("A", 1), ("C", 0), ("A", 1), ("A", 1), ("C", 0), (None, 1)):
        function = rows(tier)
        sql, params, _ = _statement(function, actor)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            assert len(cursor.fetchall()) == count
    other = replace(acting(field.cy), timezone="UTC")
    for _ in range(3):
        _statement(rows("A"), other)
    assert kept.counted()["kept"] >= 2
