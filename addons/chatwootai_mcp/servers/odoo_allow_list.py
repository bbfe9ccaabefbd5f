"""What MCP-Odoo may ever show of Odoo's models, as decisions on names and field types.

A tenant chooses models, fields and operations in its allow-list. System models and secret fields stay closed whatever
it chooses: they hold credentials, rights, code or other people's files.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MAX_DEFAULT_FIELDS = 24
_SYSTEM_PREFIXES = (
    "auth",
    "base.",
    "base_",
    "bus.",
    "change.password",
    "chatwootai.",
    "discuss.",
    "fetchmail.",
    "iap.",
    "ir.",
    "mail.",
    "payment.provider",
    "payment.token",
    "queue.",
    "report.",
    "res.config",
    "res.device",
    "res.groups",
    "res.users",
    "sms.",
    "web_",
    "web.",
    "website",
)
_SECRET_NAME = re.compile(r"token|secret|password|passwd|api_?key|credential|signup_|otp|totp", re.IGNORECASE)
_OPAQUE_TYPES = frozenset({"binary", "image", "json", "properties", "properties_definition", "many2one_reference"})
_TO_MANY = frozenset({"one2many", "many2many"})
# Odoo's own bookkeeping on every record: nothing a shop would tell.
_BOOKKEEPING = re.compile(r"(create|write)_uid\Z|(message|activity|rating|website_message)_|has_message\Z|my_activity_")


@dataclass(frozen=True)
class FieldFacts:
    """What a decision on a field needs to know of it."""

    name: str
    type: str
    comodel: str | None = None
    stored: bool = True
    secret: bool = False  # its value never leaves the server, see models/secret_field.py


@dataclass(frozen=True)
class AllowedModel:
    """One model of the allow-list: what may be done with it, and the fields that may be seen.

    :param default_fields: those that are returned when nobody asks for particular ones
    """

    name: str
    read: bool
    create: bool
    write: bool
    unlink: bool
    fields: frozenset[str]
    default_fields: tuple[str, ...]


def is_system_model(name: str) -> bool:
    """Whether no allow-list can open this model."""
    return name.startswith(_SYSTEM_PREFIXES) or name in ("base", "_unknown")


def may_be_seen(field: FieldFacts) -> bool:
    """Whether a tenant may put this field on its list at all."""
    if field.secret or field.type in _OPAQUE_TYPES or _SECRET_NAME.search(field.name):
        return False
    return not (field.type in _TO_MANY and field.comodel and is_system_model(field.comodel))


def seen_fields(fields: Iterable[FieldFacts], chosen: frozenset[str]) -> frozenset[str]:
    """The fields that may be read: those the tenant chose or, where it chose none, all but Odoo's bookkeeping."""
    return frozenset(
        field.name
        for field in fields
        if may_be_seen(field)
        and (field.name in chosen or field.name == "id" or (not chosen and not _BOOKKEEPING.match(field.name)))
    )


def default_fields(fields: Iterable[FieldFacts], seen: frozenset[str]) -> tuple[str, ...]:
    """Of the fields that may be read, the cheap and telling ones: stored, single-valued, the names first."""
    telling = [
        field.name for field in fields if field.name in seen and field.stored and field.type not in (*_TO_MANY, "html")
    ]
    first = [name for name in ("id", "display_name", "name", "default_code", "email", "phone", "state") if name in seen]
    return tuple(dict.fromkeys(first + telling))[:_MAX_DEFAULT_FIELDS]
