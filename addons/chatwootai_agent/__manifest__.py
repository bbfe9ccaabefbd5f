{
    "name": "ChatwootAI Agent",
    "summary": "Crews of agents that answer customers' messages from Chatwoot",
    "version": "19.0.1.0.0",
    "category": "Productivity/AI",
    "website": "https://github.com/chatwootai/chatwootai-odoo",
    "author": "ChatwootAI",
    "license": "LGPL-3",
    "application": True,
    "depends": ["chatwootai_mcp", "company_services"],
    "external_dependencies": {"python": ["crewai", "httpx", "pypdf", "docx"]},
    "data": [
        "security/chatwootai_agent_groups.xml",
        "security/ir.model.access.csv",
        "data/queue_job.xml",
        "data/queue_job_settings.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
        "data/cron.xml",
        "wizards/connect_views.xml",
        "views/chatwoot_connection_views.xml",
        "views/conversation_views.xml",
        "views/outbox_views.xml",
        "views/inbox_views.xml",
        "views/turn_views.xml",
        "data/knowledge.xml",
        "views/knowledge_views.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "chatwootai_agent/static/src/scss/conversation.scss",
        ]
    },
}
