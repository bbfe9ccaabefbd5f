-- The audit only grows, for whoever reaches the database too: rows are added; a sealer gives a new row its place in the
-- chain, once; retention takes the oldest away, after it has noted in the chain's row how far. Nothing else passes.
-- (Against the owner of the tables, who could drop these triggers, stands the chain: its key is not in the database.)

CREATE OR REPLACE FUNCTION chatwootai_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND (OLD.mac IS NULL OR OLD.mac = NEW.mac)
        AND to_jsonb(NEW) - '{seq,mac,seal}'::text[] = to_jsonb(OLD) - '{seq,mac,seal}'::text[]
    THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' AND current_setting('chatwootai.audit_retention', true) = 'on'
        AND OLD.seq <= (SELECT purged_seq FROM chatwootai_audit_chain)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit only grows: its rows are neither changed nor deleted'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION chatwootai_audit_chain_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.head_seq >= OLD.head_seq AND NEW.purged_seq >= OLD.purged_seq
        AND NEW.purged_seq <= NEW.head_seq
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the chain of the audit only grows' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER chatwootai_audit_rows BEFORE UPDATE OR DELETE ON chatwootai_audit
    FOR EACH ROW EXECUTE FUNCTION chatwootai_audit_guard();
CREATE OR REPLACE TRIGGER chatwootai_audit_table BEFORE TRUNCATE ON chatwootai_audit
    FOR EACH STATEMENT EXECUTE FUNCTION chatwootai_audit_guard();
CREATE OR REPLACE TRIGGER chatwootai_audit_chain_rows BEFORE UPDATE OR DELETE ON chatwootai_audit_chain
    FOR EACH ROW EXECUTE FUNCTION chatwootai_audit_chain_guard();
CREATE OR REPLACE TRIGGER chatwootai_audit_chain_table BEFORE TRUNCATE ON chatwootai_audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION chatwootai_audit_chain_guard();
