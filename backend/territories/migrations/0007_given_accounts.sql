-- The accounts that somebody is given, for a list of accounts: of each, the row itself says that it is there and of the org, which
-- all_visible_roots looks up once more. All of the org for an admin.
CREATE FUNCTION all_given_accounts(p_user uuid, p_org uuid, p_at timestamptz) RETURNS TABLE(id uuid)
LANGUAGE plpgsql STABLE ROWS 2000 AS $$
DECLARE
    v_role text;
    v_territories uuid[];
BEGIN
    SELECT u.role INTO v_role FROM identity_user u WHERE u.id = p_user AND u.org_id = p_org AND u.is_active;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_role = 'admin' THEN
        RETURN QUERY SELECT a.id FROM crm_account a WHERE a.org_id = p_org AND a.deleted_at IS NULL;
        RETURN;
    END IF;
    v_territories := ARRAY(SELECT v.id FROM visible_territories(p_user, p_at) v);
    RETURN QUERY
        SELECT att.account_id FROM territories_accountterritory att
        WHERE att.territory_id = ANY (v_territories) AND att.deleted_at IS NULL
          AND att.valid_from <= p_at AND (att.valid_to IS NULL OR att.valid_to > p_at)
        UNION ALL
        SELECT s.account_id FROM territories_accountshare s
        WHERE s.user_id = p_user AND s.deleted_at IS NULL
          AND s.valid_from <= p_at AND (s.valid_to IS NULL OR s.valid_to > p_at);
END $$;
