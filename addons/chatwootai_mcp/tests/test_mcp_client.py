"""A real MCP client (the Python SDK's) works with the endpoints."""

import asyncio
from contextlib import asynccontextmanager

from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client

from odoo.tests import tagged

from .http_case import McpHttpCase


@tagged("post_install", "-at_install")
class TestMcpClient(McpHttpCase):
    @asynccontextmanager
    async def _session(self, path):
        url = f"{self.base_url()}{path}"
        async with (
            streamablehttp_client(url, headers=self.client_headers(self.token)) as (read, write, _session_id),
            ClientSession(read, write) as session,
        ):
            self.greeting = await session.initialize()
            yield session

    def _with_client(self, work, path=None):
        async def run():
            async with self._session(path or f"/mcp/{self.account_id}") as session:
                return await work(session)

        self.token = self.issue()
        with self.allow_requests():
            return asyncio.run(run())

    def test_initialize_and_ping(self):
        async def work(session):
            await session.send_ping()

        self._with_client(work)
        self.assertEqual(self.greeting.serverInfo.name, "chatwootai")
        self.assertEqual(self.greeting.protocolVersion, "2025-11-25")
        self.assertIsNotNone(self.greeting.capabilities.tools)

    def test_tools_are_listed_with_their_schemas(self):
        async def work(session):
            return (await session.list_tools()).tools

        tools = {tool.name: tool for tool in self._with_client(work)}
        for name in ("search_records", "search_vectors", "search_knowledge", "get_agent_config", "find_products"):
            self.assertIn(name, tools)
            self.assertTrue(tools[name].description)
            self.assertFalse(tools[name].inputSchema["additionalProperties"])
            self.assertTrue(tools[name].annotations.readOnlyHint)
            self.assertNotIn("account_id", tools[name].inputSchema["properties"])

    def test_a_tool_is_called_as_the_founding_document_shows_it(self):
        arguments = {
            "account_id": self.account_id,
            "model": "res.partner",
            "domain": [["is_company", "=", True]],
            "fields": ["name", "email", "phone"],
            "limit": 10,
        }

        async def work(session):
            return await session.call_tool("search_records", arguments)

        for path in (f"/mcp/{self.account_id}", "/mcp", f"/mcp/{self.account_id}/odoo"):
            result = self._with_client(work, path)
            self.assertFalse(result.isError)
            self.assertTrue(result.structuredContent["success"])
            found = {record["name"]: record for record in result.structuredContent["records"]}
            self.assertEqual(found["Casa Aurora"]["email"], "oi@aurora.example")
            self.assertEqual(set(found["Casa Aurora"]), {"id", "name", "email", "phone"})

    def test_at_the_orchestrators_endpoint_every_tool_requires_the_account(self):
        async def work(session):
            return (await session.list_tools()).tools

        for tool in self._with_client(work, "/mcp"):
            self.assertIn("account_id", tool.inputSchema["required"], tool.name)

    def test_an_unknown_tool_is_a_protocol_error(self):
        async def work(session):
            with self.assertRaises(McpError) as caught:
                await session.call_tool("drop_everything", {})
            return caught.exception.error.code

        self.assertEqual(self._with_client(work), -32602)

    def test_wrong_arguments_are_told_to_the_model(self):
        async def work(session):
            return await session.call_tool("search_records", {"model": "res.partner", "limt": 5})

        result = self._with_client(work)
        self.assertTrue(result.isError)
        self.assertIn("limt", result.content[0].text)
