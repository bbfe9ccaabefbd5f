from . import audited, signaled_cache  # others inherit them
from . import (
    alert,
    alerting,
    allowed_model,
    audit,
    audit_chain,
    audit_export,
    audit_rate,
    chatwoot_connection,
    company_tree,
    limit,
    mcp_key,
    mcp_offers,
    outbox,
    res_config_settings,
    usage,
)
from . import ir_http, webhook_secret, webhook_door, chatwoot_claim
from . import outbox_words, outbox_refusal, outbox_again  # extend outbox
from . import audit_words  # extends audit
