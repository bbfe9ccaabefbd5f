"""Fills a tenant's database with one of the demo companies, through the ORM as a person's typing and import would."""

import sys
from typing import Any

from . import paths

COMPANIES = ("cosmetics", "furniture")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def load(env: Any, name: str) -> None:
    """Write the company's profile, rules, documents and catalogue with stock."""
    if str(paths.ROOT) not in sys.path:
        sys.path.append(str(paths.ROOT))
    from demo.companies import load as read

    company = read(name)
    _write_company(env, company.profile)
    profile = env["company.services.profile"]._of_company(env.ref("base.main_company"))
    _write_profile(profile, company.profile)
    env["company.services.rule"].create([_rule_values(profile, rule) for rule in company.rules])
    env["company.services.document"].create(
        [
            {"profile_id": profile.id, "name": document.name, "kind": "text", "text": document.text}
            for document in company.documents
        ]
    )
    _create_products(env, company.products)


def _write_company(env: Any, profile: Any) -> None:
    address = profile.address
    country = env["res.country"].search([("code", "=", address.country)], limit=1)
    state = env["res.country.state"].search([("country_id", "=", country.id), ("code", "=", address.state)], limit=1)
    env.ref("base.main_company").write(
        {
            "name": profile.company_name,
            "street": address.street,
            "street2": address.street2,
            "city": address.city,
            "zip": address.zip,
            "state_id": state.id,
            "country_id": country.id,
            "phone": profile.phone,
            "email": profile.email,
            "website": profile.website.url,
        }
    )


def _write_profile(record: Any, profile: Any) -> None:
    record.write(
        {
            "description": profile.description,
            "lang": profile.language,
            "tz": profile.timezone,
            "share_address": profile.address.share_with_customers,
            "mention_website": profile.website.mention,
            "link_ids": [
                (0, 0, {"network": link.network, "url": link.url, "mention": link.mention})
                for link in profile.social_links
            ],
            "tone": profile.style.tone,
            "use_emoji": profile.style.emoji,
            "greeting": profile.style.greeting,
            "farewell": profile.style.farewell,
            "rating_request": profile.style.rating_request,
            **{f"service_{service}": offered for service, offered in profile.services.items()},
        }
    )
    record._set_opening_hours(
        [
            {
                "day": day.day,
                "opens": day.opens,
                "closes": day.closes,
                "break_start": day.break_start,
                "break_end": day.break_end,
            }
            for day in profile.opening_hours
        ]
    )


def _rule_values(profile: Any, rule: Any) -> dict[str, Any]:
    values = {
        "profile_id": profile.id,
        "name": rule.name,
        "description": rule.description,
        "kind": rule.kind,
        "service": rule.service,
        "sequence": rule.sequence,
        "date_start": rule.date_start,
        "date_end": rule.date_end,
    }
    if rule.scheduling:
        values["duration_minutes"] = rule.scheduling.duration_minutes
        values["notice_hours"] = rule.scheduling.notice_hours
        values |= {name: day in rule.scheduling.days for day, name in enumerate(WEEKDAYS)}
    return values


def _create_products(env: Any, products: Any) -> None:
    """The catalogue as storable goods, counted in the first warehouse."""
    categories = {
        name: env["product.category"].create({"name": name})
        for name in dict.fromkeys(each.category for each in products)
    }
    created = env["product.product"].create(
        [
            {
                "default_code": each.code,
                "name": each.name,
                "categ_id": categories[each.category].id,
                "list_price": float(each.price),
                "description_sale": each.description,
                "type": "consu",
                "is_storable": True,
                "taxes_id": False,
                "supplier_taxes_id": False,
            }
            for each in products
        ]
    )
    location = env["stock.warehouse"].search([], order="id", limit=1).lot_stock_id
    env["stock.quant"].with_context(inventory_mode=True).create(
        [
            {"product_id": product.id, "location_id": location.id, "inventory_quantity": each.quantity}
            for product, each in zip(created, products, strict=True)
            if each.quantity
        ]
    ).action_apply_inventory()
