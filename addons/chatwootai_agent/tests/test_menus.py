"""Whoever sees a menu of ours can open it: its views, and what they show of each record; what is empty says what to do.

Read as the web client reads it: the views, then the fields that they hold, those of lists within forms included.
"""

import tempfile
from pathlib import Path

from lxml import etree

from odoo.tests import new_test_user, tagged

from odoo.addons.chatwootai_mcp.tests.common import own_stores

from .conversation_case import ConversationCase

ADDONS = ("company_services", "chatwootai_mcp", "chatwootai_agent")
GROUPS = {
    "nobody": "base.group_user",
    "reader of the company": "company_services.group_company_services_user",
    "manager of the company": "company_services.group_company_services_manager",
    "agent": "chatwootai_mcp.group_agent",
    "mcp": "chatwootai_mcp.group_mcp_manager",
    "reader": "chatwootai_agent.group_agent_user",
    "manager": "chatwootai_agent.group_agent_manager,company_services.group_company_services_manager",
}


@tagged("post_install", "-at_install")
class TestMenus(ConversationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        own_stores(cls, Path(directory.name))

    def setUp(self):
        super().setUp()
        self.customer_says("Oi")
        self.answer()
        self.env["chatwootai.alert"]._raise("failed_sync", "Something", "to see to")
        for collection_type in ("products", "support_documents"):
            self.env["chatwootai.knowledge"]._row(collection_type)
        document = self.env["company.services.document"].create({"name": "Old", "kind": "text", "text": "words"})
        self.env["chatwootai.knowledge.document"].create({"document_id": document.id, "state": "unreadable"})
        self.env["chatwootai.usage"]._add(calls=1)
        self.env["company.services.profile"]._of_company()

    def test_nobody_without_a_group_of_ours_sees_a_menu_of_ours(self):
        self.assertFalse(self.menus(self.user("nobody")).mapped("complete_name"))
        self.assertFalse(self.menus(self.user("agent")).mapped("complete_name"))

    def test_every_group_of_people_finds_its_menus_from_the_top(self):
        for who in ("reader of the company", "manager of the company", "mcp", "reader", "manager"):
            with self.subTest(who):
                menus = self.menus(self.user(who))
                self.assertTrue(menus.filtered("action"))
                self.assertFalse([menu.complete_name for menu in menus if menu.parent_id - menus])

    def test_every_menu_that_is_shown_opens(self):
        for who in GROUPS:
            user = self.user(who)
            for menu in self.menus(user).filtered("action"):
                with self.subTest(who=who, menu=menu.complete_name):
                    self.open(user, menu.action.with_user(user))

    def test_every_list_that_can_be_empty_says_what_to_do(self):
        for menu in self.menus(self.user("manager")).filtered("action"):
            action = menu.action.with_user(self.env.user)
            if action._name == "ir.actions.act_window" and action.view_mode.split(",")[0] != "form":
                with self.subTest(menu.complete_name):
                    words = " ".join(etree.HTML(action.help or "<p/>").itertext()).split()
                    self.assertGreater(len(words), 6, action.help)

    # -- as the web client does it

    def user(self, who):
        return new_test_user(self.env, f"menus-{who.replace(' ', '-')}", groups=GROUPS[who])

    def menus(self, user):
        """Our menus that the user is shown."""
        data = self.env["ir.model.data"].search([("model", "=", "ir.ui.menu"), ("module", "in", ADDONS)])
        return self.env["ir.ui.menu"].browse(data.mapped("res_id")) & self.env["ir.ui.menu"].browse(
            self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        )

    def open(self, user, action):
        if action._name == "ir.actions.server":
            opened = action.run()
            self.look(
                user, opened["res_model"], [view for _id, view in opened["views"]], [("id", "=", opened["res_id"])]
            )
        else:
            action = action.sudo()  # as the route that loads actions reads them
            self.look(user, action.res_model, action.view_mode.split(","), [])

    def look(self, user, model, kinds, domain):
        model = self.env[model].with_user(user)
        views = model.get_views([(False, kind) for kind in [*kinds, "search"]])["views"]
        for kind in kinds:
            specification = _fields(model, etree.fromstring(views[kind]["arch"]))
            if model._transient:
                model.browse([value for _name, _is, value in domain]).web_read(specification)
            else:
                model.web_search_read(domain, specification)


def _fields(model, node):
    """What a view reads: its fields, of links the names, and for lists what their own views read."""
    specification = {}
    for child in node:
        if child.tag != "field":
            specification |= _fields(model, child)
            continue
        field = model._fields[child.get("name")]
        if field.relational and len(child):
            specification[field.name] = {"fields": _fields(model.env[field.comodel_name], child)}
        elif field.type == "many2one":
            specification[field.name] = {"fields": {"display_name": {}}}
        else:
            specification.setdefault(field.name, {})
    return specification
