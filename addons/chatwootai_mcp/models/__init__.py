from . import alerting, allowed_model, audit, chatwoot_connection, mcp_key, outbox, res_config_settings, webhook_secret
