"""What a person pastes into an MCP client to connect it: one function a client (docs/mcp-clients.md explains them)."""

import json


def claude_code(name: str, endpoint: str, key: str) -> str:
    return f'claude mcp add --transport http {name} {endpoint} --header "Authorization: Bearer {key}"'


def claude_desktop(name: str, endpoint: str, key: str) -> str:
    """By mcp-remote, which makes pipes of HTTP, as this client wants. No blank in an argument: Windows cuts there."""
    arguments = ["-y", "mcp-remote", endpoint, "--transport", "http-only", "--header", "Authorization:${AUTHORIZATION}"]
    if endpoint.startswith("http://"):
        arguments.append("--allow-http")
    server = {"command": "npx", "args": arguments, "env": {"AUTHORIZATION": f"Bearer {key}"}}
    return _json({"mcpServers": {name: server}})


def cursor(name: str, endpoint: str, key: str) -> str:
    return _json({"mcpServers": {name: {"url": endpoint, "headers": _headers(key)}}})


def vs_code(name: str, endpoint: str, key: str) -> str:
    return _json({"servers": {name: {"type": "http", "url": endpoint, "headers": _headers(key)}}})


def inspector(name: str, endpoint: str, key: str) -> str:
    return (
        f"npx @modelcontextprotocol/inspector@latest --cli {endpoint} --transport http"
        f' --header "Authorization: Bearer {key}" --method tools/list'
    )


def crewai(name: str, endpoint: str, key: str) -> str:
    return f"""\
# pip install 'crewai-tools[mcp]'
from crewai_tools import MCPServerAdapter

server = {{
    "url": "{endpoint}",
    "transport": "streamable-http",
    "headers": {{"Authorization": "Bearer {key}"}},
}}
with MCPServerAdapter(server) as tools:
    print([tool.name for tool in tools])  # Agent(..., tools=tools)
"""


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _json(settings: object) -> str:
    return json.dumps(settings, indent=2)
