"""A conversation of the Python SDK's second generation with an endpoint, told as JSON.

Run by test_mcp_clients.py in an environment of its own: URL and mode as arguments, the key in MCP_KEY.
"""

import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client


async def main(url: str, mode: str) -> None:
    headers = {"Authorization": f"Bearer {os.environ['MCP_KEY']}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        tools = (await client.list_tools()).tools
        found = await client.call_tool("search_records", {"model": "res.partner", "limit": 2})
        wrong = await client.call_tool("search_records", {"model": "no.such.model"})
        resources = (await client.list_resources()).resources
        contents = (await client.read_resource(resources[0].uri)).contents
        prompts = (await client.list_prompts()).prompts
        prompt = await client.get_prompt(prompts[0].name)
        try:
            await client.call_tool("no_such_tool", {})
            unknown = None
        except MCPError as error:
            unknown = error.code
        told = {
            "revision": client.protocol_version,
            "server": client.server_info.name if client.server_info else None,
            "tools": [tool.name for tool in tools],
            "found": found.structured_content,
            "wrong": {"is_error": wrong.is_error, **(wrong.structured_content or {})},
            "resource": contents[0].text,
            "prompt": prompt.messages[0].content.text,
            "unknown_tool": unknown,
        }
    print(json.dumps(told))


asyncio.run(main(*sys.argv[1:]))
