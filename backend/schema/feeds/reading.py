"""What one look at the database says of rows that changed: who may be told, and what of them; all as of one instant.

A row is read once for all who may be told the same: those of one role who ask the same of it. Only where the answer depends
on who asks (an edge beneath that coverage is asked about) is it read for each of them, by the same statement."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from graphql import GraphQLSchema

from backend.identity.actor import Actor
from backend.identity.models import Device, Role, User
from backend.schema.compiled.plan import ROOT, Plan, plan_of
from backend.schema.compiled.refused import Refused, Unsayable
from backend.schema.compiled.values import unmarked
from backend.schema.feeds.kinds import Kind, Where
from backend.schema.feeds.told import EventShape
from backend.territories.coverage import seen_among

_WHO = UUID("ffffffff-ffff-8fff-bfff-ffffffffffff")
"""Stands for whoever asks."""

_HOLE = "\x01h"
"""Where a text is filled by resolvers (compiled.holes)."""

_MARKS = re.compile(r"%%|%s")
Pair = tuple[UUID, UUID]
Texts = dict[tuple[UUID | None, UUID], list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """One who listens: who, what they want, and the shape of what they are told (None: resolvers answer them)."""

    actor: Actor
    where: Where
    shape: EventShape | None


@dataclass(slots=True)
class Found:
    """`roots`: where the rows that are there stand. `whose`: the one person who is told of a row, of kinds that have one. `may`:
    pairs (person, row) that may be told. `good`: whom of the readers still to talk to. `matching`: row ids by what is wanted.
    `texts`: by role and shape, of (person or None, row)."""

    roots: dict[UUID, UUID] = field(default_factory=dict)
    whose: dict[UUID, UUID] = field(default_factory=dict)
    may: set[Pair] = field(default_factory=set)
    good: set[Actor] = field(default_factory=set)
    matching: dict[Where, set[UUID]] = field(default_factory=dict)
    texts: dict[tuple[Role, EventShape], Texts] = field(default_factory=dict)

    def text(self, reader: Reader, row: UUID) -> list[str] | None:
        """Returns the texts of a row for a reader; None where only resolvers can say it."""
        if reader.shape is None:
            return None
        if not reader.shape.rows:
            return []
        texts = self.texts.get((reader.actor.role, reader.shape), {})
        return texts.get((None, row)) or texts.get((reader.actor.user_id, row))


def look(schema: GraphQLSchema, kind: Kind, org_id: UUID, wanted: Mapping[Reader, Collection[UUID]]) -> Found:
    """Returns what may be told of the rows that each reader might be told of."""
    found = Found()
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        ids = {one for some in wanted.values() for one in some}
        if kind.only:
            found.whose = dict(kind.model._default_manager.filter(pk__in=ids).values_list("pk", kind.only))
        found.roots = dict(kind.rows(org_id).filter(pk__in=ids).values_list("pk", "feed_root"))
        found.good = good_among({reader.actor for reader in wanted})
        pairs = {
            (reader.actor.user_id, row)
            for reader, some in wanted.items()
            if reader.actor in found.good
            for row in some
            if row in found.roots and found.whose.get(row, reader.actor.user_id) == reader.actor.user_id
        }
        seen = seen_among({(person, found.roots[row]) for person, row in pairs})
        found.may = {(person, row) for person, row in pairs if (person, found.roots[row]) in seen}
        for where in {reader.where for reader in wanted if reader.where}:
            rows = where.among(kind.rows(org_id).filter(pk__in=found.roots), org_id)
            found.matching[where] = set(rows.values_list("pk", flat=True))
        for group, asked in _groups(wanted, found).items():
            found.texts[group] = _texts(schema, kind, org_id, *group, asked)
    return found


def _groups(wanted: Mapping[Reader, Collection[UUID]], found: Found) -> dict[tuple[Role, EventShape], set[Pair]]:
    groups: dict[tuple[Role, EventShape], set[Pair]] = defaultdict(set)
    for reader, some in wanted.items():
        if reader.shape is None or not reader.shape.rows or reader.actor not in found.good:
            continue
        matching = found.matching.get(reader.where)
        groups[reader.actor.role, reader.shape] |= {
            (reader.actor.user_id, row)
            for row in some
            if (reader.actor.user_id, row) in found.may and (matching is None or row in matching)
        }
    return groups


def good_among(actors: Iterable[Actor]) -> set[Actor]:
    """Returns those of the callers who may go on (see identity.tokens.still_good), by two queries."""
    asked = set(actors)
    people = set(
        User.objects.filter(pk__in={one.user_id for one in asked}, is_active=True).values_list("pk", "org_id", "role")
    )
    devices = {
        pk: (user, generation)
        for pk, user, generation in Device.objects.filter(
            pk__in={one.device_id for one in asked if one.device_id}, revoked_at=None
        ).values_list("pk", "user_id", "token_generation")
    }
    return {
        one
        for one in asked
        if (one.user_id, one.org_id, one.role) in people
        and (
            one.device_id is None
            or (
                (known := devices.get(one.device_id)) is not None
                and known[0] == one.user_id
                and one.generation in (None, known[1])
            )
        )
    }


def sayable(schema: GraphQLSchema, shape: EventShape, role: Role) -> bool:
    """Says whether rows of the shape can be read as text."""
    try:
        return not any(_HOLE in plan.sql for plan in _plans(schema, shape, role))
    except Refused:
        return False


def _plans(schema: GraphQLSchema, shape: EventShape, role: Role) -> list[Plan]:
    return [plan_of(schema, one, role) for one in shape.rows]


def _texts(schema: GraphQLSchema, kind: Kind, org_id: UUID, role: Role, shape: EventShape, pairs: set[Pair]) -> Texts:
    if not pairs:
        return {}
    nobody = Actor(user_id=_WHO, org_id=org_id, role=role, username="", timezone="UTC")
    bound = [plan.bound(nobody) for plan in _plans(schema, shape, role)]
    personal = any(_WHO in one.params for one in bound)
    asked: list[tuple[UUID | None, UUID]]
    asked = list(pairs) if personal else [(None, row) for row in {row for _, row in pairs}]
    sql, params = ["who.person", f"{ROOT}.id"], list[Any]()
    for one in bound:
        text, kept = _for_each(one.sql, one.params)
        sql.append(text)
        params += kept
    table = kind.model._meta.db_table
    statement = (
        f"SELECT {', '.join(sql)} FROM unnest(%s::uuid[], %s::uuid[]) AS who(person, id) "  # noqa: S608 - all of it is ours
        f"JOIN {table} {ROOT} ON {ROOT}.id = who.id"
    )
    texts: Texts = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, [person for person, _ in asked], [row for _, row in asked]])
        result = cursor.pgresult
        for number, key in enumerate([row[:2] for row in cursor.fetchall()]):
            try:
                said = [unmarked(result.get_value(number, 2 + column)).decode() for column in range(len(bound))]
            except Unsayable:
                continue
            texts[key[0], key[1]] = said
    return texts


def _for_each(sql: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    """Returns SQL that takes whoever asks from the row at hand, and the parameters that are left."""
    left = iter(params)
    kept: list[Any] = []

    def one(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        value = next(left)
        if value == _WHO:
            return "who.person"
        kept.append(value)
        return "%s"

    return _MARKS.sub(one, sql), kept
