"""What the demo and the tests need beside Odoo: a Chatwoot stand-in, an offline model, two companies."""
