"""A row that waits for the worker says within which trace it was asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="trace",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where it was asked for, as a traceparent.",
                max_length=55,
            ),
        ),
    ]
