"""What an alignment makes of appointments about accounts."""

import django.db.models.deletion
from django.db import migrations, models

FATES = [
    ("kept", "Kept"),
    ("reassigned", "Reassigned"),
    ("suggested", "Suggested"),
    ("returned", "Returned"),
    ("renewed", "Renewed"),
]


class Migration(migrations.Migration):
    dependencies = [("territories", "0007_spans_found_quickly")]
    operations = [
        migrations.CreateModel(
            name="AlignmentAppointment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("appointment_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("rep_id", models.UUIDField()),
                ("taker_id", models.UUIDField()),
                ("fate", models.CharField(choices=FATES, max_length=10)),
                ("since", models.DateTimeField()),
                ("done", models.BooleanField(null=True)),
                ("made_id", models.UUIDField(blank=True, null=True)),
                ("made_version", models.BigIntegerField(blank=True, null=True)),
                ("share_id", models.UUIDField(blank=True, null=True)),
                (
                    "alignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appointments",
                        to="territories.alignment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("alignment", "appointment_id"), name="alignment_appointment_once")
                ],
            },
        ),
    ]
