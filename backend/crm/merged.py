"""Rows that hang on an account go where it went: held by the database, whoever writes and whenever."""

from django.db import migrations

# The lock is the one that the foreign key takes at the commit, taken before the row is written: a merge, which locks both
# accounts whole, waits for it and moves the row, or was first, and then the row is written where the others went.
FOLLOW_FUNCTION = """
CREATE FUNCTION crm_follow_merge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    survivor uuid;
BEGIN
    LOOP
        SELECT a.merged_into_id INTO survivor FROM crm_account a WHERE a.id = NEW.account_id FOR KEY SHARE;
        EXIT WHEN survivor IS NULL;
        NEW.account_id := survivor;
    END LOOP;
    RETURN NEW;
END $$;
"""


def follow_merges(table: str) -> migrations.RunSQL:
    """Writes rows of `table` for a merged account under the one it was merged into (column account_id)."""
    return migrations.RunSQL(
        f"CREATE TRIGGER crm_follow_merge BEFORE INSERT OR UPDATE OF account_id ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION crm_follow_merge()",
        f"DROP TRIGGER crm_follow_merge ON {table}",
    )
