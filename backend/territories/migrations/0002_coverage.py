"""Who sees what: the one function that queries, pushes, subscriptions and sync all ask; and spans that never overlap."""

from django.db import migrations

from backend.kit.triggers import touch

COVERAGE = """
CREATE FUNCTION visible_users(p_user uuid) RETURNS TABLE(id uuid) LANGUAGE sql STABLE AS $$
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

CREATE FUNCTION visible_territories(p_user uuid, p_at timestamptz) RETURNS TABLE(id uuid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE me AS (
        SELECT u.id, u.org_id, u.role FROM identity_user u WHERE u.id = p_user AND u.is_active
    ), tree AS (
        SELECT t.id
        FROM me
        JOIN territories_territory t ON t.org_id = me.org_id AND t.deleted_at IS NULL
        JOIN territories_territorymodel m ON m.id = t.model_id AND m.state = 'active' AND m.deleted_at IS NULL
        WHERE me.role = 'admin' OR (me.role <> 'partner' AND EXISTS (
            SELECT FROM territories_userterritory ut
            WHERE ut.territory_id = t.id AND ut.deleted_at IS NULL
              AND ut.valid_from <= p_at AND (ut.valid_to IS NULL OR ut.valid_to > p_at)
              AND ut.user_id IN (SELECT v.id FROM visible_users(p_user) v)))
        UNION
        SELECT c.id FROM territories_territory c JOIN tree ON c.parent_id = tree.id WHERE c.deleted_at IS NULL
    )
    SELECT tree.id FROM tree
$$;

CREATE FUNCTION visible_roots(p_user uuid, p_at timestamptz) RETURNS TABLE(root uuid, kind text)
LANGUAGE sql STABLE AS $$
    SELECT u.org_id, 'org' FROM identity_user u WHERE u.id = p_user AND u.is_active AND u.org_id IS NOT NULL
    UNION ALL
    SELECT v.id, 'user' FROM visible_users(p_user) v
    UNION ALL
    SELECT v.id, 'territory' FROM visible_territories(p_user, p_at) v
    UNION ALL
    SELECT a.id, 'account' FROM identity_user me
    JOIN crm_account a ON a.org_id = me.org_id AND a.deleted_at IS NULL
    WHERE me.id = p_user AND me.is_active AND me.role = 'admin'
    UNION ALL
    SELECT a.id, 'account' FROM identity_user me
    JOIN (
        SELECT att.account_id FROM territories_accountterritory att
        WHERE att.territory_id IN (SELECT v.id FROM visible_territories(p_user, p_at) v)
          AND att.deleted_at IS NULL
          AND att.valid_from <= p_at AND (att.valid_to IS NULL OR att.valid_to > p_at)
        UNION
        SELECT s.account_id FROM territories_accountshare s
        WHERE s.user_id = p_user AND s.deleted_at IS NULL
          AND s.valid_from <= p_at AND (s.valid_to IS NULL OR s.valid_to > p_at)
    ) given ON TRUE
    JOIN crm_account a ON a.id = given.account_id AND a.org_id = me.org_id AND a.deleted_at IS NULL
    WHERE me.id = p_user AND me.is_active AND me.role <> 'admin'
$$;

CREATE FUNCTION visible_roots(p_user uuid) RETURNS TABLE(root uuid, kind text) LANGUAGE sql STABLE AS $$
    SELECT v.root, v.kind FROM visible_roots(p_user, now()) v
$$;
"""

DROP_COVERAGE = """
DROP FUNCTION visible_roots(uuid);
DROP FUNCTION visible_roots(uuid, timestamptz);
DROP FUNCTION visible_territories(uuid, timestamptz);
DROP FUNCTION visible_users(uuid);
"""

# A range over the ids themselves gives exclusion constraints an equality without an extension to install.
SPANS = """
CREATE TYPE uuidrange AS RANGE (subtype = uuid);
CREATE TYPE rolerange AS RANGE (subtype = text);
ALTER TABLE territories_accountterritory ADD CONSTRAINT account_territory_no_overlap EXCLUDE USING gist (
    uuidrange(account_id, account_id, '[]') WITH &&,
    rolerange(role::text, role::text, '[]') WITH &&,
    tstzrange(valid_from, valid_to, '[)') WITH &&
) WHERE (deleted_at IS NULL);
ALTER TABLE territories_userterritory ADD CONSTRAINT user_territory_no_overlap EXCLUDE USING gist (
    uuidrange(user_id, user_id, '[]') WITH &&,
    uuidrange(territory_id, territory_id, '[]') WITH &&,
    tstzrange(valid_from, valid_to, '[)') WITH &&
) WHERE (deleted_at IS NULL);
"""

DROP_SPANS = """
ALTER TABLE territories_userterritory DROP CONSTRAINT user_territory_no_overlap;
ALTER TABLE territories_accountterritory DROP CONSTRAINT account_territory_no_overlap;
DROP TYPE rolerange;
DROP TYPE uuidrange;
"""

TABLES = "territorymodel territory assignmentrule userterritory accountterritory accountshare".split()


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial"), ("crm", "0002_guards"), ("identity", "0002_touch")]
    operations = [
        migrations.RunSQL(COVERAGE, DROP_COVERAGE),
        migrations.RunSQL(SPANS, DROP_SPANS),
        *(touch(f"territories_{table}") for table in TABLES),
    ]
