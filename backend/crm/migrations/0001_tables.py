"""Accounts, deals and what hangs on them; versions rise, history stays, and rows of a merged account follow it."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.crm.merged import FOLLOW_FUNCTION, follow_merges
from backend.kit.triggers import append_only, touch

VERSIONED = (
    "account address contact accountcontactrelation lead pipeline stage opportunity product opportunityline "
    "activity accountsales"
).split()
FOLLOWERS = "address accountcontactrelation opportunity activity".split()


class Migration(migrations.Migration):
    replaces = [
        ("crm", "0001_initial"),
        ("crm", "0002_guards"),
        ("crm", "0003_account_tags_displays_journal"),
        ("crm", "0004_account_merged_into"),
        ("crm", "0005_opportunity_amounts"),
    ]

    initial = True

    dependencies = [
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "number",
                    models.CharField(
                        blank=True, help_text="Customer number, unique in the org.", max_length=40, null=True
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("business", "Business"), ("person", "Person")], default="business", max_length=10
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        blank=True, choices=[("A", "A"), ("B", "B"), ("C", "C"), ("", "none")], default="", max_length=1
                    ),
                ),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("active", "Active"),
                            ("lapsed", "Lapsed"),
                            ("closed", "Closed"),
                        ],
                        default="prospect",
                        max_length=10,
                    ),
                ),
                ("segment", models.CharField(blank=True, max_length=100)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("notes", models.TextField(blank=True)),
                (
                    "consent",
                    models.JSONField(blank=True, default=dict, help_text='Channel to yes or no: {"email": true}.'),
                ),
                (
                    "visit_windows",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='[{"weekday": 1..7, "from": "09:00", "to": "17:00"}], local time; [] = any.',
                    ),
                ),
                ("service_minutes", models.PositiveSmallIntegerField(default=30)),
                ("boost", models.SmallIntegerField(default=0, help_text="Manual priority, -100..100.")),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="crm.account",
                    ),
                ),
                (
                    "displays",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="How many displays of ours stand there."
                    ),
                ),
                (
                    "journal",
                    models.TextField(
                        blank=True, db_default="", default="", help_text="Lines, newest last; only added to."
                    ),
                ),
                (
                    "tags",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        help_text='["terrace", "winter"].',
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        help_text="Where its rows went.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "name", "id"], name="account_by_name")],
                "constraints": [
                    models.UniqueConstraint(fields=("org", "number"), name="account_number_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True), name="account_not_own_parent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", ["A", "B", "C", ""])), name="account_tier_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lifecycle__in", ["prospect", "active", "lapsed", "closed"])),
                        name="account_lifecycle_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["business", "person"])), name="account_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("service_minutes__lte", 1440)), name="account_service_in_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into", None),
                            models.Q(
                                ("deleted_at__isnull", False), models.Q(("merged_into", models.F("id")), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="account_merged_is_gone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalId",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=60)),
                ("entity", models.CharField(max_length=40)),
                ("value", models.CharField(max_length=120)),
                ("row_id", models.UUIDField()),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["row_id"], name="external_id_by_row")],
                "constraints": [
                    models.UniqueConstraint(fields=("org", "source", "entity", "value"), name="external_id_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("is_primary", models.BooleanField(default=True)),
                ("verbatim", models.TextField(blank=True)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("region", models.CharField(blank=True, max_length=100)),
                ("postcode", models.CharField(blank=True, max_length=20)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("lat", models.FloatField(blank=True, null=True)),
                ("lng", models.FloatField(blank=True, null=True)),
                (
                    "quality",
                    models.CharField(
                        choices=[
                            ("rooftop", "Rooftop"),
                            ("source", "Source"),
                            ("postcode", "Postcode"),
                            ("none", "None"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="addresses", to="crm.account"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "lat", "lng"], name="address_by_point")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None), ("is_primary", True)),
                        fields=("account",),
                        name="address_one_primary",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lat", None), ("lng", None)),
                            models.Q(
                                ("lat__gte", -90),
                                ("lat__isnull", False),
                                ("lat__lte", 90),
                                ("lng__gte", -180),
                                ("lng__isnull", False),
                                ("lng__lte", 180),
                            ),
                            _connector="OR",
                        ),
                        name="address_possible_point",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lat", None), ("quality", "none")),
                            models.Q(("lat__isnull", False), models.Q(("quality", "none"), _negated=True)),
                            _connector="OR",
                        ),
                        name="address_point_has_quality",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("full_name", models.CharField(max_length=200)),
                ("given_name", models.CharField(blank=True, max_length=100)),
                ("family_name", models.CharField(blank=True, max_length=100)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("consent", models.JSONField(blank=True, default=dict)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccountContactRelation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("is_primary", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="contact_relations", to="crm.account"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="account_relations", to="crm.contact"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)), fields=("account", "contact"), name="relation_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("company", models.CharField(max_length=200)),
                ("person_name", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("source", models.CharField(blank=True, max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("working", "Working"),
                            ("qualified", "Qualified"),
                            ("disqualified", "Disqualified"),
                        ],
                        default="new",
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "converted_account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.account",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leads", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "disqualified"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="lead_disqualified_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("converted_account", None), ("status", "qualified"), _connector="OR"),
                        name="lead_converted_is_qualified",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pipeline",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("org", "name"), name="pipeline_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                ("position", models.PositiveSmallIntegerField()),
                ("probability", models.PositiveSmallIntegerField()),
                (
                    "category",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], default="open", max_length=4
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stages", to="crm.pipeline"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("pipeline", "position"), name="stage_position_unique"),
                    models.UniqueConstraint(fields=("pipeline", "name"), name="stage_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("probability__lte", 100)), name="stage_probability_percent"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=200)),
                ("amount", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("opened_on", models.DateField(blank=True, null=True)),
                ("close_date", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, help_text="Why won or lost.", max_length=200)),
                ("notes", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="crm.account",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pipeline",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.pipeline"),
                ),
                (
                    "stage",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.stage"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account"], name="opportunity_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", None), ("amount__gte", 0), _connector="OR"),
                        name="opportunity_amount_positive",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OpportunityAmount",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("before", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("after", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amounts",
                        to="crm.opportunity",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["opportunity", "changed_at"], name="opportunity_amount_by_deal"),
                    models.Index(fields=["org", "changed_at"], name="opportunity_amount_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageHistory",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("moved_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "from_stage",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.stage",
                    ),
                ),
                (
                    "moved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="history", to="crm.opportunity"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "to_stage",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.stage"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("sku", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("category", models.CharField(blank=True, max_length=100)),
                ("vendor", models.CharField(blank=True, max_length=200)),
                ("unit_price", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("currency", models.CharField(default="USD", max_length=3)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("org", "sku"), name="product_sku_unique")],
            },
        ),
        migrations.CreateModel(
            name="OpportunityLine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("quantity", models.DecimalField(decimal_places=2, max_digits=12)),
                ("unit_price", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "opportunity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="crm.opportunity"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "product",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.product"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("task", "Task"),
                            ("call", "Call"),
                            ("email", "Email"),
                            ("meeting", "Meeting"),
                            ("note", "Note"),
                        ],
                        max_length=8,
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField(blank=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="crm.account",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="crm.opportunity",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sku", models.CharField(max_length=60)),
                ("order_no", models.CharField(max_length=40)),
                ("line_no", models.IntegerField()),
                ("ordered_on", models.DateField()),
                ("quantity", models.IntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_lines",
                        to="crm.account",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.product",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "ordered_on"], name="order_line_by_account")],
                "constraints": [
                    models.UniqueConstraint(fields=("org", "order_no", "line_no"), name="order_line_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountSales",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("as_of", models.DateField()),
                ("amount_12m", models.DecimalField(decimal_places=2, max_digits=14)),
                ("orders_12m", models.IntegerField()),
                ("last_order_on", models.DateField(blank=True, null=True)),
                ("median_gap_days", models.FloatField(blank=True, null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sales", to="crm.account"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
        ),
        *(touch(f"crm_{table}") for table in VERSIONED),
        append_only("crm_stagehistory"),
        append_only("crm_opportunityamount"),
        migrations.RunSQL(FOLLOW_FUNCTION, "DROP FUNCTION crm_follow_merge()"),
        *(follow_merges(f"crm_{table}") for table in FOLLOWERS),
    ]
