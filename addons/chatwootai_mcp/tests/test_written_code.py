"""Python that a company's administrators write in Odoo reaches records and never SQL, for one role owns all tenants."""

import traceback
from contextlib import contextmanager

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger


def sql_by(name):
    return f"{name}.env.cr.execute('SELECT 6 * 7') or {name}.env.cr.fetchall()"


@tagged("post_install", "-at_install")
class TestWrittenCode(TransactionCase):
    def setUp(self):
        super().setUp()
        self.partners = self.env["ir.model"]._get("res.partner")
        self.partner = self.env["res.partner"].create({"name": "Ana"})

    @contextmanager
    def refused(self):
        """The evaluator refuses, whatever error of its own the caller makes of it."""
        with self.assertRaises(Exception) as raised:
            yield
        self.assertIn("forbidden name", "".join(traceback.format_exception(raised.exception)))

    def run_action(self, code):
        action = self.env["ir.actions.server"].create(
            {"name": "Written", "model_id": self.partners.id, "state": "code", "code": code}
        )
        return action.run()

    def test_a_server_action_works_on_records(self):
        self.run_action(f"env['res.partner'].browse({self.partner.id}).write({{'comment': 'seen by %s' % user.name}})")
        self.assertIn("seen by", self.partner.comment)

    def test_a_server_action_reaches_no_sql(self):
        for code in (
            "env.cr.execute('COMMIT')",
            "env['res.partner']._cr.execute('COMMIT')",
            "env.registry.cursor()",
            "env['res.partner'].pool.cursor()",
            "env.execute_query",
            "env['res.partner']._search([]).add_where('1=1; COMMIT')",
            "[record.env.cr for record in env['res.partner'].search([], limit=1)]",
            "(lambda e: e.cr)(env)",
        ):
            with self.subTest(code), self.refused():
                self.run_action(code)

    def test_a_computed_field_reaches_no_sql(self):
        self.env["ir.model.fields"].create(
            {
                "name": "x_written",
                "model_id": self.partners.id,
                "ttype": "char",
                "store": False,
                "depends": "name",
                "compute": f"for each in self:\n    each['x_written'] = {sql_by('self')}",
            }
        )
        with self.refused():
            self.partner.read(["x_written"])

    def test_a_mail_template_reaches_no_sql(self):
        told = sql_by("object")
        for values in ({"subject": f"{{{{ {told} }}}}"}, {"body_html": f'<p t-out="{told}"/>'}):
            with self.subTest(values), mute_logger("odoo.addons.mail.models.mail_template"), self.refused():
                self.env["mail.template"].create({"name": "Written", "model_id": self.partners.id, **values})

    def test_a_view_reaches_no_sql(self):
        arch = f'<t t-name="written"><t t-out="{sql_by("partner")}"/></t>'
        view = self.env["ir.ui.view"].create({"name": "written", "type": "qweb", "key": "x.written", "arch": arch})
        with self.refused():
            self.env["ir.qweb"]._render(view.id, {"partner": self.partner})

    def test_a_record_rule_reaches_no_sql(self):
        domain = f"[('id', 'in', {sql_by('user')})]"
        with self.refused():
            self.env["ir.rule"].create({"name": "Written", "model_id": self.partners.id, "domain_force": domain})
