"""Requests the gateway let in: what Odoo would do for a person's, and for a program's is waste, is left out."""

from odoo import models
from odoo.http import request

from ..garbage import set_aside
from ..gateway import CLAIMS


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        if CLAIMS not in request.httprequest.environ:
            return super()._pre_dispatch(rule, args)
        # What the other modules prepare is for people at web pages: a debug mode, a shop's or an editor's context, and
        # the language, for which Odoo would read a user, a company and a partner at each request of a program that
        # names none. Our routes speak their own user's language, or none.
        request.dispatcher.pre_dispatch(rule, args)
        installed = request.env(su=True)["res.lang"].get_installed()
        request.update_context(lang=installed[0][0])

    @classmethod
    def _post_dispatch(cls, response):
        if CLAIMS not in request.httprequest.environ:
            return super()._post_dispatch(response)
        request.dispatcher.post_dispatch(response)

    def _register_hook(self):
        super()._register_hook()
        set_aside(self.env.cr.dbname)
