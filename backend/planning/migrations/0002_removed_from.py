"""On which day a stop was that a hand took out: of an account that comes round again, the others stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_tables")]
    operations = [
        migrations.AddField(
            "plandrop",
            "removed_from",
            models.DateField(blank=True, help_text="The day of the stop that a hand took out.", null=True),
        ),
    ]
