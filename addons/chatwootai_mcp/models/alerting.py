"""Records that can raise an alert about themselves: people see it as an activity on the record, and in the alerts."""

from odoo import api, models


class Alerting(models.AbstractModel):
    _name = "chatwootai.alerting"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Raises alerts about itself"

    @api.private
    def alert(self, group, summary, note="", *, kind):
        """Raise an alert about the record; the group's members get an activity, unless one is still open there."""
        self.ensure_one()
        return self.env["chatwootai.alert"]._raise(kind, summary, note, record=self, group=group)

    @api.private
    def alerts_over(self):
        """What the alerts about these records were raised for is mended."""
        self.env["chatwootai.alert"]._over(self)
