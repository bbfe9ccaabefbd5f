"""What a tenant offers beside tools: resources to read, and prompts.

Whoever has some adds a source to the model ``chatwootai.mcp.offers`` by inheritance; a source belongs to a server,
whose scope a key needs to see it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .call import Call
from .orchestrator import UnknownName


@dataclass(frozen=True)
class Resource:
    """:param name: the last part of its address"""

    name: str
    title: str
    description: str = ""


class ResourceSource:
    """Resources at ``chatwootai://<account_id>/<folder>/<name>``."""

    server: str
    folder: str
    variable: str  # what the name is called in the template of the addresses
    title: str
    description: str
    mime_type = "text/plain"

    def list(self, call: Call) -> Sequence[Resource]:
        raise NotImplementedError

    def read(self, call: Call, name: str) -> str:
        """:raises UnknownName: there is none of that name"""
        raise UnknownName(name)

    def complete(self, call: Call, value: str) -> Sequence[str]:
        """Names that are meant by what was typed so far."""
        typed = value.lower()
        return [found.name for found in self.list(call) if found.name.startswith(value) or typed in found.title.lower()]

    def template(self, account_id: str) -> str:
        return self.address(account_id, f"{{{self.variable}}}")

    def address(self, account_id: str, name: str) -> str:
        return f"chatwootai://{account_id}/{self.folder}/{name}"


@dataclass(frozen=True)
class PromptArgument:
    name: str
    description: str
    required: bool = False
    values: tuple[str, ...] = ()  # to choose from, where there is a choice


class Prompt:
    server: str
    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...] = ()

    def messages(self, call: Call, arguments: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        """The messages, in the form of the protocol, for arguments that were checked."""
        raise NotImplementedError
