"""Which trace a transaction was written within; kept for minutes, and only while traces are made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0002_trace"),
    ]

    operations = [
        migrations.CreateModel(
            name="TracedWrite",
            fields=[
                ("xid", models.BigIntegerField(primary_key=True, serialize=False)),
                ("trace", models.CharField(help_text="Its commit, as a traceparent.", max_length=55)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
