from . import configuration, login, mcp, operations
