"""What needs a person is put before people as an activity, once."""

from odoo import api, models

_MAX_PEOPLE = 10


class Alerting(models.AbstractModel):
    _name = "chatwootai.alerting"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Alerts people by activities"

    @api.private
    def alert(self, group, summary, note):
        """An activity on the record for each member of the group, unless one with this summary is still open there."""
        self.ensure_one()
        # In the activities' menu at once; a mail to each of ten people on top of it would be noise.
        record = self.sudo().with_context(mail_activity_quick_update=True)
        if record.activity_ids.filtered(lambda activity: activity.summary == summary):
            return
        members = self.env.ref(group).sudo().all_user_ids.filtered(lambda user: user.active and not user.share)
        for user in members[:_MAX_PEOPLE]:
            record.activity_schedule("mail.mail_activity_data_warning", summary=summary, note=note, user_id=user.id)
