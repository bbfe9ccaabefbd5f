-- What is counted of a day only grows, for whoever reaches the table too: the operator's limits are held against it, and
-- whoever could take from it, as a company's administrators can by code of their own, would have no limit.
-- What is measured (documents, vectors, bytes) goes up and down. Days that no limit looks at any more may go.

CREATE OR REPLACE FUNCTION chatwootai_usage_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted CONSTANT text[] := '{calls,errors,refused,call_ms,waits_ms,turns,failed_turns,tokens_in,tokens_out,money}';
    before jsonb := '{}';
BEGIN
    IF TG_OP = 'DELETE' AND OLD.day < (now() AT TIME ZONE 'UTC')::date - 366 THEN
        RETURN OLD;
    ELSIF TG_OP IN ('INSERT', 'UPDATE') THEN
        IF TG_OP = 'UPDATE' THEN
            before := to_jsonb(OLD);
        END IF;
        IF NEW.day = coalesce((before ->> 'day')::date, NEW.day) AND NOT EXISTS (
            SELECT FROM unnest(counted) AS name
            WHERE coalesce((to_jsonb(NEW) ->> name)::numeric, 0) < coalesce((before ->> name)::numeric, 0)
                OR to_jsonb(NEW) ->> name = 'NaN'  -- no limit is ever reached by it
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what is counted of a day only grows' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER chatwootai_usage_rows BEFORE INSERT OR UPDATE OR DELETE ON chatwootai_usage
    FOR EACH ROW EXECUTE FUNCTION chatwootai_usage_guard();
CREATE OR REPLACE TRIGGER chatwootai_usage_table BEFORE TRUNCATE ON chatwootai_usage
    FOR EACH STATEMENT EXECUTE FUNCTION chatwootai_usage_guard();
