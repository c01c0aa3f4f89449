"""An index of the spans that have no end yet, made while others write."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("territories", "0004_moves")]
    operations = [
        AddIndexConcurrently(
            model_name="accountterritory",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("valid_to", None)),
                fields=["territory"],
                name="account_territory_open",
            ),
        ),
    ]
