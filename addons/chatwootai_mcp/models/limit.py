"""The tenant's limits beside what is used of them. The operator sets them (bin/tenant limit); nobody here can."""

from odoo import api, fields, models
from odoo.tools.misc import format_date, formatLang

from ..control import get_control
from ..tenancy.quota import NEAR, near, next_day, next_month, over
from .company_language import in_company_language

_MONTHLY = frozenset({"tokens_per_month", "money_per_month", "documents", "vectors"})


class ChatwootaiLimit(models.Model):
    _name = "chatwootai.limit"
    _description = "Limit"
    _order = "sequence"
    _rec_name = "kind"
    _log_access = False

    sequence = fields.Integer(readonly=True)
    kind = fields.Selection(
        [
            ("calls_per_minute", "Tool calls a minute"),
            ("concurrent", "Calls at once, and answers at once"),
            ("turns_per_day", "Answers a day"),
            ("tokens_per_month", "Tokens a month"),
            ("money_per_month", "Money a month (US$)"),
            ("documents", "Documents"),
            ("vectors", "Knowledge entries"),
        ],
        "Limit of",
        required=True,
        readonly=True,
    )
    allowed = fields.Char("Limit", compute="_compute_use")
    used = fields.Char(compute="_compute_use")
    percent = fields.Float("Used up", compute="_compute_use")
    state = fields.Selection(
        [("none", "No limit"), ("free", "Free"), ("near", "Nearly reached"), ("reached", "Reached")],
        compute="_compute_use",
    )
    resets_at = fields.Datetime("Begins anew", compute="_compute_use", help="Days and months are those of UTC.")
    note = fields.Char("Good to know", compute="_compute_use")

    _kind_unique = models.UniqueIndex("(kind)")

    def _compute_use(self):
        limits = get_control().limits(self.env.cr.dbname)
        usage = self.env["chatwootai.usage"].sudo()
        stored = usage._stored()
        used = usage._spent() | {kind: count for kind, (count, _day) in stored.items()}
        notes = self._notes() | {kind: self._since(day) for kind, (_count, day) in stored.items()}
        for limit in self:
            allowed, amount = getattr(limits, limit.kind), used.get(limit.kind)
            limit.allowed = self._number(allowed) if allowed is not None else ""
            limit.used = self._number(amount) if amount is not None else ""
            limit.percent = round(100 * _share(allowed, amount), 1)
            limit.state = _state(allowed, amount)
            limit.resets_at = self._resets_at(limit.kind)
            limit.note = notes.get(limit.kind, "")

    def _notes(self):
        """What a bar does not tell, by limit."""
        today = self.env["chatwootai.usage"].sudo().search([("day", "=", fields.Datetime.now().date())], limit=1)
        said = self.env._("Calls today: %(calls)s, refused: %(refused)s", calls=today.calls, refused=today.refused)
        return {"calls_per_minute": said}

    @api.model
    def _since(self, day):
        """That a figure is an old one: its store can't be asked now."""
        return self.env._("As of %s: the store does not answer", format_date(self.env, day)) if day else ""

    @api.model
    def _resets_at(self, kind):
        now = fields.Datetime.now()
        if kind == "turns_per_day":
            return next_day(now)
        return next_month(now) if kind in ("tokens_per_month", "money_per_month") else False

    # --- Alerts: one for each limit and period, and one before it is reached

    @api.model
    def _watch(self, kind, used):
        """Whether the limit is reached; people are told when it is, and when it nearly is."""
        allowed = getattr(get_control().limits(self.env.cr.dbname), kind)
        reached = over(allowed, used)
        if reached or near(allowed, used):
            self._tell(kind, reached)
        return reached

    @api.model
    def _tell(self, kind, reached=True):
        """Raise the alert of this limit, once in its period however often it is met."""
        today = fields.Datetime.now().date().isoformat()
        key = f"{kind}:{today[:7] if kind in _MONTHLY else today}" + ("" if reached else ":near")
        if (
            self.env["chatwootai.alert"]
            .sudo()
            .search_count([("kind", "=", "quota_reached"), ("key", "=", key)], limit=1)
        ):
            return
        self = self.with_env(in_company_language(self.env))
        label = self._label(kind)
        allowed = self._number(getattr(get_control().limits(self.env.cr.dbname), kind) or 0)
        if reached:
            summary = self.env._("Limit reached: %(limit)s (%(allowed)s)", limit=label, allowed=allowed)
        else:
            summary = self.env._(
                "%(percent)s %% of a limit used: %(limit)s (%(allowed)s)",
                percent=round(NEAR * 100),
                limit=label,
                allowed=allowed,
            )
        self.env["chatwootai.alert"]._raise("quota_reached", summary, self._consequence(kind), key)

    @api.model
    def _label(self, kind):
        return dict(self._fields["kind"]._description_selection(self.env))[kind]

    @api.model
    def _number(self, value):
        return formatLang(self.env, value, digits=2 if isinstance(value, float) else 0)

    @api.model
    def _consequence(self, kind):
        if kind in ("calls_per_minute", "concurrent"):
            return self.env._("Calls beyond it are refused and told when to try again. The operator can raise it.")
        if kind in ("documents", "vectors"):
            return self.env._("What is beyond it is not stored. Remove what is not needed, or ask the operator.")
        return self.env._("Beyond it, conversations go to people until it begins anew. The operator can raise it.")


def _share(allowed, used):
    if allowed is None or used is None:
        return 0.0
    return min(used / allowed, 1.0) if allowed else 1.0


def _state(allowed, used):
    if allowed is None:
        return "none"
    if used is None:
        return "free"
    return "reached" if over(allowed, used) else "near" if near(allowed, used) else "free"
