from . import configuration, mcp, operations
