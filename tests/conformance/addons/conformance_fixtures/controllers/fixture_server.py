"""The tenant's own server with the suite's tools, resources and prompts in front of what the tenant has."""

import json

from odoo.addons.chatwootai_mcp import protocol
from odoo.addons.chatwootai_mcp.controllers.tenant_server import TenantServer

from .fixture_questions import ask_for_context
from .fixture_tools import DESCRIPTIONS, IMAGE, TOOLS, text

_RESOURCES = {
    "test://static-text": ("text/plain", {"text": "This is the content of the static text resource."}),
    "test://static-binary": ("image/png", {"blob": IMAGE}),
    "test://watched-resource": ("text/plain", {"text": "This resource can be watched."}),
}
_TEMPLATE = "test://template/{id}/data"

_watched: set[tuple[str, str]] = set()


class FixtureServer(TenantServer):
    capabilities = frozenset({"tools", "resources", "prompts", "completions", "logging", "subscriptions"})

    def list_tools(self):
        return [*DESCRIPTIONS, *super().list_tools()]

    def call_tool(self, name, arguments, context):
        tool = TOOLS.get(name)
        return tool(context) if tool else super().call_tool(name, arguments, context)

    def list_resources(self, cursor):
        page = super().list_resources(cursor)
        ours = [
            {"uri": uri, "name": uri.removeprefix("test://"), "mimeType": mime_type}
            for uri, (mime_type, _) in _RESOURCES.items()
        ]
        return protocol.Page([*(ours if cursor is None else ()), *page.items], page.next_cursor)

    def list_resource_templates(self, cursor):
        ours = {"uriTemplate": _TEMPLATE, "name": "template", "mimeType": "application/json"}
        return protocol.Page([ours, *super().list_resource_templates(cursor).items])

    def read_resource(self, uri):
        if uri in _RESOURCES:
            mime_type, content = _RESOURCES[uri]
            return [{"uri": uri, "mimeType": mime_type, **content}]
        before, after = _TEMPLATE.split("{id}")
        if uri.startswith(before) and uri.endswith(after):
            number = uri[len(before) : -len(after)]
            data = {"id": number, "templateTest": True, "data": f"Data for ID: {number}"}
            return [{"uri": uri, "mimeType": "application/json", "text": json.dumps(data)}]
        return super().read_resource(uri)

    def subscribe(self, uri):
        _watched.add((self._principal.account_id, uri))

    def unsubscribe(self, uri):
        _watched.discard((self._principal.account_id, uri))

    def list_prompts(self, cursor):
        ours = [
            {
                "name": name,
                "description": f"{name}, of the conformance suite",
                "arguments": [{"name": argument, "required": True} for argument in arguments],
            }
            for name, arguments in _ARGUMENTS.items()
        ]
        return protocol.Page([*ours, *super().list_prompts(cursor).items])

    def get_prompt(self, name, arguments, context):
        if name == "test_input_required_result_prompt":
            return ask_for_context(context)
        if name not in _ARGUMENTS:
            return super().get_prompt(name, arguments, context)
        return {"messages": [{"role": "user", "content": content} for content in _prompt(name, arguments)]}

    def complete(self, ref, argument, value):
        if ref.get("name") == "test_prompt_with_arguments":
            return [each for each in ("test one", "test two") if each.startswith(value)]
        return super().complete(ref, argument, value)


_ARGUMENTS = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


def _prompt(name, arguments):
    if name == "test_prompt_with_arguments":
        return [text(f"Prompt with arguments: arg1={arguments['arg1']!r}, arg2={arguments['arg2']!r}")]
    if name == "test_prompt_with_embedded_resource":
        content = {"mimeType": "text/plain", "text": "Embedded resource content for testing."}
        return [
            {"type": "resource", "resource": {"uri": arguments["resourceUri"], **content}},
            text("Please process the embedded resource above."),
        ]
    if name == "test_prompt_with_image":
        return [
            {"type": "image", "data": IMAGE, "mimeType": "image/png"},
            text("Please analyze the image above."),
        ]
    return [text("This is a simple prompt for testing.")]
