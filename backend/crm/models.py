"""Accounts and everything that hangs on one: addresses, contacts, deals, activities, orders."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.crm import field_rules
from backend.crm.lead_assignment import LeadAssignment  # noqa: F401  (Django finds the tables of a room here)
from backend.kit.field_rules import FieldRules
from backend.kit.ids import new_id
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class AccountKind(models.TextChoices):
    """A firm, or a person who buys as one."""

    BUSINESS = "business"
    PERSON = "person"


class Tier(models.TextChoices):
    """Weight of an account; sets its call cycle."""

    A = "A"
    B = "B"
    C = "C"
    NONE = "", "none"


class Lifecycle(models.TextChoices):
    """Where the relation stands now; exactly one at a time."""

    PROSPECT = "prospect"
    ACTIVE = "active"
    LAPSED = "lapsed"
    CLOSED = "closed"


class Account(Row):
    """A customer or prospect; the root under which its children reach a device."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.ACCOUNT

    number = models.CharField(max_length=40, null=True, blank=True, help_text="Customer number, unique in the org.")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=AccountKind.choices, default=AccountKind.BUSINESS)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)
    tier = models.CharField(max_length=1, choices=Tier.choices, default=Tier.NONE, blank=True)
    lifecycle = models.CharField(max_length=10, choices=Lifecycle.choices, default=Lifecycle.PROSPECT)
    segment = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    notes = models.TextField(blank=True)
    consent = models.JSONField(default=dict, blank=True, help_text='Channel to yes or no: {"email": true}.')
    visit_windows = models.JSONField(
        default=list, blank=True, help_text='[{"weekday": 1..7, "from": "09:00", "to": "17:00"}], local time; [] = any.'
    )
    service_minutes = models.PositiveSmallIntegerField(default=30)
    boost = models.SmallIntegerField(default=0, help_text="Manual priority, -100..100.")
    tags = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True, help_text='["terrace", "winter"].'
    )
    displays = models.PositiveIntegerField(default=0, db_default=0, help_text="How many displays of ours stand there.")
    journal = models.TextField(default="", db_default="", blank=True, help_text="Lines, newest last; only added to.")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Where its rows went."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None) | (Q(deleted_at__isnull=False) & ~Q(merged_into=F("id"))),
                name="account_merged_is_gone",
            ),
            models.UniqueConstraint(fields=["org", "number"], name="account_number_unique"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="account_not_own_parent"),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="account_tier_known"),
            models.CheckConstraint(condition=Q(lifecycle__in=Lifecycle.values), name="account_lifecycle_known"),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_known"),
            models.CheckConstraint(condition=Q(service_minutes__lte=1440), name="account_service_in_a_day"),
        ]
        indexes = [models.Index(fields=["org", "name", "id"], name="account_by_name")]


class ExternalId(models.Model):
    """The name of a row in another system; makes an import idempotent."""

    id = models.BigAutoField(primary_key=True)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=60)
    entity = models.CharField(max_length=40)
    value = models.CharField(max_length=120)
    row_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "source", "entity", "value"], name="external_id_unique"),
        ]
        indexes = [models.Index(fields=["row_id"], name="external_id_by_row")]


class GeocodeQuality(models.TextChoices):
    """How the point of an address is known."""

    ROOFTOP = "rooftop"
    SOURCE = "source"
    POSTCODE = "postcode"
    NONE = "none"


class Address(Row):
    """Verbatim text, parts, and a point with its quality; one address of an account may be primary."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.ADDRESS

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="addresses")
    is_primary = models.BooleanField(default=True)
    verbatim = models.TextField(blank=True)
    street = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    quality = models.CharField(max_length=10, choices=GeocodeQuality.choices, default=GeocodeQuality.NONE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_primary=True, deleted_at=None), name="address_one_primary"
            ),
            models.CheckConstraint(
                condition=Q(lat=None, lng=None)
                | Q(lat__isnull=False, lng__isnull=False, lat__gte=-90, lat__lte=90, lng__gte=-180, lng__lte=180),
                name="address_possible_point",
            ),
            models.CheckConstraint(
                condition=Q(lat=None, quality="none") | (Q(lat__isnull=False) & ~Q(quality="none")),
                name="address_point_has_quality",
            ),
        ]
        indexes = [models.Index(fields=["org", "lat", "lng"], name="address_by_point")]


class Contact(Row):
    """A person, verbatim and in parts; reaches accounts through AccountContactRelation."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.CONTACT

    full_name = models.CharField(max_length=200)
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    consent = models.JSONField(default=dict, blank=True)


class AccountContactRelation(Row):
    """A person's part in an account; the row a device receives, with the person's fields in it."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.RELATION

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contact_relations")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="account_relations")
    role = models.CharField(max_length=60, blank=True)
    is_primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "contact"], condition=Q(deleted_at=None), name="relation_once"),
        ]

    @property
    def seen_version(self) -> int:
        """Returns what rises when the person or their part in this account changes."""
        return self.version + self.contact.version


class LeadStatus(models.TextChoices):
    """new → working → qualified | disqualified."""

    NEW = "new"
    WORKING = "working"
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"


class Lead(Row):
    """Somebody who may become a customer; exactly one owner."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.LEAD

    owner = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="leads")
    company = models.CharField(max_length=200)
    person_name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    source = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=12, choices=LeadStatus.choices, default=LeadStatus.NEW)
    reason = models.CharField(max_length=200, blank=True)
    converted_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="disqualified") | ~Q(reason=""), name="lead_disqualified_says_why"
            ),
            models.CheckConstraint(
                condition=Q(converted_account=None) | Q(status="qualified"), name="lead_converted_is_qualified"
            ),
        ]


class Pipeline(Row):
    """An ordered set of stages."""

    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "name"], name="pipeline_name_unique")]


class StageCategory(models.TextChoices):
    """Open stages may be left freely; won and lost need a reason and are reopened on record."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Stage(Row):
    """A step of a pipeline; `probability` in percent."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="stages")
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField()
    probability = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=4, choices=StageCategory.choices, default=StageCategory.OPEN)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "position"], name="stage_position_unique"),
            models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name_unique"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_percent"),
        ]


class Opportunity(Row):
    """A possible sale. `amount` in `currency`; without an account it hangs on its owner."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.OPPORTUNITY

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="opportunities", null=True, blank=True)
    owner = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="opportunities")
    name = models.CharField(max_length=200)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    opened_on = models.DateField(null=True, blank=True)
    close_date = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why won or lost.")
    notes = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="opportunity_amount_positive"),
        ]
        indexes = [models.Index(fields=["account"], name="opportunity_by_account")]


class OpportunityAmount(models.Model):
    """One change of what a deal is worth, in its currency; append-only, held so by a database trigger."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+", db_index=False)
    opportunity = models.ForeignKey(Opportunity, on_delete=models.PROTECT, related_name="amounts", db_index=False)
    before = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    after = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    changed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["opportunity", "changed_at"], name="opportunity_amount_by_deal"),
            models.Index(fields=["org", "changed_at"], name="opportunity_amount_by_time"),
        ]


class StageHistory(Row):
    """One move of an opportunity; append-only, held so by a database trigger."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.PROTECT, related_name="history")
    from_stage = models.ForeignKey(Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    to_stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    moved_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)


class Product(Row):
    """A thing sold; reference data for everybody in the org."""

    sku = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=100, blank=True)
    vendor = models.CharField(max_length=200, blank=True)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "sku"], name="product_sku_unique")]


class OpportunityLine(Row):
    """A product in a deal."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.OPPORTUNITY_LINE

    opportunity = models.ForeignKey(Opportunity, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)


class ActivityKind(models.TextChoices):
    """What was done or is to be done."""

    TASK = "task"
    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    NOTE = "note"


class ActivityStatus(models.TextChoices):
    """open → done | cancelled."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Activity(Row):
    """A call, mail, meeting, note or task of one owner, commonly on an account."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.ACTIVITY

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="activities", null=True, blank=True)
    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, related_name="activities", null=True, blank=True
    )
    owner = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="activities")
    kind = models.CharField(max_length=8, choices=ActivityKind.choices)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=ActivityStatus.choices, default=ActivityStatus.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)


class OrderLine(models.Model):
    """A line of an order as the other system has it; a fact, never edited here. Negative = return."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.OURS

    id = models.BigAutoField(primary_key=True)
    # No index of their own: the unique key and the one by account begin with them, and millions of lines are written.
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="order_lines", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    sku = models.CharField(max_length=60)
    order_no = models.CharField(max_length=40)
    line_no = models.IntegerField()
    ordered_on = models.DateField()
    quantity = models.IntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "order_no", "line_no"], name="order_line_unique")]
        indexes = [models.Index(fields=["account", "ordered_on"], name="order_line_by_account")]


class AccountSales(Row):
    """Figures of an account made from its order lines; `as_of` is the newest order day of the org's data."""

    FIELD_RULES: ClassVar[FieldRules] = field_rules.OURS

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="sales")
    as_of = models.DateField()
    amount_12m = models.DecimalField(max_digits=14, decimal_places=2)
    orders_12m = models.IntegerField()
    last_order_on = models.DateField(null=True, blank=True)
    median_gap_days = models.FloatField(null=True, blank=True)
