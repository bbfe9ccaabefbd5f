from . import agent_config, res_company, company_settings
from . import chatwoot_connection, same_chatwoot, connect_step, inbox, chatwoot_people, hand_off_rule
from . import conversation, message, turn, turn_step, turn_metrics, outbox
from . import answering, media_reading  # extend conversation and message
from . import turn_usage, limit
from . import knowledge, knowledge_document, knowledge_sources, knowledge_triggers
from . import mcp_offers
from . import audited_configuration, configuration_webhook, failing_syncs
