"""The tenant's audit: one row for each event, added and never changed."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tenancy.audit import AuditEvent
from ..tenancy.audit_chain import COLUMNS, Content
from ..tenancy.masking import clean_text

_EXPORTED_AT_ONCE = 2000  # rows
_WRITTEN = (*COLUMNS, "mac")
_MAX_NAME = 100  # characters of a tool's or model's
_DEFAULTS = dict.fromkeys(COLUMNS, "") | {"user_id": 0, "duration_ms": 0}
_MAX_RECORDS = 1000  # ids kept of one call


class ChatwootaiAudit(models.Model):
    _name = "chatwootai.audit"
    _description = "Audit"
    _order = "id desc"
    _log_access = False
    _rec_name = "tool"

    at = fields.Datetime("Time", required=True, index=True, readonly=True)
    account_id = fields.Char("Account", required=True, readonly=True)
    kind = fields.Selection(
        [("call", "Call"), ("configuration", "Configuration"), ("key", "Key"), ("refused", "Refused access")],
        required=True,
        readonly=True,
        default="call",
    )
    actor = fields.Char(
        required=True,
        index=True,
        readonly=True,
        help="Who it was: a key, a turn of the agents, a user, or the address of who had no key of ours.",
    )
    user_id = fields.Many2one("res.users", "Ran as", ondelete="restrict", readonly=True)
    server = fields.Char(required=True, readonly=True)
    tool = fields.Char("What", required=True, index=True, readonly=True)
    outcome = fields.Selection(
        [("success", "Success"), ("error", "Error"), ("refused", "Refused")], required=True, index=True, readonly=True
    )
    duration_ms = fields.Integer("Duration (ms)", readonly=True, aggregator="avg")
    model = fields.Char("Model", readonly=True, index="btree_not_null")
    record_ids = fields.Char("Records", readonly=True, help="Ids of the records it touched.")
    record_id = fields.Integer("Record", store=False, search="_search_record_id", help="One of the records it touched.")
    arguments = fields.Text("Details", readonly=True, help="As JSON; secrets and personal data masked, the long cut.")
    error = fields.Char(readonly=True)
    seq = fields.Integer(
        "Number", readonly=True, aggregator=None, help="Its place in the chain, given a moment after it was written."
    )
    mac = fields.Char("Fingerprint", readonly=True)
    seal = fields.Char(readonly=True)

    _in_order = models.UniqueIndex("(seq) WHERE seq IS NOT NULL")
    _unsealed = models.Index("(id) WHERE seq IS NULL")
    _kind = models.Index("(kind, at)")

    @api.model
    def _record(self, events: list[AuditEvent]) -> None:
        """Add the events. The only way in: there is no right to create rows."""
        if not events:
            return
        account_id = self.env.cr.dbname
        # What was called shortly before a user was deleted is kept without it.
        users = set(self.env["res.users"].browse({event.user_id for event in events if event.user_id}).exists().ids)
        chain = self.env["chatwootai.audit.chain"]._chain()
        contents = [_content(account_id, event, users) for event in events]
        rows = [
            (*(_stored(content, name) for name in COLUMNS), chain.mac(content) if chain else None)
            for content in contents
        ]
        self.env.cr.execute(SQL("INSERT INTO chatwootai_audit (%s) VALUES %s", columns(_WRITTEN), SQL(", ").join(rows)))
        self.invalidate_model(flush=False)
        self.env["chatwootai.audit.chain"]._seal_soon()

    def _search_record_id(self, operator, value):
        if operator not in ("=", "in"):
            raise UserError(self.env._("Records are searched by their id."))
        wanted = [str(int(item)) for item in (value if isinstance(value, Iterable) else [value])]
        found = SQL("(SELECT id FROM chatwootai_audit WHERE string_to_array(record_ids, ',') && %s::text[])", wanted)
        return [("id", "in", found)]

    @api.model
    def _lines(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[str]:
        """The rows of a period as JSON, one a line, in the order in which they were written."""
        last = 0
        while rows := self._page(last, since or datetime(1970, 1, 1), until or datetime(9999, 1, 1)):
            for row in rows:
                yield json.dumps(row, ensure_ascii=False)
            last = rows[-1]["id"]

    def _page(self, last: int, since: datetime, until: datetime) -> list[dict]:
        names = ("id", "seq", *COLUMNS, "mac", "seal")
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM chatwootai_audit WHERE id > %s AND at >= %s AND at < %s ORDER BY id LIMIT %s",
                columns(names),
                last,
                since,
                until,
                _EXPORTED_AT_ONCE,
            )
        )
        found = [dict(zip(names, row, strict=True)) for row in rows]
        for row in found:
            row["at"] = f"{row['at'].isoformat()}Z"
            row["arguments"] = json.loads(row["arguments"] or "{}")
        return found

    def write(self, vals):
        raise UserError(self.env._("The audit only grows: its rows cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("The audit only grows: its rows cannot be deleted."))

    def copy(self, default=None):
        raise UserError(self.env._("The audit only grows by what happens: its rows cannot be copied."))

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self.env._("The audit only grows by what happens: rows cannot be added by hand."))


def _content(account_id: str, event: AuditEvent, users: set[int]) -> Content:
    return Content(
        at=event.at.replace(microsecond=0, tzinfo=None),
        account_id=account_id,
        kind=event.kind,
        actor=clean_text(event.actor)[:_MAX_NAME],
        user_id=event.user_id if event.user_id in users else 0,
        server=event.server,
        tool=clean_text(event.tool)[:_MAX_NAME],
        outcome=event.outcome,
        duration_ms=event.duration_ms,
        model=event.model[:_MAX_NAME],
        record_ids=",".join(str(record_id) for record_id in event.record_ids[:_MAX_RECORDS]),
        arguments=json.dumps(event.arguments, ensure_ascii=False),
        error=event.error,
    )


def _stored(content: Content, name: str):
    value = getattr(content, name)
    return value or None if name == "user_id" else value


def content_of(row) -> Content:
    """The content of a row of the table, its columns in the order of COLUMNS."""
    values = dict(zip(COLUMNS, row, strict=True))
    return Content(**{name: _DEFAULTS[name] if value is None else value for name, value in values.items()})


def columns(names) -> SQL:
    return SQL(", ").join(SQL.identifier(name) for name in names)
