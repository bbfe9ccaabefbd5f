"""The protocol's resources, prompts and completion over what a tenant offers, each by way of the orchestrator."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from odoo import api

from .. import protocol
from ..servers.call import Call
from ..servers.offers import Prompt, PromptArgument, ResourceSource
from ..servers.orchestrator import Orchestrator, UnknownName
from ..tenancy.principal import Principal

_PAGE = 100
_MAX_TEXT = 200_000  # characters of a resource
_MAX_ARGUMENT = 4_000


class TenantOffers(protocol.McpServer):
    """Of the sources, those whose server the caller may reach (and asked for)."""

    def __init__(
        self, orchestrator: Orchestrator, principal: Principal, env: api.Environment, server: str | None = None
    ) -> None:
        self._orchestrator = orchestrator
        self._principal = principal
        self._env = env
        self._server = server

    @property
    def capabilities(self) -> frozenset[str]:
        offered = {"tools"}
        if self._sources():
            offered |= {"resources", "completions"}
        if self._prompts():
            offered |= {"prompts", "completions"}
        return frozenset(offered)

    # -- resources

    def list_resources(self, cursor: str | None) -> protocol.Page:
        start = _start(cursor)
        found = [resource for source in self._sources() for resource in self._resources_of(source)]
        if start and start >= len(found):
            raise _invalid("Unknown cursor.")
        more = start + _PAGE < len(found)
        return protocol.Page(found[start : start + _PAGE], str(start + _PAGE) if more else None)

    def list_resource_templates(self, cursor: str | None) -> protocol.Page:
        return protocol.Page(
            [
                {
                    "uriTemplate": source.template(self._principal.account_id),
                    "name": source.folder,
                    "title": source.title,
                    "description": source.description,
                    "mimeType": source.mime_type,
                }
                for source in self._sources()
            ]
        )

    def read_resource(self, uri: str) -> Sequence[Mapping[str, Any]]:
        source, name = self._found(uri)
        try:
            text = self._ask("resources/read", source.server, {"uri": uri}, lambda call: source.read(call, name))
        except UnknownName:
            raise protocol.UnknownResource(uri) from None
        content: dict[str, Any] = {"uri": uri, "mimeType": source.mime_type, "text": text[:_MAX_TEXT]}
        return [content | {"_meta": {"truncated": True}} if len(text) > _MAX_TEXT else content]

    def _resources_of(self, source: ResourceSource) -> list[dict[str, Any]]:
        try:
            listed = self._ask("resources/list", source.server, {"folder": source.folder}, source.list)
        except protocol.ProtocolError:
            return []  # a store that is down takes only its own resources with it
        return [
            {
                "uri": source.address(self._principal.account_id, resource.name),
                "name": f"{source.folder}/{resource.name}",
                "title": resource.title,
                "mimeType": source.mime_type,
            }
            | ({"description": resource.description} if resource.description else {})
            for resource in listed
        ]

    def _found(self, uri: str) -> tuple[ResourceSource, str]:
        for source in self._sources():
            folder = source.address(self._principal.account_id, "")
            name = uri.removeprefix(folder)
            if name and uri.startswith(folder):
                return source, name
        raise protocol.UnknownResource(uri)

    # -- prompts

    def list_prompts(self, cursor: str | None) -> protocol.Page:
        return protocol.Page(
            [
                {
                    "name": prompt.name,
                    "title": prompt.title,
                    "description": prompt.description,
                    "arguments": [
                        {"name": each.name, "description": each.description, "required": each.required}
                        for each in prompt.arguments
                    ],
                }
                for prompt in self._prompts()
            ]
        )

    def get_prompt(
        self, name: str, arguments: Mapping[str, str], context: protocol.RequestContext
    ) -> Mapping[str, Any] | protocol.InputRequired:
        prompt = self._prompt(name)
        _check_arguments(prompt, arguments)
        messages = self._ask(
            "prompts/get",
            prompt.server,
            {"name": name, "arguments": dict(arguments)},
            lambda call: prompt.messages(call, arguments),
        )
        return {"description": prompt.description, "messages": list(messages)}

    def _prompt(self, name: str) -> Prompt:
        for prompt in self._prompts():
            if prompt.name == name:
                return prompt
        raise protocol.UnknownPrompt(name)

    # -- completion

    def complete(self, ref: Mapping[str, Any], argument: str, value: str) -> Sequence[str]:
        if ref.get("type") == "ref/prompt":
            return [each for each in self._argument(ref["name"], argument).values if each.startswith(value)]
        source = self._templated(str(ref.get("uri")), argument)
        asked = {"folder": source.folder, "value": value}
        found: Sequence[str] = self._ask(
            "completion/complete", source.server, asked, lambda call: source.complete(call, value)
        )
        return found

    def _templated(self, template: str, variable: str) -> ResourceSource:
        for source in self._sources():
            if (source.template(self._principal.account_id), source.variable) == (template, variable):
                return source
        raise _invalid("There is no such resource template or argument.")

    def _argument(self, prompt: str, name: str) -> PromptArgument:
        try:
            return next(each for each in self._prompt(prompt).arguments if each.name == name)
        except (protocol.UnknownPrompt, StopIteration):
            raise _invalid("There is no such prompt or argument.") from None

    # -- what all share

    def _sources(self) -> list[ResourceSource]:
        return [source for source in self._env["chatwootai.mcp.offers"].resource_sources() if self._reaches(source)]

    def _prompts(self) -> list[Prompt]:
        return [prompt for prompt in self._env["chatwootai.mcp.offers"].prompts() if self._reaches(prompt)]

    def _reaches(self, offered: ResourceSource | Prompt) -> bool:
        return self._principal.may_reach(offered.server) and self._server in (None, offered.server)

    def _ask(self, name: str, server: str, arguments: Mapping[str, Any], work: Callable[[Call], Any]) -> Any:
        """What the work returns.

        :raises UnknownName: it did
        :raises ProtocolError: it failed, with the sentence that a failed tool would say
        """
        outcome = self._orchestrator.read(
            self._principal, name, server, arguments, lambda call: {"found": work(call)}, env=self._env
        )
        if outcome.is_error:
            raise protocol.ProtocolError(INTERNAL_ERROR, outcome.result["error"])
        return outcome.result["found"]


def _check_arguments(prompt: Prompt, arguments: Mapping[str, str]) -> None:
    known = {each.name: each for each in prompt.arguments}
    for name, value in arguments.items():
        if name not in known:
            raise _invalid(f"The prompt {prompt.name} takes no such argument; it takes: {', '.join(known)}.")
        if len(value) > _MAX_ARGUMENT:
            raise _invalid(f"{name} may have {_MAX_ARGUMENT} characters.")
        if known[name].values and value not in known[name].values:
            raise _invalid(f"{name} is one of: {', '.join(known[name].values)}.")
    for each in prompt.arguments:
        if each.required and not arguments.get(each.name):
            raise _invalid(f"{each.name} is missing.")


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 8 and int(cursor) % _PAGE == 0):
        raise _invalid("Unknown cursor.")
    return int(cursor)


def _invalid(message: str) -> protocol.ProtocolError:
    return protocol.ProtocolError(INVALID_PARAMS, message)
