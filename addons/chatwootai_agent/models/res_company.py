"""How the agents of the company think and end: its model, their budget, the hand-off. agent_config follows."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.chatwootai_mcp.control import get_control
from odoo.addons.chatwootai_mcp.models.asked import for_reader, tell
from odoo.addons.chatwootai_mcp.models.company_language import in_company_language
from odoo.addons.chatwootai_mcp.models.own_transaction import in_own_transaction
from odoo.addons.chatwootai_mcp.models.secret_field import MASK, Secret, read_secret
from odoo.addons.chatwootai_mcp.stores.errors import InvalidDocument
from odoo.addons.chatwootai_mcp.stores.schemas import LLM, parse_document
from odoo.addons.chatwootai_mcp.tenancy.quota import Price

from ..crews.errors import TurnFailed
from ..crews.llm_check import check
from ..crews.llm_settings import OPENAI_BASE_URL, LLMSettings

#: What the document agent_config is made of (`chatwootai.agent.config`).
DOCUMENT_FIELDS = frozenset(
    {
        "chatwootai_llm_base_url",
        "chatwootai_llm_model",
        "chatwootai_llm_json_schema",
        "chatwootai_turn_seconds",
        "chatwootai_max_steps",
        "chatwootai_hand_off_message",
        "chatwootai_instructions",
    }
)
#: What the document's schema takes.
TEXT_LIMITS = {"chatwootai_hand_off_message": 1000, "chatwootai_instructions": 8000, "chatwootai_llm_model": 200}
LLM_FIELDS = frozenset(
    {"chatwootai_llm_base_url", "chatwootai_llm_model", "chatwootai_llm_json_schema", "chatwootai_llm_api_key"}
)


class ResCompany(models.Model):
    _inherit = "res.company"

    chatwootai_llm_base_url = fields.Char(
        "Model's base address",
        default=OPENAI_BASE_URL,
        help="Of any service that speaks OpenAI's chat completions, up to and including /v1.",
    )
    chatwootai_llm_model = fields.Char("Model")
    chatwootai_llm_api_key = Secret("Model's API key", groups="base.group_system,chatwootai_agent.group_agent_manager")
    chatwootai_llm_json_schema = fields.Boolean(
        "Understands JSON schemas",
        default=True,
        help="The model takes a response format of type json_schema. Without it, answers are asked for in words.",
    )
    chatwootai_llm_vision = fields.Boolean(
        "Looks at pictures", help="The model takes pictures: what customers send is described to the agents."
    )
    chatwootai_llm_transcription_model = fields.Char(
        "Model for audio",
        help="At the same address, for what customers say in audios. Empty: only what Chatwoot itself transcribes.",
    )
    chatwootai_llm_price_in = fields.Float(
        "Price of a million tokens read (US$)", digits=(12, 4), help="The operator's price wins where there is one."
    )
    chatwootai_llm_price_out = fields.Float("Price of a million tokens written (US$)", digits=(12, 4))
    chatwootai_llm_check_state = fields.Selection(
        [("running", "Testing…"), ("works", "Works"), ("failed", "Does not work")], readonly=True, copy=False
    )
    chatwootai_llm_check_message = fields.Char("Result of the last test", readonly=True, copy=False)
    chatwootai_turn_seconds = fields.Integer(
        "Seconds per answer", default=90, help="An answer that is not ready by then goes to a person."
    )
    chatwootai_max_steps = fields.Integer(
        "Steps per answer", default=6, help="How often an agent may look something up before it must answer."
    )
    chatwootai_hand_off_message = fields.Text(
        "Message on hand-off", help="What the customer reads when a person takes over. Empty: a general sentence."
    )
    chatwootai_instructions = fields.Text(
        "Guidance to the agents", help="In your words, added to what the agents are told about the company."
    )
    chatwootai_agent_config_version = fields.Integer(default=1, readonly=True, copy=False)

    @api.constrains("chatwootai_turn_seconds", "chatwootai_max_steps")
    def _check_chatwootai_budget(self):
        for company in self:
            if not 5 <= company.chatwootai_turn_seconds <= 600:
                raise ValidationError(self.env._("An answer may take from 5 to 600 seconds."))
            if not 1 <= company.chatwootai_max_steps <= 20:
                raise ValidationError(self.env._("An answer may take from 1 to 20 steps."))

    @api.constrains("chatwootai_llm_price_in", "chatwootai_llm_price_out")
    def _check_chatwootai_prices(self):
        for company in self:
            # What is counted only grows: a turn that takes from it could not end.
            if min(company.chatwootai_llm_price_in, company.chatwootai_llm_price_out) < 0:
                raise ValidationError(self.env._("A price is zero or more."))

    @api.constrains("chatwootai_hand_off_message", "chatwootai_instructions", "chatwootai_llm_model")
    def _check_chatwootai_lengths(self):
        for company in self:
            for name, longest in TEXT_LIMITS.items():
                if len(company[name] or "") > longest:
                    raise ValidationError(
                        self.env._(
                            "%(field)s: at most %(longest)d characters.",
                            field=company._fields[name].get_description(self.env, ["string"])["string"],
                            longest=longest,
                        )
                    )

    @api.constrains("chatwootai_llm_base_url")
    def _check_chatwootai_llm_base_url(self):
        for company in self:
            url = (company.chatwootai_llm_base_url or "").strip()
            try:
                parse_document(LLM, {"model": "any", "base_url": url or None})
            except InvalidDocument:
                raise ValidationError(self.env._("The model's base address starts with http:// or https://.")) from None

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        if any(DOCUMENT_FIELDS & vals.keys() for vals in vals_list):
            self.env["chatwootai.agent.config"]._queue_save()
        return companies

    def write(self, vals):
        if self._asks_another_server(vals) and vals.get("chatwootai_llm_api_key", MASK) == MASK:
            # Whoever may type a key may not read the one that is there, nor have it sent to a server of theirs.
            self.write({"chatwootai_llm_api_key": False})
        result = super().write(vals)
        if LLM_FIELDS & vals.keys():
            self.sudo().write({"chatwootai_llm_check_state": False, "chatwootai_llm_check_message": False})
        if DOCUMENT_FIELDS & vals.keys():
            for company in self.sudo():
                company.chatwootai_agent_config_version += 1
            self.env["chatwootai.agent.config"]._queue_save()
        return result

    def _asks_another_server(self, vals):
        if "chatwootai_llm_base_url" not in vals:
            return False
        server = _server(vals["chatwootai_llm_base_url"])
        return any(_server(company.chatwootai_llm_base_url) != server for company in self.sudo())

    def _chatwootai_llm_settings(self) -> LLMSettings:
        """The model as a crew takes it, its key in clear: for the server's own use."""
        self.ensure_one()
        company = self.sudo()
        if not company.chatwootai_llm_model:
            raise TurnFailed(
                in_company_language(self.env)._("no model is set in the settings of the agents"), retryable=False
            )
        return LLMSettings(
            model=company.chatwootai_llm_model,
            base_url=(company.chatwootai_llm_base_url or OPENAI_BASE_URL).strip().rstrip("/"),
            api_key=read_secret(company, "chatwootai_llm_api_key"),
            json_schema=company.chatwootai_llm_json_schema,
        )

    @api.private
    def _chatwootai_price(self, model=None):
        """What a model costs, by default the agents'; None when nobody has said. A tenant cannot undercut what the
        operator has set; its own price counts for whatever it uses."""
        company = self.sudo()
        if price := get_control().price(model or company.chatwootai_llm_model or ""):
            return price
        own = Price(max(0.0, company.chatwootai_llm_price_in), max(0.0, company.chatwootai_llm_price_out))
        return own if own.tokens_in or own.tokens_out else None

    # -- the connection's test: a model may take seconds, so no request waits for it

    def _chatwootai_test_llm(self):
        self.ensure_one()
        company = self.sudo()
        company.write({"chatwootai_llm_check_state": "running", "chatwootai_llm_check_message": False})
        company.with_delay(identity_key=f"chatwootai_llm_check:{company.id}")._job_chatwootai_test_llm(self.env.uid)

    def _job_chatwootai_test_llm(self, user_id):
        self.ensure_one()
        problem = for_reader(self, user_id)._chatwootai_llm_verdict()
        in_own_transaction(self.env, _end_llm_test, self.id, user_id, problem)

    def _on_chatwootai_test_llm_failed(self, **_failure):
        self._note_llm_test(self.env._("The test stopped unexpectedly: start it again."))

    def _note_llm_test(self, problem):
        said = problem or self.env._("The model answers.")
        state = "failed" if problem else "works"
        self.sudo().write({"chatwootai_llm_check_state": state, "chatwootai_llm_check_message": said})

    def _chatwootai_llm_verdict(self):
        """What is wrong with the model, as a sentence; None when it works."""
        try:
            verdict = check(self._chatwootai_llm_settings())
        except TurnFailed:
            return self.env._("Enter the model's name first.")
        sentences = {
            "no_schema": self.env._("It answers, but not in JSON schemas: switch “Understands JSON schemas” off."),
            "refused_key": self.env._("The server refuses the API key."),
            "unknown_model": self.env._("The server does not know this model, or the base address is wrong."),
            "overloaded": self.env._("The server is overloaded, or the account has no credit left."),
            "late": self.env._("No answer within ten seconds."),
            "unreachable": self.env._("The server cannot be reached, or fails."),
            "wrong": self.env._("The server answers, but not as a chat model does."),
        }
        return sentences.get(verdict)


def _server(base_url):
    return (base_url or OPENAI_BASE_URL).strip().lower().split("/")[:3]


def _end_llm_test(env, company_id, user_id, problem):
    company = for_reader(env["res.company"].browse(company_id), user_id)
    company._note_llm_test(problem)
    tell(env, user_id, not problem, company.env._("Test of the model"), company.chatwootai_llm_check_message)
