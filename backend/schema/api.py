"""The schema, assembled."""

from datetime import datetime

import strawberry
from strawberry.extensions import MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig

from backend.schema.codes import ErrorCode
from backend.schema.compiled.executor import CompilingExecutor
from backend.schema.documents import KnownDocuments
from backend.schema.errors import CodedErrors
from backend.schema.gate import Gate, GatedSchema
from backend.schema.limits import MOST_TOKENS
from backend.schema.masks import mask
from backend.schema.operations.addresses import AddressesMutation
from backend.schema.operations.alert_rules import AlertRulesMutation, AlertRulesQuery
from backend.schema.operations.alert_trace import AlertTraceMutation, AlertTraceQuery
from backend.schema.operations.alert_wishes import AlertWishesMutation, AlertWishesQuery
from backend.schema.operations.alignment import AlignmentMutation, AlignmentQuery
from backend.schema.operations.appointments import AppointmentsMutation, AppointmentsQuery
from backend.schema.operations.attachments import AttachmentsMutation, AttachmentsQuery
from backend.schema.operations.calendar import CalendarMutation, CalendarQuery
from backend.schema.operations.corrections import CorrectionsMutation
from backend.schema.operations.crm import CrmMutation, CrmQuery
from backend.schema.operations.deals import DealsMutation
from backend.schema.operations.documents import DocumentsMutation, DocumentsQuery, DocumentsSubscription
from backend.schema.operations.field import FieldMutation, FieldQuery
from backend.schema.operations.identity import IdentityMutation, IdentityQuery
from backend.schema.operations.inbox import InboxMutation, InboxQuery
from backend.schema.operations.live import LiveQuery, LiveSubscription
from backend.schema.operations.merging import MergingMutation, MergingQuery
from backend.schema.operations.nearby import NearbyQuery
from backend.schema.operations.notifications import NotificationsMutation, NotificationsQuery
from backend.schema.operations.orders import OrdersMutation, OrdersQuery
from backend.schema.operations.planning import PlanningMutation, PlanningQuery
from backend.schema.operations.quotas import QuotasMutation, QuotasQuery
from backend.schema.operations.search import SearchQuery
from backend.schema.operations.server import ServerQuery, ServerSubscription
from backend.schema.operations.sync import SyncMutation, SyncQuery, SyncSubscription
from backend.schema.operations.territories import TerritoriesMutation, TerritoriesQuery
from backend.schema.operations.territory_checks import TerritoryChecksQuery
from backend.schema.operations.travel import TravelQuery
from backend.schema.operations.work import WorkMutation, WorkQuery
from backend.schema.operations.working_time import WorkingTimeMutation, WorkingTimeQuery
from backend.schema.scalars import DATE_TIME
from backend.schema.telling import Telling


@strawberry.type
class Query(
    ServerQuery,
    IdentityQuery,
    CrmQuery,
    WorkQuery,
    CalendarQuery,
    WorkingTimeQuery,
    AppointmentsQuery,
    TerritoriesQuery,
    TerritoryChecksQuery,
    AlignmentQuery,
    MergingQuery,
    FieldQuery,
    NearbyQuery,
    SearchQuery,
    OrdersQuery,
    QuotasQuery,
    AttachmentsQuery,
    PlanningQuery,
    TravelQuery,
    NotificationsQuery,
    AlertRulesQuery,
    AlertWishesQuery,
    AlertTraceQuery,
    SyncQuery,
    LiveQuery,
    InboxQuery,
    DocumentsQuery,
):
    pass


@strawberry.type
class Mutation(
    IdentityMutation,
    CrmMutation,
    AddressesMutation,
    DealsMutation,
    WorkMutation,
    CorrectionsMutation,
    CalendarMutation,
    WorkingTimeMutation,
    AppointmentsMutation,
    TerritoriesMutation,
    AlignmentMutation,
    MergingMutation,
    FieldMutation,
    OrdersMutation,
    QuotasMutation,
    AttachmentsMutation,
    PlanningMutation,
    NotificationsMutation,
    AlertRulesMutation,
    AlertWishesMutation,
    AlertTraceMutation,
    SyncMutation,
    InboxMutation,
    DocumentsMutation,
):
    pass


@strawberry.type
class Subscription(ServerSubscription, SyncSubscription, LiveSubscription, DocumentsSubscription):
    pass


schema = GatedSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[ErrorCode],
    extensions=[
        Telling,
        CodedErrors,
        Gate,
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        KnownDocuments,
    ],
    execution_context_class=CompilingExecutor,
    config=StrawberryConfig(auto_camel_case=True, scalar_map={datetime: DATE_TIME}),
)
mask(schema._schema)
