"""Requests the gateway let in: what Odoo would do for a person's, and for a program's is waste, is left out."""

from odoo import models
from odoo.http import request

from ..garbage import set_aside
from ..gateway import CLAIMS


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        if CLAIMS in request.httprequest.environ:
            # For a program that names no installed language Odoo would read a user, a company and a partner at each
            # request, half of its time. Our routes speak their own user's language, or none.
            installed = request.env(su=True)["res.lang"].get_installed()
            request.update_context(lang=installed[0][0])
        super()._pre_dispatch(rule, args)

    def _register_hook(self):
        super()._register_hook()
        set_aside(self.env.cr.dbname)
