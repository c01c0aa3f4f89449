"""Of a series that goes to somebody else, the times at which that person has something else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_tables")]
    operations = [
        migrations.AddField("alignmentappointment", "stays", models.JSONField(blank=True, null=True)),
    ]
