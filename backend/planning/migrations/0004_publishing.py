"""A run of many parts is published by jobs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0003_watched_runs"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField(
            "planpart",
            "to_publish",
            models.BooleanField(db_default=False, default=False, help_text="A job is to publish it."),
        ),
        migrations.AddField("planrun", "publish_replaces", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "planrun",
            "publish_total",
            models.PositiveIntegerField(db_default=0, default=0, help_text="Parts that are to be published."),
        ),
        migrations.AddField(
            "planrun",
            "publish_done",
            models.PositiveIntegerField(db_default=0, default=0, help_text="Those published, or refused."),
        ),
        migrations.AddField(
            "planrun",
            "publish_refused",
            models.PositiveIntegerField(db_default=0, default=0, help_text="Those refused: see `trouble`."),
        ),
        migrations.AddField("planrun", "publish_asked_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("planrun", "publish_ended_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "planrun",
            "publish_by",
            models.ForeignKey(
                blank=True,
                help_text="Who had all parts published.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
