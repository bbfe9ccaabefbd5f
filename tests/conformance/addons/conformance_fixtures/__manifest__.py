{
    "name": "MCP conformance fixtures",
    "summary": "What the official MCP conformance suite expects a server to offer. For tests only.",
    "version": "19.0.1.0.0",
    "author": "ChatwootAI",
    "license": "LGPL-3",
    "category": "Hidden/Tests",
    "depends": ["chatwootai_mcp"],
    "installable": True,
}
