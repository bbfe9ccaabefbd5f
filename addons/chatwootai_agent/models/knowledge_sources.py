"""Where the knowledge comes from: products, rules and support documents, read as texts.

Prices and stock are not among it: they change too often, and are looked up live.
"""

from odoo import api, models

from ..knowledge.source_text import SourceText

_PAGE = 1000


class ChatwootaiKnowledgeSources(models.AbstractModel):
    _name = "chatwootai.knowledge.sources"
    _description = "Sources of the agents' knowledge"

    @api.model
    def _texts(self, collection_type):
        """The texts of a collection as a list of `SourceText`, in the language the agents answer in."""
        profile = self.env["company.services.profile"].sudo()._of_company(self._company())
        sources = self.sudo().with_company(profile.company_id).with_context(lang=profile.lang, active_test=True)
        read = {
            "products": sources._product_texts,
            "rules": sources._rule_texts,
            "support_documents": sources._document_texts,
        }[collection_type]
        return read(profile)

    @api.model
    def _company(self):
        """The company the agents speak for: one database, one company."""
        return self.env["res.company"].sudo().search([], order="id", limit=1)

    # --- Products

    def _product_texts(self, profile):
        Template = self.env["product.template"]
        ids = Template.search([("sale_ok", "=", True)], order="id").ids
        texts = []
        for start in range(0, len(ids), _PAGE):
            page = Template.browse(ids[start : start + _PAGE])
            texts += [self._product_text(template) for template in page]
            page.invalidate_recordset()  # a big catalogue is not kept in memory
        return texts

    def _product_text(self, template):
        _ = self.env._
        lines = [template.name]
        if template.categ_id:
            lines.append(_("Category: %s", template.categ_id.display_name))
        codes = [code for code in template.product_variant_ids.mapped("default_code") if code]
        if codes:
            lines.append(_("Code: %s", ", ".join(codes)))
        lines += [
            f"{line.attribute_id.name}: {', '.join(line.value_ids.mapped('name'))}"
            for line in template.attribute_line_ids
        ]
        if template.description_sale:
            lines += ["", template.description_sale]
        return SourceText("product.template", template.id, template.name, "\n".join(lines))

    # --- Rules

    def _rule_texts(self, profile):
        rules = self.env["company.services.rule"].search([("profile_id", "=", profile.id)], order="id")
        return [self._rule_text(rule, profile) for rule in rules]

    def _rule_text(self, rule, profile):
        lines = [rule.name, "", rule.description]
        facts = {"kind": rule.kind, "service": rule.service}
        if rule.kind == "scheduling":
            lines += ["", self._scheduling_line(rule)]
        if rule.kind == "temporary":
            # Read at search time: what holds changes at midnight, not with a resync.
            facts |= {
                "date_start": (rule.date_start and rule.date_start.isoformat()) or None,
                "date_end": (rule.date_end and rule.date_end.isoformat()) or None,
                "timezone": profile.tz or "UTC",
            }
        return SourceText("company.services.rule", rule.id, rule.name, "\n".join(lines), facts)

    def _scheduling_line(self, rule):
        fields = rule.fields_get(rule._fields.keys(), ["string"])
        days = [fields[day]["string"] for day in self._weekdays() if rule[day]]
        return self.env._(
            "An appointment takes %(minutes)s minutes, is booked at least %(hours)s hours ahead, on: %(days)s.",
            minutes=rule.duration_minutes,
            hours=rule.notice_hours,
            days=", ".join(days),
        )

    def _weekdays(self):
        return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

    # --- Support documents

    def _document_texts(self, profile):
        documents = self.env["company.services.document"].search([("profile_id", "=", profile.id)], order="id")
        readings = self.env["chatwootai.knowledge.document"]._read_documents(documents)
        return [self._document_text(reading) for reading in readings if reading.text]

    def _document_text(self, reading):
        document = reading.document_id
        facts = {"is_file": True} if document.kind == "file" else {}  # it can be sent to a customer
        return SourceText("company.services.document", document.id, document.name, reading.text, facts)
