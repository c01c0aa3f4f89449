"""An index that says by itself where an account lies and until when: who sees it was asked of the row for each account.

It takes the place of the one of the same keys, and is made while others go on writing. Where it was broken off, it begins
anew."""

from django.db import migrations, models

SEEN = """
CREATE INDEX CONCURRENTLY account_territory_seen ON territories_accountterritory (account_id, valid_from)
    INCLUDE (territory_id, valid_to, deleted_at)
"""
BEFORE = "CREATE INDEX CONCURRENTLY account_territory_by_acc ON territories_accountterritory (account_id, valid_from)"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("territories", "0003_all_roots")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS account_territory_seen", ""),
                migrations.RunSQL(SEEN, "DROP INDEX CONCURRENTLY account_territory_seen"),
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS account_territory_by_acc", BEFORE),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="accountterritory", name="account_territory_by_acc"),
                migrations.AddIndex(
                    model_name="accountterritory",
                    index=models.Index(
                        fields=["account", "valid_from"],
                        include=["territory", "valid_to", "deleted_at"],
                        name="account_territory_seen",
                    ),
                ),
            ],
        )
    ]
