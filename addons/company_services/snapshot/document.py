"""The snapshot document: a company's plain values in the shape the configuration webhook takes."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

SERVICES = ("sales", "scheduling", "delivery", "support")
ADDRESS_PARTS = ("street", "street2", "city", "state", "zip", "country")


def snapshot_document(
    account_id: str, version: int, company: Mapping[str, Any], rules: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "version": version,
        "company_metadata": dict(company),
        "business_rules": [dict(rule) for rule in rules],
    }


def text(value: object) -> str:
    """What a person typed, without the blank around it; an empty Odoo field is no text, not the word False."""
    return value.strip() if isinstance(value, str) else ""


def text_or_none(value: object) -> str | None:
    return text(value) or None


def address(parts: Mapping[str, object], share_with_customers: bool) -> dict[str, Any] | None:
    """The address, or None when nothing of it is known; a country alone is only Odoo's default."""
    shaped: dict[str, Any] = {name: text(parts.get(name)) for name in ADDRESS_PARTS}
    if not any(value for name, value in shaped.items() if name != "country"):
        return None
    return {**shaped, "share_with_customers": share_with_customers}


def website(url: object, mention: bool) -> dict[str, Any] | None:
    return {"url": text(url), "mention": mention} if text(url) else None


def business_rule(
    *,
    rule_id: int,
    name: object,
    description: object,
    kind: str,
    service: str,
    sequence: int,
    date_start: date | None = None,
    date_end: date | None = None,
    duration_minutes: int = 0,
    notice_hours: int = 0,
    days: Iterable[int] = (),
) -> dict[str, Any]:
    """A rule with what its kind needs and nothing else: dates are a temporary rule's, the rest a scheduling rule's."""
    temporary, scheduling = kind == "temporary", kind == "scheduling"
    return {
        "rule_id": rule_id,
        "name": text(name),
        "description": text(description),
        "kind": kind,
        "service": service,
        "sequence": sequence,
        "date_start": date_start.isoformat() if temporary and date_start else None,
        "date_end": date_end.isoformat() if temporary and date_end else None,
        "scheduling": (
            {"duration_minutes": duration_minutes, "notice_hours": notice_hours, "days": sorted(set(days))}
            if scheduling
            else None
        ),
    }
