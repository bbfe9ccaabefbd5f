"""A Chatwoot account that one tenant has connected can't be connected by another, by hand in Odoo either."""

import re

import pytest

from demo.odoo_session import OdooSession


def test_a_tenants_administrator_cannot_connect_another_tenants_chatwoot_account(stack):
    theirs = {"name": "theirs", "base_url": stack.chatwoot.url, "chatwoot_account": stack.acme.chatwoot.id}
    odoo = OdooSession(stack.url, "acme-x", "admin", "admin")
    with pytest.raises(RuntimeError, match=re.escape(stack.chatwoot.url)):
        odoo.call("chatwootai.chatwoot.connection", "create", [theirs])
    free = theirs | {"chatwoot_account": 4711}
    [connection] = odoo.call("chatwootai.chatwoot.connection", "create", [free])
    acme = OdooSession(stack.url, "acme", "admin", "admin")
    with pytest.raises(RuntimeError, match=re.escape(stack.chatwoot.url)):
        acme.call("chatwootai.chatwoot.connection", "create", [free])
    odoo.call("chatwootai.chatwoot.connection", "unlink", [connection])
    [connection] = acme.call("chatwootai.chatwoot.connection", "create", [free])
    acme.call("chatwootai.chatwoot.connection", "unlink", [connection])
