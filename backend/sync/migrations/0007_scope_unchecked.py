"""The scope's rows are written by thousands; whose they are is not asked of each."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0006_inbox")]
    operations = [
        migrations.AlterField(
            "devicescope",
            "stream",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="scope",
                to="sync.stream",
            ),
        ),
    ]
