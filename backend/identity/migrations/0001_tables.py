"""Orgs, people, devices and tokens; and the functions by which versions rise and history stays, whoever writes."""

import backend.kit.ids
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models
from backend.kit.triggers import TOUCH_FUNCTION, touch


class Migration(migrations.Migration):
    replaces = [("identity", "0001_initial"), ("identity", "0002_touch"), ("identity", "0003_sign_in_attempts")]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Org",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=200)),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("username", models.CharField(max_length=150, unique=True)),
                ("full_name", models.CharField(blank=True, max_length=200)),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[("rep", "Rep"), ("manager", "Manager"), ("admin", "Admin"), ("partner", "Partner")],
                        default="rep",
                        max_length=10,
                    ),
                ),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                ("locale", models.CharField(default="en", max_length=10)),
                ("start_lat", models.FloatField(blank=True, null=True)),
                ("start_lng", models.FloatField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="users",
                        to="identity.org",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("username"), name="user_username_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("manager", models.F("id")), _negated=True), name="user_not_own_manager"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["rep", "manager", "admin", "partner"])), name="user_role_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(blank=True, max_length=100)),
                ("platform", models.CharField(blank=True, max_length=20)),
                ("install_key", models.CharField(max_length=64)),
                (
                    "token_generation",
                    models.IntegerField(default=1, help_text="Raised to end every token issued before."),
                ),
                ("last_seen_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_reason", models.CharField(blank=True, max_length=200)),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="devices", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="devices", to="identity.org"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "install_key"), name="device_install_once")],
            },
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("generation", models.IntegerField()),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="refresh_tokens", to="identity.device"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignInAttempts",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(db_index=True)),
                ("count", models.IntegerField()),
            ],
        ),
        migrations.RunSQL(TOUCH_FUNCTION, "DROP FUNCTION fieldbeat_touch(); DROP FUNCTION fieldbeat_append_only()"),
        touch("identity_org"),
        touch("identity_user"),
        touch("identity_device"),
    ]
