"""Orders and their lines; lines stay as they were taken, and orders follow their account where it is merged."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.crm.merged import follow_merges
from backend.kit.triggers import append_only, touch


class Migration(migrations.Migration):
    replaces = [("orders", "0001_initial"), ("orders", "0002_guards"), ("orders", "0003_capture")]

    initial = True

    dependencies = [
        ("crm", "0001_tables"),
        ("field", "0001_tables"),
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("number", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("submitted", "Submitted"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")],
                        default="submitted",
                        max_length=9,
                    ),
                ),
                ("placed_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(blank=True, help_text="The phone's own clock.", null=True)),
                ("received_at", models.DateTimeField()),
                ("note", models.TextField(blank=True)),
                ("currency", models.CharField(max_length=3)),
                ("total", models.DecimalField(decimal_places=2, max_digits=14)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, help_text="Why cancelled.", max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="crm.account"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="field.visit",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-placed_at"], name="order_by_account")],
                "constraints": [
                    models.UniqueConstraint(fields=("org", "number"), name="order_number_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["submitted", "confirmed", "cancelled"])),
                        name="order_state_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("total__gte", 0)), name="order_total_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "cancelled"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="order_cancelled_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("state", "submitted")),
                            models.Q(models.Q(("state", "submitted"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="order_settled_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderItem",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("position", models.PositiveSmallIntegerField()),
                ("sku", models.CharField(max_length=60)),
                ("quantity", models.DecimalField(decimal_places=2, max_digits=12)),
                ("unit_price", models.DecimalField(decimal_places=2, max_digits=12)),
                ("offered_price", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("price_differs", models.BooleanField(default=False)),
                ("withdrawn", models.BooleanField(default=False)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="orders.order"
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
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("order", "position"), name="order_item_position"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="order_item_quantity_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="order_item_price_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price_differs", False), ("offered_price__isnull", False), _connector="OR"),
                        name="order_item_differs_from_what",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LastNumber",
            fields=[
                (
                    "org",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="identity.org",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
            ],
        ),
        touch("orders_order"),
        append_only("orders_orderitem"),
        follow_merges("orders_order"),
    ]
