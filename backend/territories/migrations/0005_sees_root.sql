-- Whether somebody sees one root: the same truth as visible_roots, for who asks of a row. What leads to yes most often is asked
-- first, and each step is a statement of its own, whose plan the connection keeps: a condition that holds all of them makes
-- PostgreSQL plan and set up what almost nobody needs, which takes longer than to read the row.
CREATE FUNCTION sees_root(p_user uuid, p_root uuid, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE COST 1000 AS $$
DECLARE
    v_org uuid;
    v_role text;
    v_account uuid;
BEGIN
    SELECT u.org_id, u.role, a.id INTO v_org, v_role, v_account FROM identity_user u
    LEFT JOIN crm_account a ON a.id = p_root AND a.org_id = u.org_id AND a.deleted_at IS NULL
    WHERE u.id = p_user AND u.is_active;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    IF v_account IS NULL THEN
        RETURN (p_root IN (
            SELECT v_org UNION ALL SELECT v.id FROM visible_users(p_user) v
            UNION ALL SELECT v.id FROM visible_territories(p_user, p_at) v
        )) IS TRUE;
    END IF;
    IF v_role = 'admin' THEN
        RETURN TRUE;
    END IF;
    -- Near: it lies in a territory that they work.
    IF v_role = 'rep' AND EXISTS (
        SELECT FROM territories_accountterritory att
        JOIN territories_userterritory ut ON ut.territory_id = att.territory_id
        JOIN territories_territory t ON t.id = att.territory_id AND t.org_id = v_org AND t.deleted_at IS NULL
        JOIN territories_territorymodel m ON m.id = t.model_id AND m.state = 'active' AND m.deleted_at IS NULL
        WHERE att.account_id = p_root AND att.deleted_at IS NULL
          AND att.valid_from <= p_at AND (att.valid_to IS NULL OR att.valid_to > p_at)
          AND ut.user_id = p_user AND ut.deleted_at IS NULL
          AND ut.valid_from <= p_at AND (ut.valid_to IS NULL OR ut.valid_to > p_at)
    ) THEN
        RETURN TRUE;
    END IF;
    -- Or that somebody works whom they lead, or whose leader they lead.
    IF v_role = 'manager' AND EXISTS (
        SELECT FROM territories_accountterritory att
        JOIN territories_userterritory ut ON ut.territory_id = att.territory_id
        JOIN territories_territory t ON t.id = att.territory_id AND t.org_id = v_org AND t.deleted_at IS NULL
        JOIN territories_territorymodel m ON m.id = t.model_id AND m.state = 'active' AND m.deleted_at IS NULL
        JOIN identity_user u ON u.id = ut.user_id AND u.org_id = v_org
        LEFT JOIN identity_user up ON up.id = u.manager_id AND up.org_id = v_org
        WHERE att.account_id = p_root AND att.deleted_at IS NULL
          AND att.valid_from <= p_at AND (att.valid_to IS NULL OR att.valid_to > p_at)
          AND ut.deleted_at IS NULL AND ut.valid_from <= p_at AND (ut.valid_to IS NULL OR ut.valid_to > p_at)
          AND (u.id = p_user OR u.manager_id = p_user OR up.manager_id = p_user)
    ) THEN
        RETURN TRUE;
    END IF;
    IF EXISTS (
        SELECT FROM territories_accountshare s
        WHERE s.account_id = p_root AND s.user_id = p_user AND s.deleted_at IS NULL
          AND s.valid_from <= p_at AND (s.valid_to IS NULL OR s.valid_to > p_at)
    ) THEN
        RETURN TRUE;
    END IF;
    -- Far: of a territory above it, or further down.
    RETURN EXISTS (
        SELECT FROM territories_accountterritory att
        WHERE att.account_id = p_root AND att.deleted_at IS NULL
          AND att.valid_from <= p_at AND (att.valid_to IS NULL OR att.valid_to > p_at)
          AND att.territory_id = ANY (ARRAY(SELECT v.id FROM visible_territories(p_user, p_at) v)));
END $$;
