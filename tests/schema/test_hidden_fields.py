"""What a role may not read is declared so that GraphQL leaves it out; that it does, by whatever way it is asked for, is seen
in tests/schema/leaks."""

from collections.abc import Iterator

from django.apps import apps
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type

from backend.identity.models import Role
from backend.kit.field_rules import WHOLE, FieldRules
from backend.schema import masks
from backend.schema.api import schema
from tests.factories import planted

NO_ROWS = frozenset(
    "Heartbeat Me NearbyAccount SearchHit Query Mutation Subscription ServerInfo ProtocolVersion Session SignOutPayload "
    "AccountMovedPayload MovedRows MergedField MergePreview SyncPage SyncPoke SyncPushPayload SyncResult "
    "AlignmentAppointment AlignmentPreview AlignmentVisit AlignmentWarning AppointmentsMoved DealsMoved "
    "DeviceAtRisk DraftedTerritory PersonGain PersonPair "
    "AppointmentTime CompanyDay Geofence Holiday HolidayRegion HoursBreak NearbyDue Point VisitSuggestion WorkBreak WorkSpan "
    "AlertAck AlertAttempt AlertDelivery AlertPreference AlertRecipient AlertSettings AlertTrace AlertTraceEvent "
    "AlertHears AlertKind AlertPreview AlertPreviewDay AlertPreviewExample AlertPreviewPerson "
    "AccountPlacement AreaProblem ProblemPlace RuleConflict TerritoryRule "
    "PlanComparison PlanFigure PlanMove PlanPlace PlanTrouble PlanningWeights "
    "PostChange TerritoryPair TerritoryWork VisitsMoved".split()
)
"""Types with leaves of their own that are no columns of a model; what of them could show one is seen in tests/schema/leaks."""

MADE = ("Payload", "Event", "SyncIssueField", "Edge", "PageInfo", "Document", "Checkpoint", "Changes")
"""Payloads, events of feeds (an id, and what stands behind it), edges of lists, and what the facades make of pulled rows."""


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
