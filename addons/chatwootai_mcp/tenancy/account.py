"""Names: what an account may be called, and every name derived from it.

An ``account_id`` is the name of an Odoo database, of a MongoDB database, the prefix of Qdrant collections and of cache
keys. This is the only file that derives one from another, so that no two tenants can ever share a name in any store.
"""

import re
from enum import StrEnum

# No underscore, dot or colon: the separators of collection names and cache keys then split at their first occurrence.
_ACCOUNT_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_MAX_LENGTH = 40
_RESERVED = frozenset({"admin", "local", "config", "test", "postgres", "template0", "template1"})


class InvalidAccountId(ValueError):
    """The value is not an account_id; the message tells what one looks like."""


class CollectionType(StrEnum):
    """The knowledge collections of a tenant; the set is closed."""

    PRODUCTS = "products"
    RULES = "rules"
    SUPPORT_DOCUMENTS = "support_documents"


class ConfigType(StrEnum):
    """The configuration documents of a tenant; the set is closed."""

    COMPANY_METADATA = "company_metadata"
    BUSINESS_RULES = "business_rules"
    AGENT_CONFIG = "agent_config"


def parse_account_id(value: object) -> str:
    """Return ``value`` if it is an account_id, else raise :class:`InvalidAccountId`."""
    if not isinstance(value, str) or len(value) > _MAX_LENGTH or not _ACCOUNT_ID.match(value):
        raise InvalidAccountId(
            "An account_id is 1 to 40 lower-case letters, digits and single hyphens, and starts with a letter."
        )
    if value in _RESERVED:
        raise InvalidAccountId(f"The account_id {value!r} is reserved; choose another.")
    return value


def collection_name(account_id: str, collection_type: CollectionType) -> str:
    """``acme``, ``products`` → ``acme_products``."""
    return f"{parse_account_id(account_id)}_{CollectionType(collection_type).value}"


def cache_key(account_id: str, *parts: str) -> str:
    """``acme``, ``company_metadata`` → ``acme:company_metadata``."""
    return ":".join((parse_account_id(account_id), *parts))


def log_file_name(account_id: str) -> str:
    """``acme`` → ``acme.log``; older ones get a number behind it."""
    return f"{parse_account_id(account_id)}.log"
