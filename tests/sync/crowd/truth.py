"""What each person may see at this instant, worked out from the tables and not through a pull: who sees what is asked of
plain rows here and of nothing that the server uses, and what a role may not read is left out by the models' own word."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection

from backend.crm.models import Account
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.field_rules import may_read
from backend.sync.protocol import CURRENT
from backend.sync.tables import BY_ENTITY, TABLES
from backend.sync.view import view_for
from backend.territories.coverage import visible_root_kinds
from backend.territories.models import AccountShare, AccountTerritory, Territory, TerritoryModel, UserTerritory
from tests.factories.replica import Rows


@dataclass(frozen=True, slots=True)
class Seen:
    """What decides what a phone is told: who its person is, their role, and the roots they see."""

    person: str
    role: str
    roots: set[str]

    def theirs(self, entity: str, row: dict[str, Any]) -> bool:
        """Says whether the row is for this person: what people were told is for each of them alone."""
        return entity != "notification" or row["userId"] == self.person


LEADERS = (Role.MANAGER, Role.ADMIN)


def everything(protocol: int = CURRENT) -> Rows:
    """Returns every living row of every org, as a version of the protocol tells it to who may read all."""
    return read({table.entity for table in TABLES}, protocol)


def read(entities: Collection[str], protocol: int) -> Rows:
    """Returns every living row of some entities."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table in view_for(protocol, Role.ADMIN).tables:
            if table is not None and table.entity in entities:
                cursor.execute(table.select())
                for row_id, root, row in cursor.fetchall():
                    rows[(table.entity, str(row_id))] = (str(root), json.loads(row))
    return rows


def as_before(rows: Rows, protocol: int) -> Rows:
    """Returns rows of the newest version as an older one tells them: without the columns it does not know; those of an
    entity of which more has changed are read again."""
    known = {table.entity: table.columns for table in view_for(protocol, Role.ADMIN).tables if table is not None}
    changed = {entity for entity, columns in known.items() if not columns.items() <= BY_ENTITY[entity].columns.items()}
    kept = {
        key: (root, {name: value for name, value in row.items() if name == "id" or name in known[key[0]]})
        for key, (root, row) in rows.items()
        if key[0] in known and key[0] not in changed
    }
    return kept | read(changed, protocol)


@cache
def unread(entity: str, role: str) -> frozenset[str]:
    """Returns the columns of an entity that a role may not read, of the newest version; "id" when it is all of it."""
    table = BY_ENTITY[entity]
    models = {model._meta.db_table: model for model in apps.get_models()}
    if not may_read(models[table.table], role):
        return frozenset({"id", *table.columns})
    hidden = {
        name
        for name in table.columns
        for source, column in table.shown(name)
        if not may_read(models[source], role, column)
    }
    return frozenset(hidden)


def masked(entity: str, row: dict[str, Any], role: str) -> dict[str, Any]:
    """Returns a row without what a role may not read, also in what it carries of other rows."""
    hidden = unread(entity, role)
    row = {name: value for name, value in row.items() if name not in hidden}
    for name in BY_ENTITY[entity].carries & row.keys():
        about = row.get("entity")
        if about in BY_ENTITY:
            row[name] = _without(row[name], unread(about, role))
    return row


def _without(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [one for one in value if one["name"] not in hidden]
    if not isinstance(value, dict):
        return value
    kept = {name: inner for name, inner in value.items() if name not in hidden}
    for part in ("set", "args"):
        if isinstance(kept.get(part), dict):
            kept[part] = {name: inner for name, inner in kept[part].items() if name not in hidden}
    return kept


def seen_by(seen: Seen, rows: Rows, entities: frozenset[str] | None = None) -> Rows:
    """Returns those of the rows that a person may see."""
    return {
        key: (root, masked(key[0], row, seen.role))
        for key, (root, row) in rows.items()
        if root in seen.roots
        and seen.theirs(key[0], row)
        and "id" not in unread(key[0], seen.role)
        and (entities is None or key[0] in entities)
    }


def roots_of(user: User) -> set[str]:
    """Returns the roots the person sees now, as the server says."""
    return {str(root) for root in visible_root_kinds(user.pk)}


@dataclass(frozen=True)
class Coverage:
    """All that decides who sees what, read once."""

    at: datetime
    people: dict[UUID, User]
    models: frozenset[UUID]
    territories: dict[UUID, Territory]
    holds: list[tuple[UUID, UUID]]
    placed: list[tuple[UUID, UUID]]
    shared: list[tuple[UUID, UUID]]
    accounts: dict[UUID, UUID]

    @classmethod
    def now(cls) -> "Coverage":
        """Reads it."""
        at = clock.now()

        def valid(rows: Any, *columns: str) -> list[tuple[UUID, UUID]]:
            found = rows.filter(deleted_at=None).values_list(*columns, "valid_from", "valid_to")
            return [(one, two) for one, two, since, until in found if since <= at and (until is None or until > at)]

        return cls(
            at=at,
            people={one.pk: one for one in User.objects.all()},
            models=frozenset(
                TerritoryModel.objects.filter(state="active", deleted_at=None).values_list("id", flat=True)
            ),
            territories={one.pk: one for one in Territory.objects.filter(deleted_at=None)},
            holds=valid(UserTerritory.objects, "user_id", "territory_id"),
            placed=valid(AccountTerritory.objects, "account_id", "territory_id"),
            shared=valid(AccountShare.objects, "account_id", "user_id"),
            accounts=dict(Account.objects.filter(deleted_at=None).values_list("id", "org_id")),
        )

    def seen(self, user_id: UUID) -> Seen:
        """Returns what decides what a person is told."""
        return Seen(str(user_id), str(self.people[user_id].role), self.roots(user_id))

    def roots(self, user_id: UUID) -> set[str]:
        """Returns the roots a person sees, by the words of docs/sync.md: their org, themselves and whom they lead, the
        territories these hold with all beneath them, the accounts placed there, and those shared with the person."""
        me = self.people[user_id]
        if not me.is_active or me.org_id is None:
            return set()
        people = self._people(me)
        territories = self._territories(me, people)
        if me.role == Role.ADMIN:
            accounts = {one for one, org in self.accounts.items() if org == me.org_id}
        else:
            given = {one for one, where in self.placed if where in territories}
            given |= {one for one, to in self.shared if to == me.pk}
            accounts = {one for one in given if self.accounts.get(one) == me.org_id}
        return {str(one) for one in {me.org_id} | people | territories | accounts}

    def _people(self, me: User) -> set[UUID]:
        if me.role == Role.ADMIN:
            return {one.pk for one in self.people.values() if one.org_id == me.org_id} | self._beneath(me)
        return self._beneath(me) if me.role in LEADERS else {me.pk}

    def _beneath(self, me: User) -> set[UUID]:
        found, grown = {me.pk}, True
        while grown:
            more = {one.pk for one in self.people.values() if one.manager_id in found and one.org_id == me.org_id}
            grown = not more <= found
            found |= more
        return found

    def _territories(self, me: User, people: set[UUID]) -> set[UUID]:
        ours = {one.pk for one in self.territories.values() if one.org_id == me.org_id and one.model_id in self.models}
        held = {where for who, where in self.holds if who in people}
        found = ours if me.role == Role.ADMIN else set() if me.role == Role.PARTNER else ours & held
        grown = True
        while grown:
            more = {one.pk for one in self.territories.values() if one.parent_id in found}
            grown = not more <= found
            found = found | more
        return found


def difference(mine: Rows, right: Rows) -> str:
    """Tells how a replica differs from what it should be, shortly."""
    missing = sorted(right.keys() - mine.keys())
    ghosts = sorted(mine.keys() - right.keys())
    stale = sorted(key for key in mine.keys() & right.keys() if mine[key] != right[key])
    return f"missing {missing[:5]}, ghosts {ghosts[:5]}, stale {[(key, mine[key], right[key]) for key in stale[:3]]}"
