CREATE OR REPLACE FUNCTION sync_id_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of a row of % does not change: phones know it by that', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
