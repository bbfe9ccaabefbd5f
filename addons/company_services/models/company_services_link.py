"""A page of the company on a social network, and whether the agents may point customers to it."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..snapshot.verdict import is_web_address

MAX_LINKS = 20
MAX_URL = 500


class CompanyServicesLink(models.Model):
    _name = "company.services.link"
    _description = "Social Link"
    _inherit = ["company.services.part"]
    _order = "sequence, id"
    _rec_name = "url"

    sequence = fields.Integer(default=10)
    network = fields.Selection(
        [
            ("instagram", "Instagram"),
            ("facebook", "Facebook"),
            ("whatsapp", "WhatsApp"),
            ("tiktok", "TikTok"),
            ("youtube", "YouTube"),
            ("linkedin", "LinkedIn"),
            ("x", "X"),
            ("pinterest", "Pinterest"),
            ("other", "Other"),
        ],
        required=True,
        default="instagram",
    )
    url = fields.Char(string="Address", required=True)
    mention = fields.Boolean(string="Mention to customers", default=True)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_scheme(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_scheme(vals))

    @api.model
    def _with_scheme(self, vals):
        url = (vals.get("url") or "").strip()
        if not url:
            return vals
        return {**vals, "url": url if "://" in url else f"https://{url}"}

    @api.constrains("url")
    def _check_url(self):
        for link in self:
            if len(link.url) > MAX_URL or not is_web_address(link.url):
                raise ValidationError(
                    self.env._("“%s” is not a web address. Write it like https://www.instagram.com/acme.", link.url)
                )

    @api.constrains("profile_id")
    def _check_count(self):
        for profile in self.profile_id:
            if len(profile.link_ids) > MAX_LINKS:
                raise ValidationError(self.env._("A company can have at most %s social links.", MAX_LINKS))
