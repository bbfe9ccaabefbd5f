{
    "name": "ChatwootAI MCP",
    "summary": "MCP servers over a tenant's Odoo, knowledge, configuration and Chatwoot",
    "version": "19.0.1.0.0",
    "category": "Productivity/AI",
    "website": "https://github.com/chatwootai/chatwootai-odoo",
    "author": "ChatwootAI",
    "license": "LGPL-3",
    "application": True,
    "depends": ["base_setup", "mail", "product", "queue_job"],
    "external_dependencies": {
        "python": [
            "cryptography",
            "mcp_types",
            "pydantic",
            "pymongo",
            "qdrant_client",
            "qdrant_edge",
            "redis",
            "requests",
        ]
    },
    "data": [
        "security/chatwootai_mcp_groups.xml",
        "security/ir.model.access.csv",
        "data/agent_user.xml",
        "data/queue_job.xml",
        "views/menus.xml",
        "data/outbox_cron.xml",
        "views/chatwoot_connection_views.xml",
        "views/outbox_views.xml",
    ],
}
