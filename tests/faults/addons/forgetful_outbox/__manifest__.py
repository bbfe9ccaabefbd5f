{
    "name": "Forgetful outbox",
    "summary": "For tests only: one tenant's outbox sends again without looking whether it had sent already",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "ChatwootAI",
    "license": "LGPL-3",
    "depends": ["chatwootai_mcp"],
    "installable": True,
}
