"""Database triggers that hold what must hold whoever writes: admin, ORM, bulk update or psql."""

from django.db import migrations

TOUCH_FUNCTION = """
CREATE OR REPLACE FUNCTION fieldbeat_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION fieldbeat_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def touch(table: str) -> migrations.RunSQL:
    """Raises version and updated_at on every update of `table`."""
    return migrations.RunSQL(
        f"CREATE TRIGGER fieldbeat_touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fieldbeat_touch()",
        f"DROP TRIGGER fieldbeat_touch ON {table}",
    )


def append_only(table: str) -> migrations.RunSQL:
    """Refuses update and delete on `table`."""
    return migrations.RunSQL(
        f"CREATE TRIGGER fieldbeat_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION fieldbeat_append_only()",
        f"DROP TRIGGER fieldbeat_append_only ON {table}",
    )
