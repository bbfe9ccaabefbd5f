"""Sets up the company of a template database: Brazil's currency, language and time zone. A process of its own."""

import sys

from .odoo_env import odoo_environment

SOURCE_LANGUAGE = "en_US"  # loading another as the first one leaves it off
LANGUAGE, CURRENCY, COUNTRY, TIMEZONE = "pt_BR", "base.BRL", "base.br", "America/Sao_Paulo"


def main(database: str) -> None:
    with odoo_environment(database) as env:
        env["res.lang"]._activate_lang(SOURCE_LANGUAGE)
        currency = env.ref(CURRENCY)
        currency.active = True
        company = env.ref("base.main_company")
        company.write({"currency_id": currency.id, "country_id": env.ref(COUNTRY).id})
        company.partner_id.lang = LANGUAGE
        if "resource_calendar_id" in company:
            company.resource_calendar_id.tz = TIMEZONE
        users = env["res.users"].with_context(active_test=False).search([])
        users.partner_id.write({"lang": LANGUAGE, "tz": TIMEZONE})
        env["ir.default"].set("res.partner", "lang", LANGUAGE)
        env["ir.default"].set("res.partner", "tz", TIMEZONE)
        pricelists = env["product.pricelist"].with_context(active_test=False).search([])
        pricelists.write({"currency_id": currency.id})


if __name__ == "__main__":
    main(sys.argv[1])
