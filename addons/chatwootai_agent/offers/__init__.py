"""Resources and prompts that this addon adds to chatwootai_mcp's."""
