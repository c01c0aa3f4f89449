-- Who sees what: the functions that queries, pushes, subscriptions and sync all ask.
-- Only who leads has people beneath: somebody who was a manager and is none any more sees no more of them, nor where they
-- live, though their people still report to them in the tables.
CREATE FUNCTION visible_users(p_user uuid) RETURNS TABLE(id uuid) LANGUAGE sql STABLE AS $$
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
