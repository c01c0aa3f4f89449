"""Spans of one account are found by a number made of its id: a range of ids has no distance by which an index could be well
cut, and each new span among 100,000 was looked for in hundreds of its pages, some ten milliseconds long.

Numbers may be the same for two accounts, so the id itself is asked too. The table is locked while the new index is made, some
four seconds for 100,000 spans."""

from django.db import migrations

TABLE = "ALTER TABLE territories_accountterritory"
NAME = "account_territory_no_overlap"
ROLE_AND_TIME = "rolerange(role::text, role::text, '[]') WITH &&, tstzrange(valid_from, valid_to, '[)') WITH &&"
BY_ID = "uuidrange(account_id, account_id, '[]') WITH &&"
NUMBER = "uuid_hash_extended(account_id, 0)"
BY_NUMBER = f"int8range({NUMBER}, {NUMBER}, '[]') WITH &&, {BY_ID}"


def _anew(first: str) -> str:
    """Returns what puts a constraint that begins with these columns in the place of the one that is there."""
    return f"""
{TABLE} ADD CONSTRAINT {NAME}_anew EXCLUDE USING gist ({first}, {ROLE_AND_TIME}) WHERE (deleted_at IS NULL);
{TABLE} DROP CONSTRAINT {NAME};
{TABLE} RENAME CONSTRAINT {NAME}_anew TO {NAME};
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0006_alignments")]
    operations = [migrations.RunSQL(_anew(BY_NUMBER), _anew(BY_ID))]
