"""An episode says itself whether it tells of a moment, which stays true when it is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerting", "0001_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="alertepisode",
            name="moment",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(
            "UPDATE alerting_alertepisode e SET moment = TRUE FROM alerting_alertrule r "
            "WHERE r.id = e.rule_id AND r.kind IN ('check_in.outside', 'territory.changed')",
            migrations.RunSQL.noop,
        ),
    ]
