"""A stop may be kept on its day without its time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("planning", "0004_publishing")]
    operations = [
        migrations.AddField(
            "planstop",
            "day_locked",
            models.BooleanField(db_default=False, default=False, help_text="Stays on this day, at whatever time."),
        ),
    ]
