"""What a role may not read is null in GraphQL, or an empty list, by whatever way it is asked for; and nobody sets it."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pytest
from django.apps import apps
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type

from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.field_rules import WHOLE, FieldRules
from backend.schema import masks
from backend.schema.api import schema
from tests.factories import planted
from tests.factories.world import World
from tests.schema.conftest import Client
from tests.schema.walk import Root, roots, together

Ask = Callable[[User | None], Client]

NO_ROWS = frozenset(
    "Heartbeat Me NearbyAccount Query Mutation Subscription ServerInfo ProtocolVersion Session SignOutPayload "
    "AccountMovedPayload MovedRows MergedField MergePreview SyncPage SyncPoke SyncPushPayload SyncResult "
    "AlignmentAppointment AlignmentPreview AlignmentVisit AlignmentWarning AppointmentsMoved DealsMoved "
    "DeviceAtRisk DraftedTerritory PersonGain PersonPair "
    "AppointmentTime CompanyDay Geofence Holiday HolidayRegion HoursBreak NearbyDue Point VisitSuggestion WorkBreak WorkSpan "
    "AlertAck AlertAttempt AlertDelivery AlertPreference AlertRecipient AlertSettings AlertTrace AlertTraceEvent "
    "AlertHears AlertKind AlertPreview AlertPreviewDay AlertPreviewExample AlertPreviewPerson "
    "AccountPlacement AreaProblem ProblemPlace RuleConflict TerritoryRule TravelProfile "
    "PlanComparison PlanFigure PlanMove PlanPlace PlanTrouble PlanningWeights "
    "PostChange TerritoryPair TerritoryWork VisitsMoved".split()
)
"""Types with leaves of their own that are no columns of a model; what of them could show one is named in the tests."""

MADE = ("Payload", "SyncIssue", "SyncIssueField", "Edge", "PageInfo", "Document", "Checkpoint", "Changes")
"""Payloads, the inbox, edges of lists, and what the facades make of pulled rows."""


def _objects() -> Iterator[tuple[GraphQLObjectType, dict[str, GraphQLField]]]:
    for kind in schema._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            fields = {f.extensions["strawberry-definition"].python_name: f for f in kind.fields.values()}
            yield kind, fields


def test_every_type_with_rows_says_what_they_are_rows_of() -> None:
    for kind, fields in _objects():
        leaves = [name for name, field in fields.items() if is_leaf_type(get_named_type(field.type))]
        if leaves and kind.name not in NO_ROWS and not kind.name.endswith(MADE):
            assert kind.name in masks.declared(), kind.name


def test_every_leaf_says_of_which_column_it_is() -> None:
    for kind, fields in _objects():
        for name, field in fields.items():
            for model, column in masks.sources(kind.name, name):
                # A resolver makes what it gives; what it may not give is seen by asking, below.
                plain = field.extensions["strawberry-definition"].is_basic_field
                if plain and is_leaf_type(get_named_type(field.type)) and column != WHOLE:
                    known = {one for f in model._meta.concrete_fields for one in (f.column, f.name)}
                    assert column in known, (kind.name, name)


def test_every_rule_names_a_column() -> None:
    for model in apps.get_models():
        rules: FieldRules = getattr(model, "FIELD_RULES", {})
        known = {field.column for field in model._meta.concrete_fields} | {WHOLE}
        hidden = {name for name, rule in rules.items() if rule.hidden_from}
        assert hidden - known <= {"prize", "why", "figures"}, model


def test_something_is_planted_wherever_something_is_hidden() -> None:
    for role in Role.values:
        for model, columns in planted.hidden_models(role).items():
            assert columns <= planted.PLANTED.get(model, {}).keys(), (model, role)


AT_ONCE = 20
"""So many probes a document may hold without being too large."""

_SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
_HILL = {"type": "Feature", "properties": {"Hill": "Hill"}, "geometry": {"type": "Polygon", "coordinates": _SQUARE}}


def _everything(client: Client, field: World, garden: planted.Garden, day: str) -> tuple[str, set[str]]:
    by_type: dict[str, list[Any]] = {
        "UUID": [str(one) for one in garden.ids],
        "Date": [day],
        "Boolean": [True],
        "Float": [42.0],
        "Int": [20],
        "String": ["Hill"],
        "JSON": [{"type": "FeatureCollection", "features": [_HILL]}],
        "AlertPreviewInput": [{"kind": "opportunity.stage"}],
        "MergeAccountsInput": [{"loserId": str(garden.account.pk), "winnerId": str(garden.account.pk)}],
    }
    told: list[str] = []
    asked: set[str] = set()
    tried = list(roots(schema._schema, by_type))
    asked |= {f"Query.{root.name}" for root in tried}
    for root in _with_something(client, tried):
        for document, reads in root.questions():
            data, errors = client.both(document, **root.variables)
            if [error["extensions"]["code"] for error in errors] == ["QUERY_TOO_LARGE"]:
                continue  # told nothing; another way leads there
            assert errors == [], (document, errors)
            told.append(json.dumps(data, default=str))
            asked |= reads
    return "\n".join(told), asked


def _with_something(client: Client, tried: list[Root]) -> Iterator[Root]:
    """Yields those that give anything. Most ids are of something else, so many are tried in one document where they may be."""
    for _, same in groupby(tried, lambda root: root.name):
        left = list(same)
        while left:
            some, left = left[:AT_ONCE], left[AT_ONCE:]
            document, variables = together(some)
            data, errors = client.both(document, **variables)
            if errors or data is None:  # too much at once, or one of them is refused
                found = [(client.both(root.probe(), **root.variables)[0] or {}).get(root.name) for root in some]
            else:
                found = [data[f"p{number}"] for number in range(len(some))]
            yield from (root for root, there in zip(some, found, strict=True) if there not in (None, []))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.PARTNER])
def test_no_query_shows_a_role_what_is_hidden_from_it(field: World, ask: Ask, role: str) -> None:
    """Pat, with a plan and an inbox from other days, in each role in turn: what they may read is there, the rest is not."""
    garden = planted.plant(field)
    field.pat.role = role
    field.pat.save()
    told, asked = _everything(ask(field.pat), field, garden, clock.now().date().isoformat())
    assert planted.found_in(told, role) == {}
    secrets = planted.secrets_of(Role.PARTNER)
    shown = {where for value, where in secrets.items() if planted.stands(value, told)}
    assert shown == (set() if role == Role.PARTNER else set(secrets.values()))
    if role == Role.ADMIN:
        rows = {name for kind, fields in _objects() if kind.name in masks.declared() for name in _names(kind)}
        # A type that is not reached is planted in tests/factories/planted.py, so that what it shows is seen.
        assert {name.partition(".")[0] for name in rows - asked} <= {"PushAddress"}


def _names(kind: GraphQLObjectType) -> set[str]:
    return {f"{kind.name}.{name}" for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))}
