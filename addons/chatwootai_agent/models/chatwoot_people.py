"""The teams and people of a Chatwoot account, by name, for choosing whom a conversation goes to."""

from odoo import api, fields, models

from odoo.addons.chatwootai_mcp.models.big_integer import BigInteger

TEAM, AGENT = "team", "agent"


class ChatwootPeople(models.Model):
    _name = "chatwootai.chatwoot.people"
    _description = "Team or person in Chatwoot"
    _order = "connection_id, kind desc, name, id"

    connection_id = fields.Many2one(
        "chatwootai.chatwoot.connection", "Chatwoot", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection([(TEAM, "Team"), (AGENT, "Person")], required=True, readonly=True)
    number = BigInteger(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    active = fields.Boolean(default=True, readonly=True)

    _once = models.UniqueIndex("(connection_id, kind, number)", "A team or person is stored once.")

    @api.model
    def _take(self, connection, kind, names):
        """Bring the rows up to what Chatwoot says: {number: name}. Who has left is archived, rules may name them."""
        there = self.with_context(active_test=False).search(
            [("connection_id", "=", connection.id), ("kind", "=", kind)]
        )
        for row in there:
            row.write({"active": row.number in names, "name": names.get(row.number) or row.name})
        known = set(there.mapped("number"))
        self.create(
            [
                {"connection_id": connection.id, "kind": kind, "number": number, "name": name or f"#{number}"}
                for number, name in names.items()
                if number not in known
            ]
        )
