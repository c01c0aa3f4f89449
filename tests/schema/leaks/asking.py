"""Every question of the schema, made from the schema: each root field with ids of everybody's rows, and below it every edge."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from backend.attachments.models import Attachment
from backend.crm.models import Account, Activity, Address, Lead, Opportunity, OpportunityLine, Product, Stage
from backend.crm.models import AccountContactRelation as Contact
from backend.field.models import Absence, Appointment, Visit, WorkPlace
from backend.identity.models import Device, User
from backend.kit import clock
from backend.merging.models import AccountMerge
from backend.notifications.alerting.models import AlertRule
from backend.notifications.models import Notification
from backend.orders.models import Order
from backend.planning.models import PlanPart, PlanRun, VisitPlan
from backend.quotas.models import Quota
from backend.schema import masks
from backend.sync.models import SyncIssue
from backend.territories.models import Alignment, Territory
from tests.schema.leaks.garden import Grown
from tests.schema.leaks.oracle import Oracle

EDGES = 2
"""How far from the root a question goes."""

PAGES = frozenset({"nodes", "edges", "node", "pageInfo"})

NAMED: dict[str, type[Model]] = {
    "accountId": Account, "accountIds": Account, "loserId": Account, "winnerId": Account, "alignmentId": Alignment,
    "userId": User, "userIds": User, "repId": User, "ownerId": User, "branchId": User, "named": User,
    "territoryId": Territory, "fromTerritoryId": Territory, "toTerritoryId": Territory, "parentId": Territory,
    "heirId": Territory, "keep": Territory, "intoId": Territory, "otherIds": Territory,
    "opportunityId": Opportunity, "stageId": Stage, "baseStageId": Stage, "visitId": Visit, "runId": PlanRun,
    "basedOn": PlanRun, "planId": VisitPlan, "toPlanId": VisitPlan, "partIds": PlanPart, "ruleId": AlertRule,
    "notificationId": Notification, "deviceId": Device, "addressId": Address, "lineId": OpportunityLine, "leadId": Lead,
    "activityId": Activity, "absenceId": Absence, "placeId": WorkPlace, "appointmentId": Appointment,
    "mergeId": AccountMerge, "orderId": Order, "quotaId": Quota, "attachmentId": Attachment, "productId": Product,
    "contactId": Contact,
}  # fmt: skip
"""What rows an argument of this name names."""

BARE: dict[str, type[Model]] = {
    "editAccount.id": Account, "editContact.id": Contact, "removeContact.id": Contact, "resolveSyncIssue.id": SyncIssue,
    "markNotificationRead.id": Notification, "proposeDay.basedOn": VisitPlan,
    "opportunityChanged.territory": Territory, "visitChanged.territory": Territory,
    "attachments.ids": Attachment, "syncIssue.id": SyncIssue, "alertRule.id": AlertRule, "comparePlanRuns.id": PlanRun,
    "comparePlanRuns.otherId": PlanRun, "comparePlans.id": VisitPlan, "comparePlans.otherId": VisitPlan,
}  # fmt: skip
"""Those whose name does not say it."""

COMPARED = (Account, User, Territory, Stage, Opportunity, Visit, VisitPlan, Lead, Order, Activity)
"""Whose ids are tried where a filter compares a column with any."""

MADE = frozenset({"id", "createContact.contactId", "convertLead.accountId"})
"""What a client makes up where it may be left out: it names no row yet."""

OF_ANOTHER_KIND = frozenset({"syncPush"})
"""Answers each mutation of its own: test_pushes.py."""

_SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
_HILL = {"type": "Feature", "properties": {"Hill": "Hill"}, "geometry": _SQUARE}


def aimed(field_name: str, field: GraphQLField, argument: str) -> type[Model]:
    """Returns whose ids an argument takes."""
    found = BARE.get(f"{field_name}.{argument}") or NAMED.get(argument)
    if found is None and argument == "id":
        found = masks.model_of(get_named_type(field.type).name)
    assert found is not None, (
        f"Tell the leak test which rows {field_name}({argument}) names: a line in NAMED or BARE of {__name__}."
    )
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """A root field and what to ask it with."""

    name: str
    field: GraphQLField
    arguments: dict[str, Any]

    def document(self, body: str, kind: str = "query") -> str:
        """Returns the document that asks it, with its arguments as variables."""
        given = ", ".join(f"{key}: ${key}" for key in self.arguments)
        declared = ", ".join(f"${key}: {self.field.args[key].type}" for key in self.arguments)
        return f"{kind} ({declared}) {{ {self.name}({given}) {body} }}" if given else f"{kind} {{ {self.name} {body} }}"


def questions(kind: GraphQLObjectType, grown: Grown, oracle: Oracle) -> Iterator[Question]:
    """Yields every root field with each id that it must be given; and once more with ids that it may be given, of what the
    viewer does not see: in the own org, and in the other."""
    for name, field in kind.fields.items():
        filler = Filler(name, field, grown)
        must = {key: arg for key, arg in field.args.items() if is_required_argument(arg)}
        first = {"first": 50} if "first" in field.args else {}
        turns = max((filler.turns(key, arg.type) for key, arg in must.items()), default=1)
        given: dict[str, Any] = {}
        for turn in range(turns):
            given = first | {key: filler.value(key, arg.type, turn) for key, arg in must.items()}
            yield Question(name, field, given)
        for key, arg in field.args.items():
            if key not in must and is_filter(arg.type):
                ids = [one for model in COMPARED for one in grown.beyond(model, oracle)]
                yield Question(name, field, given | {key: {"or": list(_comparing(arg.type, ids))}})
            elif key not in must and filler.names_rows(arg):
                foreign = Filler(name, field, grown, oracle)
                for turn in range(foreign.turns(key, arg.type)):
                    yield Question(name, field, given | {key: foreign.value(key, arg.type, turn, whole=True)})
        if name in ALSO:
            yield Question(name, field, {key: filler.value(key, field.args[key].type, 0) for key in ALSO[name]})


def is_filter(kind: GraphQLInputType) -> bool:
    """Says whether an argument narrows a list by comparing columns."""
    named = get_named_type(kind)
    return isinstance(named, GraphQLInputObjectType) and "or" in named.fields


def _comparing(kind: GraphQLInputType, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Yields, for each column that may be compared with ids, that it is one of these."""
    named = get_named_type(kind)
    assert isinstance(named, GraphQLInputObjectType)
    for key, field in named.fields.items():
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLInputObjectType) or key in ("and", "or", "not"):
            continue
        if "or" in inner.fields:
            yield from ({key: one} for one in _comparing(inner, ids))
        elif "in" in inner.fields and get_named_type(inner.fields["in"].type).name == "UUID":
            yield {key: {"in": ids}}


def least(kind: GraphQLObjectType, grown: Grown) -> Iterator[Question]:
    """Yields every root field once, with what it must be given."""
    for name, field in kind.fields.items():
        filler = Filler(name, field, grown)
        must = {key: arg.type for key, arg in field.args.items() if is_required_argument(arg)}
        yield Question(name, field, {key: filler.value(key, kind, 0) for key, kind in must.items()})


def attempts(kind: GraphQLObjectType, grown: Grown, oracle: Oracle) -> Iterator[tuple[str, Question]]:
    """Yields every root field that names rows, once for each place of an id and each row that the viewer may not see; the
    other ids are the viewer's own. With it that place, as "field.argument.inner"."""
    for name, field in kind.fields.items():
        if name in OF_ANOTHER_KIND:
            continue
        own, foreign = Filler(name, field, grown, mine=oracle), Filler(name, field, grown, oracle)
        for place in own.places():
            must = {key: arg for key, arg in field.args.items() if is_required_argument(arg) or key == place[0]}
            for turn in range(len(foreign.ids(place[-1]))):
                given = {key: own.value(key, arg.type, 0, through=place) for key, arg in must.items()}
                _put(given, place, foreign.ids(place[-1])[turn])
                yield ".".join((name, *place)), Question(name, field, given)


def _put(given: Any, place: tuple[str, ...], one: str) -> None:
    """Writes an id at its place, where the list or the object around it is there already."""
    *way, last = place
    for key in way:
        given = given[key]
        given = given[0] if isinstance(given, list) else given
    given[last] = [one] if isinstance(given.get(last), list) else one


class Filler:
    """Makes values that fit an argument: at each turn other ids; with an oracle, of what its viewer may not see."""

    def __init__(
        self, name: str, field: GraphQLField, grown: Grown, beyond: Oracle | None = None, *, mine: Oracle | None = None
    ) -> None:
        self.name, self.field, self.grown, self.beyond, self.mine = name, field, grown, beyond, mine

    def names_rows(self, arg: GraphQLArgument) -> bool:
        """Says whether ids may be given in it."""
        return any(True for _ in self._ids("", arg.type))

    def turns(self, key: str, kind: GraphQLInputType) -> int:
        """Returns how many ids there are to try."""
        return max((len(self.ids(one)) for one in self._ids(key, kind)), default=1)

    def ids(self, argument: str) -> list[str]:
        """Returns what may be given where an id is asked for."""
        model = aimed(self.name, self.field, argument)
        if self.mine is not None:
            return self.grown.mine(model, self.mine)
        return self.grown.ids(model) if self.beyond is None else self.grown.beyond(model, self.beyond)

    def places(self) -> list[tuple[str, ...]]:
        """Returns where ids of rows stand among the arguments, each as the way there."""
        return [way for key, arg in self.field.args.items() for way in self._places((key,), arg.type)]

    def _places(self, way: tuple[str, ...], kind: GraphQLInputType) -> Iterator[tuple[str, ...]]:
        named = get_named_type(kind)
        if named.name == "UUID":
            if is_non_null_type(kind) or not {way[-1], f"{self.name}.{way[-1]}"} & MADE:
                yield way
        elif isinstance(named, GraphQLInputObjectType) and len(way) < 5:
            for inner, field in named.fields.items():
                yield from self._places((*way, inner), field.type)

    def _ids(self, key: str, kind: GraphQLInputType, within: frozenset[str] = frozenset()) -> Iterator[str]:
        named = get_named_type(kind)
        if named.name == "UUID":
            yield key
        elif isinstance(named, GraphQLInputObjectType) and named.name not in within:
            for inner, field in named.fields.items():
                yield from self._ids(inner, field.type, within | {named.name})

    def value(
        self, key: str, kind: GraphQLInputType, turn: int, *, whole: bool = False, through: tuple[str, ...] = ()
    ) -> Any:
        """Returns a value; `whole`: with the ids that may be left out of an object, too; `through`: with what leads to a place."""
        if not through and (told := GIVEN.get(f"{self.name}.{key}")) is not None:
            return told() if callable(told) else told
        below = through[1:] if through[:1] == (key,) else ()
        inner = kind.of_type if is_non_null_type(kind) else kind
        if is_list_type(inner):
            return [self.value(key, inner.of_type, turn, whole=whole, through=through)]
        if isinstance(inner, GraphQLInputObjectType):
            return {
                one: self.value(one, field.type, turn, whole=whole, through=below)
                for one, field in inner.fields.items()
                if is_required_input_field(field)
                or (whole and get_named_type(field.type).name == "UUID")
                or one in below[:1]
            } | GIVEN.get(f"{self.name}.{inner.name}", GIVEN.get(inner.name, {}))
        named = get_named_type(kind).name
        if named == "UUID":
            found = self.ids(key)
            assert found, f"Plant rows whose ids {self.name}({key}) takes, in tests/schema/leaks/garden.py."
            return found[(turn + (key in OTHER)) % len(found)]
        plain = GIVEN.get(f"{self.name}.{key}", GIVEN.get(key, GIVEN.get(named)))
        assert plain is not None, (
            f"Tell the leak test what to give {self.name}({key}: {kind}): a line in GIVEN of {__name__}."
        )
        return plain() if callable(plain) else plain


ALSO = {"suggestions": ["lat", "lng", "minutes"]}
"""What gives something only where it is given what it might do without."""

OTHER = frozenset({"winnerId", "otherId"})
"""What must not be the row that the argument before it names."""


def _later(**by: float) -> datetime:
    return clock.now() + timedelta(**by)


GIVEN: dict[str, Any] = {
    "Date": lambda: clock.now().date().isoformat(),
    "DateTime": lambda: clock.now().isoformat(),
    "lastDay": lambda: _later(days=7).date().isoformat(),
    "minutes": 200,
    "Time": "09:00",
    "Boolean": True,
    "Float": 42.0,
    "lat": 42.03,
    "lng": -93.62,
    "Int": 20,
    "Decimal": "1",
    "weekday": 2,
    "schemaVersion": 1,
    "lastPulledAt": 0.0,
    "String": "Hill",
    "JSON": {},
    "areaOfFeatures.collection": {"type": "FeatureCollection", "features": [_HILL]},
    "syncPush.mutations": [],
    "moveLead.status": "working",
    "createActivity.kind": "task",
    "kind": "photo",
    "mimeType": "image/jpeg",
    "sha256": "0" * 64,
    "createAlertRule.kind": "opportunity.stage",
    "endsAt": lambda: _later(hours=1).isoformat(),
    "plannedEnd": lambda: _later(hours=1).isoformat(),
    "AlertPreviewInput": {"kind": "opportunity.stage"},
}
"""What is given for an argument: by "field.argument", by its own name, or by its type."""


def whole(field: GraphQLField, edges: int = EDGES) -> str:
    """Returns a selection of all values and all edges within reach."""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        assert is_leaf_type(kind), f"Teach the leak test to ask for {kind}, which is neither a type nor a value."
        return ""
    parts = ["__typename"]
    for name, one in kind.fields.items():
        needs = [key for key, arg in one.args.items() if is_required_argument(arg)]
        assert not needs, f"Teach the leak test to give {kind.name}.{name} its {needs}."
        if is_leaf_type(get_named_type(one.type)):
            parts.append(name)
        elif edges:
            # The rows of a page are no step further away than the page.
            parts.append(f"{name} {whole(one, edges - (name not in PAGES))}")
    return f"{{ {' '.join(parts)} }}"


def edges_within(kind: GraphQLObjectType, seen: set[str] | None = None) -> set[str]:
    """Returns every edge that can be come to from a type, as "Type.field"."""
    seen = set() if seen is None else seen
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLObjectType) and f"{kind.name}.{name}" not in seen:
            seen.add(f"{kind.name}.{name}")
            edges_within(inner, seen)
    return seen


def edges_shown(answer: Any) -> Iterator[str]:
    """Yields the edges of an answer behind which something stands."""
    if isinstance(answer, list):
        for one in answer:
            yield from edges_shown(one)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if isinstance(value, dict | list) and value:
                yield f"{answer.get('__typename', 'Query')}.{name}"
                yield from edges_shown(value)
