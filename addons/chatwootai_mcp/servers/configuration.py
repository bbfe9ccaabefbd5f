"""A company's configuration arriving from company_services: validated, stored as a whole, and seen at once."""

from contextlib import ExitStack
from typing import Any

from ..stores.documents import check_owner
from ..stores.schemas import Snapshot, parse_document
from ..tenancy.account import ConfigType
from .stores_of_process import get_stores

REPLACED = (ConfigType.COMPANY_METADATA, ConfigType.BUSINESS_RULES)


def store_snapshot(account_id: str, document: dict[str, Any]) -> int:
    """Replace the tenant's metadata and rules by the snapshot's, and return its version.

    :raises InvalidDocument: it does not follow the schema, or is another account's
    :raises StaleSnapshot: a newer version is stored
    :raises StoreUnavailable: try again later
    """
    snapshot = parse_document(Snapshot, document)
    check_owner(account_id, snapshot)
    stores = get_stores()
    with ExitStack() as caches:
        for config_type in REPLACED:
            caches.enter_context(stores.cache.writing(account_id, config_type.value))
        stores.documents.replace_snapshot(account_id, snapshot)
    return snapshot.version


def stored_version(account_id: str) -> int | None:
    """The version that is stored, past which a sender must go that was refused as stale; None before the first."""
    metadata = get_stores().documents.get(account_id, ConfigType.COMPANY_METADATA)
    return metadata["version"] if isinstance(metadata, dict) else None
