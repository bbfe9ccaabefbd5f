from . import alerting, allowed_model, audit, chatwoot_connection, mcp_key, mcp_offers, outbox, res_config_settings
from . import webhook_secret
