"""What a company tells its customer-service agents about itself. One profile per company."""

from babel.dates import get_day_names
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools.misc import babel_locale_parse, get_lang

from odoo.addons.base.models.res_partner import _lang_get, _tz_get

from ..snapshot.document import SERVICES, address, snapshot_document, text, text_or_none, website
from ..snapshot.opening_hours import Period, opening_hours, working_periods

LONG_TEXT = 4000
PARAGRAPH = 1000


class CompanyServicesProfile(models.Model):
    """Name, address, phone, e-mail and website are the company's own (`res.company`), opening hours are a working
    calendar's. The profile adds what Odoo has no place for, and which of it customers may be told.
    """

    _name = "company.services.profile"
    _description = "Company Services Profile"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    name = fields.Char(related="company_id.name", string="Company Name")
    logo = fields.Binary(related="company_id.logo")
    description = fields.Text(
        help="What the company makes or sells, for whom, and what sets it apart. The agents introduce it with this.",
        tracking=True,
    )
    lang = fields.Selection(
        _lang_get,
        string="Language",
        required=True,
        default=lambda self: self._default_lang(),
        help="The language in which the agents answer unless the customer writes in another.",
        tracking=True,
    )

    street = fields.Char(related="company_id.street", readonly=False)
    street2 = fields.Char(related="company_id.street2", readonly=False)
    city = fields.Char(related="company_id.city", readonly=False)
    state_id = fields.Many2one(
        related="company_id.state_id", readonly=False, domain="[('country_id', '=?', country_id)]"
    )
    zip = fields.Char(related="company_id.zip", readonly=False)
    country_id = fields.Many2one(related="company_id.country_id", readonly=False)
    phone = fields.Char(related="company_id.phone", readonly=False)
    email = fields.Char(related="company_id.email", readonly=False)
    website = fields.Char(related="company_id.website", readonly=False)
    can_edit_company = fields.Boolean(compute="_compute_can_edit_company")
    share_address = fields.Boolean(
        string="Tell customers the address",
        help="Off: the agents know the address, to work out a delivery for example, but do not tell it.",
        tracking=True,
    )
    mention_website = fields.Boolean(
        default=True, help="On: the agents point customers to the website where it answers them.", tracking=True
    )
    link_ids = fields.One2many("company.services.link", "profile_id", string="Social Links", copy=True)

    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Calendar",
        required=True,
        check_company=True,
        default=lambda self: self.env.company.resource_calendar_id,
        help="Holds the opening hours. As long as it is the company's own calendar, changing the opening hours here "
        "makes a calendar of their own, so that nobody's working hours change with them.",
        tracking=True,
    )
    tz = fields.Selection(_tz_get, string="Time Zone", compute="_compute_tz", inverse="_inverse_tz")
    opening_hours_table = fields.Html(compute="_compute_opening_hours_table", sanitize=False)
    has_opening_hours = fields.Boolean(compute="_compute_opening_hours_table")

    tone = fields.Selection(
        [("formal", "Formal"), ("friendly", "Friendly"), ("casual", "Casual")],
        required=True,
        default="friendly",
        tracking=True,
    )
    use_emoji = fields.Boolean(string="Use emoji", default=True, tracking=True)
    greeting = fields.Text(help="How the agents open a conversation.", tracking=True)
    farewell = fields.Text(help="How the agents end a conversation.", tracking=True)
    rating_request = fields.Text(
        help="What the agents say to ask for a rating once the customer is served. Empty: they do not ask.",
        tracking=True,
    )

    service_sales = fields.Boolean(string="Sales", default=True, tracking=True)
    service_scheduling = fields.Boolean(string="Scheduling", tracking=True)
    service_delivery = fields.Boolean(string="Delivery", tracking=True)
    service_support = fields.Boolean(string="Support", default=True, tracking=True)

    rule_ids = fields.One2many("company.services.rule", "profile_id", string="Rules")
    document_ids = fields.One2many("company.services.document", "profile_id", string="Support Documents")
    rule_count = fields.Integer(compute="_compute_counts")
    document_count = fields.Integer(compute="_compute_counts")

    _company_unique = models.Constraint("UNIQUE(company_id)", "A company has one profile.")

    # --- The one profile of each company

    @api.model
    def _default_lang(self):
        """Brazilian Portuguese where it is installed: a new company's own language is only the installer's."""
        installed = dict(self.env["res.lang"].get_installed())
        return "pt_BR" if "pt_BR" in installed else self.env.company.partner_id.lang or get_lang(self.env).code

    @api.model
    def _of_company(self, company=None):
        """The profile of a company, the current one by default; made on the spot if it is missing."""
        company = company or self.env.company
        profile = self.search([("company_id", "=", company.id)], limit=1)
        return profile or self._create_for(company).with_env(self.env)

    @api.model
    def _create_missing(self):
        """For the companies that were there before this addon."""
        companies = self.env["res.company"].sudo().with_context(active_test=False).search([])
        self._create_for(companies - self.sudo().search([]).company_id)

    @api.model
    def _create_for(self, companies):
        companies = companies.sudo()
        companies.filtered(lambda company: not company.resource_calendar_id)._create_resource_calendar()
        profiles = self.sudo().create(
            [
                {"company_id": company.id, "resource_calendar_id": company.resource_calendar_id.id}
                for company in companies
            ]
        )
        for profile in profiles:
            # A database made by a command has no time zone to take over: UTC there means that nobody chose.
            if profile.lang == "pt_BR" and profile.tz == "UTC":
                profile.tz = "America/Sao_Paulo"
        return profiles

    @api.model
    def action_open(self):
        """Open the current company's profile as a form."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Company Profile"),
            "res_model": self._name,
            "res_id": self._of_company().id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_rules(self):
        return self._action_open_own("company_services.action_company_services_rule")

    def action_open_documents(self):
        return self._action_open_own("company_services.action_company_services_document")

    def _action_open_own(self, xml_id):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(xml_id)
        return {**action, "domain": [("profile_id", "=", self.id)], "context": {"default_profile_id": self.id}}

    def action_edit_opening_hours(self):
        self.ensure_one()
        self.check_access("write")
        wizard = self.env["company.services.opening.hours"]._create_for(self)
        return wizard._action_open()

    # --- Fields

    @api.depends("company_id")
    def _compute_display_name(self):
        for profile in self:
            profile.display_name = profile.company_id.name

    @api.depends_context("uid")
    def _compute_can_edit_company(self):
        # A company's address is kept in its contact.
        models_behind = ("res.company", "res.partner")
        self.can_edit_company = all(self.env[model].has_access("write") for model in models_behind)

    @api.depends("rule_ids", "document_ids")
    def _compute_counts(self):
        for profile in self:
            profile.rule_count = len(profile.rule_ids)
            profile.document_count = len(profile.document_ids)

    @api.depends("resource_calendar_id.tz")
    def _compute_tz(self):
        for profile in self:
            profile.tz = profile.resource_calendar_id.tz

    def _inverse_tz(self):
        for profile in self.filtered("tz"):
            if profile.resource_calendar_id.tz != profile.tz:
                tz = profile.tz
                profile._own_calendar().tz = tz

    @api.depends(
        "resource_calendar_id.two_weeks_calendar",
        "resource_calendar_id.attendance_ids",
        "resource_calendar_id.attendance_ids.dayofweek",
        "resource_calendar_id.attendance_ids.hour_from",
        "resource_calendar_id.attendance_ids.hour_to",
        "resource_calendar_id.attendance_ids.day_period",
        "resource_calendar_id.attendance_ids.week_type",
    )
    @api.depends_context("lang")
    def _compute_opening_hours_table(self):
        day_names = get_day_names(locale=babel_locale_parse(get_lang(self.env).code))
        for profile in self:
            hours = profile._opening_hours()
            profile.has_opening_hours = bool(hours)
            profile.opening_hours_table = self._opening_hours_table(hours, day_names)

    @api.model
    def _opening_hours_table(self, hours, day_names):
        by_day = {entry["day"]: entry for entry in hours}
        rows = Markup()
        for day in range(7):
            name, entry = day_names[day].capitalize(), by_day.get(day)
            if not entry:
                rows += Markup("<tr class='text-muted'><td>%s</td><td colspan='2'>%s</td></tr>") % (
                    name,
                    self.env._("Closed"),
                )
                continue
            pause = self.env._("break %(start)s – %(end)s", start=entry["break_start"], end=entry["break_end"])
            rows += Markup("<tr><td>%s</td><td>%s – %s</td><td class='text-muted'>%s</td></tr>") % (
                name,
                entry["opens"],
                entry["closes"],
                pause if entry["break_start"] else "",
            )
        return Markup("<table class='table table-sm table-borderless w-auto mb-0'>%s</table>") % rows

    @api.constrains("description", "greeting", "farewell", "rating_request")
    def _check_lengths(self):
        limits = {"description": LONG_TEXT, "greeting": PARAGRAPH, "farewell": PARAGRAPH, "rating_request": PARAGRAPH}
        for profile in self:
            for name, limit in limits.items():
                if len(profile[name] or "") > limit:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” is longer than %(limit)s characters. "
                            "Put the details into a rule or a document.",
                            field=self._fields[name]._description_string(self.env),
                            limit=limit,
                        )
                    )

    # --- Opening hours

    def _opening_hours(self):
        """The opening hours as the snapshot tells them: one entry per open weekday, 0 is Monday."""
        self.ensure_one()
        calendar = self.sudo().resource_calendar_id
        return opening_hours(
            Period(
                day=int(attendance.dayofweek),
                start=attendance.hour_from,
                end=attendance.hour_to,
                lunch=attendance.day_period == "lunch",
                week=int(attendance.week_type or 0) if calendar.two_weeks_calendar else None,
            )
            for attendance in calendar.attendance_ids
            if not attendance.display_type
        )

    def _set_opening_hours(self, hours):
        """Replace the opening hours by these, in the form `_opening_hours` gives them."""
        self.ensure_one()
        day_names = get_day_names(locale=babel_locale_parse(get_lang(self.env).code))
        calendar = self._own_calendar()
        # Odoo's own switches between kinds of calendars fill them with default hours, so the switch goes first.
        if calendar.two_weeks_calendar or calendar.duration_based or calendar.flexible_hours:
            calendar.write({"two_weeks_calendar": False, "duration_based": False, "schedule_type": "fully_fixed"})
        calendar.attendance_ids = [
            Command.clear(),
            *(
                Command.create(
                    {
                        "name": day_names[period.day].capitalize(),
                        "dayofweek": str(period.day),
                        "hour_from": period.start,
                        "hour_to": period.end,
                        "day_period": self._day_period(period),
                        "sequence": sequence,
                    }
                )
                for sequence, period in enumerate(working_periods(hours))
            ),
        ]

    @staticmethod
    def _day_period(period):
        if period.lunch:
            return "lunch"
        if period.start < 12 < period.end:
            return "full_day"
        return "morning" if period.start < 12 else "afternoon"

    def _own_calendar(self):
        """The calendar of the opening hours alone (as superuser: calendars are the system administrator's)."""
        self.ensure_one()
        profile = self.sudo()
        if profile.resource_calendar_id == profile.company_id.resource_calendar_id:
            calendar = profile.resource_calendar_id.copy({"company_id": profile.company_id.id})
            calendar.name = self.env._("Opening hours of %s", profile.company_id.name)  # `copy` insists on its own
            profile.resource_calendar_id = calendar
        return profile.resource_calendar_id

    # --- The snapshot

    def _snapshot(self):
        """The company's configuration as one JSON-serialisable document, in the shape the webhook takes."""
        self.ensure_one()
        profile = self.sudo().with_context(active_test=True, lang=self.lang)
        return snapshot_document(
            account_id=self.env.cr.dbname,
            version=max(profile.version, 1),
            company=profile._snapshot_company(),
            rules=[rule._snapshot_rule() for rule in profile.rule_ids],
        )

    def _snapshot_company(self):
        company = self.company_id
        return {
            "company_name": text(company.name),
            "description": text(self.description),
            "language": self.lang,
            "timezone": self.tz,
            "currency": company.currency_id.name,
            "address": address(
                {
                    "street": company.street,
                    "street2": company.street2,
                    "city": company.city,
                    "state": company.state_id.name,
                    "zip": company.zip,
                    "country": company.country_id.name,
                },
                share_with_customers=self.share_address,
            ),
            "phone": text_or_none(company.phone),
            "email": text_or_none(company.email),
            "website": website(company.website, self.mention_website),
            "social_links": [
                {"network": link.network, "url": link.url, "mention": link.mention} for link in self.link_ids
            ],
            "opening_hours": self._opening_hours(),
            "style": {
                "tone": self.tone,
                "emoji": self.use_emoji,
                "greeting": text(self.greeting),
                "farewell": text(self.farewell),
                "rating_request": text(self.rating_request),
            },
            "services": {service: self[f"service_{service}"] for service in SERVICES},
        }
