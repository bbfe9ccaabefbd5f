"""The port for a tenant's configuration documents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..tenancy.account import ConfigType
from .errors import InvalidDocument
from .schemas import AgentConfig, Snapshot

StoredDocument = dict[str, Any]


@dataclass(frozen=True)
class StoredConfig:
    """What is stored of one config type. The moment is unknown (None) for what was stored before it was noted."""

    config_type: ConfigType
    version: int
    documents: int
    stored_at: datetime | None


class DocumentStore(Protocol):
    """Keeps the configuration of each tenant; nothing crosses from one account_id to another.

    A reader sees one whole version of what it asks for, before or after a replacement, never a mixture.
    """

    def replace_snapshot(self, account_id: str, snapshot: Snapshot) -> None:
        """Replace metadata and rules as a whole; raise StaleSnapshot if a newer version is stored.

        The stored version may be offered again: a sender that never got its answer repeats itself.
        """

    def get(self, account_id: str, config_type: ConfigType) -> StoredDocument | list[StoredDocument] | None:
        """The document, or for business_rules the list of them; None if it was never stored."""

    def save_agent_config(self, account_id: str, document: AgentConfig) -> None:
        """Replace the agent_config document, and touch no other."""

    def describe(self, account_id: str) -> list[StoredConfig]:
        """The config types that are stored, without their documents."""

    def count(self, account_id: str) -> int:
        """How many documents the tenant has."""

    def drop(self, account_id: str) -> None:
        """Remove all the tenant has; nothing happens if it has nothing."""

    def ping(self) -> None:
        """Raise StoreUnavailable unless the store can be used."""


def check_owner(account_id: str, snapshot: Snapshot) -> None:
    """A snapshot may only be stored for the account it names."""
    if snapshot.account_id != account_id:
        raise InvalidDocument("account_id: the snapshot is of another account.")


def stale_sentence(offered: int, stored: int) -> str:
    return f"Version {offered} is older than the stored version {stored}."
