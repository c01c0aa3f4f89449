"""A row that waits for the worker says within which trace it was asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
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
