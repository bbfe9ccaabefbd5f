"""Which writes make the knowledge resync: of products for sale, their categories, rules and documents."""

from odoo import api, models

#: What a product's text is made of. Prices and stock are not: they are looked up live.
PRODUCT_FIELDS = frozenset(
    {"name", "sale_ok", "active", "default_code", "categ_id", "description_sale", "attribute_line_ids"}
)
VARIANT_FIELDS = frozenset({"default_code", "active", "product_template_attribute_value_ids"})
CATEGORY_FIELDS = frozenset({"name", "parent_id"})


class ProductTemplate(models.Model):
    _inherit = "product.template"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["chatwootai.knowledge"]._source_changed("products")
        return super().create(vals_list)

    def write(self, vals):
        if PRODUCT_FIELDS & vals.keys():
            self.env["chatwootai.knowledge"]._source_changed("products")
        return super().write(vals)

    def unlink(self):
        self.env["chatwootai.knowledge"]._source_changed("products")
        return super().unlink()


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["chatwootai.knowledge"]._source_changed("products")
        return super().create(vals_list)

    def write(self, vals):
        if (VARIANT_FIELDS | PRODUCT_FIELDS) & vals.keys():
            self.env["chatwootai.knowledge"]._source_changed("products")
        return super().write(vals)

    def unlink(self):
        self.env["chatwootai.knowledge"]._source_changed("products")
        return super().unlink()


class ProductCategory(models.Model):
    _inherit = "product.category"

    def write(self, vals):
        if CATEGORY_FIELDS & vals.keys():
            self.env["chatwootai.knowledge"]._source_changed("products")
        return super().write(vals)


class CompanyServicesRule(models.Model):
    _inherit = "company.services.rule"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["chatwootai.knowledge"]._source_changed("rules")
        return super().create(vals_list)

    def write(self, vals):
        self.env["chatwootai.knowledge"]._source_changed("rules")
        return super().write(vals)

    def unlink(self):
        self.env["chatwootai.knowledge"]._source_changed("rules")
        return super().unlink()


class CompanyServicesDocument(models.Model):
    _inherit = "company.services.document"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["chatwootai.usage"].sudo()._check_room_for_documents(len(vals_list))
        self.env["chatwootai.knowledge"]._source_changed("support_documents")
        return super().create(vals_list)

    def write(self, vals):
        self.env["chatwootai.knowledge"]._source_changed("support_documents")
        return super().write(vals)

    def unlink(self):
        self.env["chatwootai.knowledge"]._source_changed("support_documents")
        return super().unlink()
