from . import test_channel_news
from . import test_crews_settings
from . import test_crews_tools
from . import test_knowledge_documents, test_knowledge_resync, test_knowledge_triggers
from . import test_closing, test_connecting, test_giving_back, test_handing_over, test_inbox
from . import test_media_reading
from . import test_saying
from . import test_same_chatwoot, test_sweep, test_turn
from . import test_turn_limits
from . import test_webhook
from . import test_conversation_access
from . import test_mcp_offers
from . import test_log_secrecy
from . import test_audited_configuration, test_configuration_webhook
from . import test_knowledge_limits
from . import test_agent_settings, test_menus
from . import test_translations
