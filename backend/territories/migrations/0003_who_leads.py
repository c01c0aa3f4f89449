"""Only who leads has people beneath: somebody who was a manager and is none any more sees no more of them, nor where they
live, though their people still report to them in the tables."""

from django.db import migrations

LEADERS = """
CREATE OR REPLACE FUNCTION visible_users(p_user uuid) RETURNS TABLE(id uuid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE me AS (
        SELECT u.id, u.org_id, u.role FROM identity_user u WHERE u.id = p_user AND u.is_active
    ), people AS (
        SELECT me.id FROM me
        UNION
        SELECT u.id FROM identity_user u
        JOIN people p ON u.manager_id = p.id
        JOIN me ON me.org_id = u.org_id AND me.role IN ('manager', 'admin')
    )
    SELECT people.id FROM people
    UNION
    SELECT u.id FROM identity_user u JOIN me ON me.role = 'admin' AND me.org_id = u.org_id
$$;
"""

ANYBODY = """
CREATE OR REPLACE FUNCTION visible_users(p_user uuid) RETURNS TABLE(id uuid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE me AS (
        SELECT u.id, u.org_id, u.role FROM identity_user u WHERE u.id = p_user AND u.is_active
    ), people AS (
        SELECT me.id FROM me
        UNION
        SELECT u.id FROM identity_user u JOIN people p ON u.manager_id = p.id JOIN me ON me.org_id = u.org_id
    )
    SELECT people.id FROM people
    UNION
    SELECT u.id FROM identity_user u JOIN me ON me.role = 'admin' AND me.org_id = u.org_id
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("territories", "0002_coverage")]
    operations = [migrations.RunSQL(LEADERS, ANYBODY)]
