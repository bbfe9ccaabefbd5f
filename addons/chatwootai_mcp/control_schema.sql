-- The operator's database: which tenants there are, whose Chatwoot account is whose, what each may use, and alerts.
-- Run by the operator with psql (-v odoo=ROLE names Odoo's role); every statement may run again.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock(hashtext('chatwootai_control_schema'));

CREATE TABLE IF NOT EXISTS tenant (
    account_id text PRIMARY KEY,
    state text NOT NULL DEFAULT 'creating' CHECK (state IN ('creating', 'active', 'dropping')),
    demo text,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Which state of the addons' code the tenant's database was made or upgraded with.
ALTER TABLE tenant ADD COLUMN IF NOT EXISTS addons text;

-- A Chatwoot account belongs to one tenant.
CREATE TABLE IF NOT EXISTS chatwoot_account (
    base_url text NOT NULL,
    chatwoot_account integer NOT NULL CHECK (chatwoot_account > 0),
    account_id text NOT NULL REFERENCES tenant ON DELETE CASCADE,
    PRIMARY KEY (base_url, chatwoot_account)
);

-- False where a tenant claimed it by connecting it in Odoo: held for that tenant, but no shared webhook leads there.
ALTER TABLE chatwoot_account ADD COLUMN IF NOT EXISTS by_operator boolean NOT NULL DEFAULT true;

-- Odoo may claim what is free for a tenant, and give up what was claimed so; nothing that the operator mapped.
CREATE OR REPLACE FUNCTION claim_chatwoot_account(claimant text, url text, number integer)
RETURNS TABLE (owner text, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.chatwoot_account (base_url, chatwoot_account, account_id, by_operator)
        SELECT url, number, account_id, false FROM public.tenant WHERE account_id = claimant
        ON CONFLICT DO NOTHING;
    is_new := FOUND;
    owner := (SELECT account_id FROM public.chatwoot_account WHERE base_url = url AND chatwoot_account = number);
    RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION give_up_chatwoot_account(claimant text, url text, number integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM public.chatwoot_account
        WHERE base_url = url AND chatwoot_account = number AND account_id = claimant AND NOT by_operator
$$;

-- The webhook all tenants of one Chatwoot share; its token's HMAC covers the base URL, the id here makes it revocable.
CREATE TABLE IF NOT EXISTS chatwoot_webhook (
    token_id text PRIMARY KEY,
    base_url text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A missing row or a null means no limit.
CREATE TABLE IF NOT EXISTS tenant_limit (
    account_id text PRIMARY KEY REFERENCES tenant ON DELETE CASCADE,
    calls_per_minute integer CHECK (calls_per_minute >= 0),
    concurrent integer CHECK (concurrent >= 0),
    turns_per_day integer CHECK (turns_per_day >= 0),
    tokens_per_month bigint CHECK (tokens_per_month >= 0),
    money_per_month numeric CHECK (money_per_month >= 0),
    documents integer CHECK (documents >= 0),
    vectors integer CHECK (vectors >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- US dollars for a million tokens; '*' is any model that has no row of its own.
CREATE TABLE IF NOT EXISTS model_price (
    model text PRIMARY KEY,
    tokens_in numeric NOT NULL CHECK (tokens_in >= 0),
    tokens_out numeric NOT NULL CHECK (tokens_out >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS alert (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    account_id text,
    kind text NOT NULL,
    message text NOT NULL,
    seen_at timestamptz
);

-- One unseen row for each kind of an account, however often it is raised.
ALTER TABLE alert ADD COLUMN IF NOT EXISTS count integer NOT NULL DEFAULT 1;
ALTER TABLE alert ADD COLUMN IF NOT EXISTS last_at timestamptz NOT NULL DEFAULT now();
UPDATE alert SET seen_at = now() WHERE seen_at IS NULL AND EXISTS (
    SELECT 1 FROM alert newer WHERE newer.id > alert.id AND newer.seen_at IS NULL AND newer.kind = alert.kind
        AND newer.account_id IS NOT DISTINCT FROM alert.account_id);
CREATE UNIQUE INDEX IF NOT EXISTS alert_unseen ON alert (coalesce(account_id, ''), kind) WHERE seen_at IS NULL;

-- How far a tenant's audit was, hour by hour: rows that are missing in its database afterwards were removed there.
CREATE TABLE IF NOT EXISTS audit_head (
    account_id text NOT NULL REFERENCES tenant ON DELETE CASCADE,
    hour timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    seq bigint NOT NULL,
    seal text NOT NULL,
    PRIMARY KEY (account_id, hour)
);

-- Odoo says up to which row retention has taken a tenant's audit away. What was noted within the month stays, whatever it
-- says: no row is taken away sooner.
CREATE OR REPLACE FUNCTION forget_audit_heads(tenant text, until bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM public.audit_head WHERE account_id = tenant AND seq <= until AND hour < now() - interval '30 days'
$$;

-- Odoo reads everything, raises and counts alerts, and changes nothing else.
GRANT CONNECT ON DATABASE :"DBNAME" TO :"odoo";
GRANT USAGE ON SCHEMA public TO :"odoo";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"odoo";
GRANT INSERT (account_id, kind, message), UPDATE (count, last_at) ON alert TO :"odoo";
GRANT INSERT (account_id, seq, seal) ON audit_head TO :"odoo";
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_chatwoot_account, give_up_chatwoot_account, forget_audit_heads TO :"odoo";
COMMIT;
