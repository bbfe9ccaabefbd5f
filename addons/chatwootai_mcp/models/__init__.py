from . import alerting, chatwoot_connection, outbox, webhook_secret
