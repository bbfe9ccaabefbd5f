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
        "views/menus.xml",
    ],
}
