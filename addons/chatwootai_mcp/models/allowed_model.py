"""The tenant's allow-list: the models, fields and operations that MCP-Odoo offers."""

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..servers.odoo_allow_list import (
    AllowedModel,
    FieldFacts,
    default_fields,
    is_system_model,
    may_be_seen,
    seen_fields,
)
from .secret_field import Secret

# A safe start for a shop, of the models that are installed; read only.
SHOP_MODELS = (
    "product.template",
    "product.product",
    "product.category",
    "product.pricelist",
    "product.pricelist.item",
    "uom.uom",
    "res.currency",
    "res.partner",
    "stock.quant",
    "sale.order",
    "sale.order.line",
    "crm.lead",
    "calendar.event",
)
# Of people, only what it takes to reach them.
SHOP_FIELDS = {
    "res.partner": (
        "name",
        "display_name",
        "is_company",
        "parent_id",
        "email",
        "phone",
        "street",
        "street2",
        "city",
        "state_id",
        "zip",
        "country_id",
        "lang",
        "ref",
        "category_id",
        "company_id",
        "property_product_pricelist",
        "active",
    ),
}
# What a product's free quantity is computed from, and Odoo lets only people of Inventory read.
AGENT_READS = ("stock.move",)


class ChatwootaiAllowedModel(models.Model):
    _name = "chatwootai.allowed.model"
    _inherit = ["chatwootai.audited"]
    _description = "Model that MCP clients may use"
    _order = "model"

    model_id = fields.Many2one(
        "ir.model", required=True, ondelete="cascade", domain=[("transient", "=", False)], string="Model"
    )
    model = fields.Char(related="model_id.model", store=True, index=True, string="Technical name")
    field_ids = fields.Many2many(
        "ir.model.fields",
        string="Fields",
        domain="[('model_id', '=', model_id)]",
        help="The only fields that may be read or written. Empty: all but files, secrets and Odoo's own bookkeeping.",
    )
    field_summary = fields.Char("Fields open", compute="_compute_field_summary")
    can_read = fields.Boolean("Read", default=True)
    can_create = fields.Boolean("Create")
    can_write = fields.Boolean("Change")
    can_unlink = fields.Boolean("Delete")
    active = fields.Boolean(default=True)

    _model_unique = models.Constraint("UNIQUE(model_id)", "This model is on the list already.")

    @api.depends("model_id")
    def _compute_display_name(self):
        for allowed in self:
            allowed.display_name = allowed.model_id.name

    @api.depends("field_ids")
    def _compute_field_summary(self):
        for allowed in self:
            chosen = len(allowed.field_ids)
            allowed.field_summary = self.env._("%s chosen", chosen) if chosen else self.env._("All that are safe")

    @api.constrains("model_id")
    def _check_no_system_model(self):
        for allowed in self:
            if self._is_closed(allowed.model_id.model):
                raise ValidationError(
                    self.env._(
                        "%s holds rights, credentials or internals of Odoo: it can never be opened to MCP clients.",
                        allowed.model_id.name,
                    )
                )

    @api.constrains("model_id", "field_ids")
    def _check_fields(self):
        for allowed in self:
            for field in allowed.field_ids:
                if field.model_id != allowed.model_id:
                    raise ValidationError(
                        self.env._("%(field)s is no field of %(model)s.", field=field.name, model=allowed.model)
                    )
                facts = self._field_facts(self.env[allowed.model]._fields[field.name])
                if not may_be_seen(facts):
                    raise ValidationError(
                        self.env._("The field %s holds a file, a secret or internals: it stays closed.", field.name)
                    )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @tools.ormcache("model_name")
    def _allowed(self, model_name: str) -> AllowedModel | None:
        """What may be done with the model, or None when nothing may."""
        if self._is_closed(model_name):
            return None
        listed = self.sudo().search([("model", "=", model_name)], limit=1)
        if not listed:
            return None
        facts = [self._field_facts(field) for field in self.env[model_name]._fields.values()]
        seen = seen_fields(facts, frozenset(listed.field_ids.mapped("name")))
        return AllowedModel(
            name=model_name,
            read=listed.can_read,
            create=listed.can_create,
            write=listed.can_write,
            unlink=listed.can_unlink,
            fields=seen,
            default_fields=default_fields(facts, seen),
        )

    @api.model
    def _is_closed(self, model_name: str) -> bool:
        if is_system_model(model_name) or model_name not in self.env:
            return True
        model = self.env[model_name]
        return model._abstract or model._transient

    @api.model
    def _field_facts(self, field) -> FieldFacts:
        return FieldFacts(
            name=field.name,
            type=field.type,
            comodel=field.comodel_name,
            stored=bool(field.store),
            secret=isinstance(field, Secret),
        )

    def _register_hook(self):
        """After modules were installed: list what a shop needs of them, and let the agent read it."""
        super()._register_hook()
        if self.env.registry.updated_modules:
            self._add_shop_models()
            self._let_agent_read()

    @api.model
    def _add_shop_models(self):
        # A model taken off the list is archived or deleted; what was once listed for it is not listed again.
        done = set((self._parameter("listed_models") or "").split(","))
        new = [name for name in SHOP_MODELS if name in self.env and name not in done]
        if not new:
            return
        listed = set(self.with_context(active_test=False).search([]).mapped("model"))
        Fields = self.env["ir.model.fields"]
        self.create(
            [
                {
                    "model_id": self.env["ir.model"]._get_id(name),
                    "field_ids": [Fields._get(name, field).id for field in SHOP_FIELDS.get(name, ())],
                }
                for name in new
                if name not in listed
            ]
        )
        self._parameter("listed_models", ",".join(sorted(filter(None, {*done, *new}))))

    @api.model
    def _let_agent_read(self):
        group = self.env.ref("chatwootai_mcp.group_agent", raise_if_not_found=False)
        if not group:
            return
        Access = self.env["ir.model.access"].sudo()
        for name in AGENT_READS:
            if name not in self.env:
                continue
            model_id = self.env["ir.model"]._get_id(name)
            if not Access.search_count([("model_id", "=", model_id), ("group_id", "=", group.id)], limit=1):
                Access.create(
                    {
                        "name": f"{name} chatwootai agent",
                        "model_id": model_id,
                        "group_id": group.id,
                        "perm_read": True,
                        "perm_write": False,
                        "perm_create": False,
                        "perm_unlink": False,
                    }
                )

    def _parameter(self, name: str, value: str | None = None) -> str | bool:
        parameters = self.env["ir.config_parameter"].sudo()
        if value is not None:
            parameters.set_param(f"chatwootai_mcp.{name}", value)
        return parameters.get_param(f"chatwootai_mcp.{name}")
