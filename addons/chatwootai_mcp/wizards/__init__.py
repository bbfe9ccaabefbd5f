from . import new_mcp_key
