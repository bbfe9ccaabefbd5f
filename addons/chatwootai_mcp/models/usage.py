"""What the tenant used: a row for each day (of UTC), to which calls and turns add as they happen."""

import logging
from datetime import timedelta
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..control import get_control
from ..servers.configuration import REPLACED
from ..servers.stores_of_process import get_stores
from ..servers.usage_meter import meter
from ..stores.errors import StoreError
from ..tenancy.account import InvalidAccountId, parse_account_id
from .big_integer import BigCount
from .company_language import in_company_language
from .own_transaction import in_own_transaction

_logger = logging.getLogger(__name__)
_GUARD = Path(__file__).parent.parent / "usage_only_grows.sql"
#: What `_add` takes. The rest of a row is measured, not counted.
COUNTS = frozenset(
    {
        "calls",
        "errors",
        "refused",
        "call_ms",
        "waits_ms",
        "turns",
        "failed_turns",
        "tokens_in",
        "tokens_out",
        "money",
        "cache_hits",
        "cache_lookups",
        "pool_waits",
        "pool_size",
    }
)
_PEAKS = frozenset({"pool_size"})  # of these the highest of the day is kept
_OF_STORES = ("documents", "vectors")


class ChatwootaiUsage(models.Model):
    _name = "chatwootai.usage"
    _description = "Usage of a day"
    _order = "day desc"
    _rec_name = "day"
    _log_access = False

    day = fields.Date(required=True, readonly=True, help="Of UTC.")
    calls = BigCount("Tool calls", readonly=True)
    errors = BigCount(readonly=True, help="Calls that ended in an error.")
    refused = BigCount(readonly=True, help="Calls refused for want of a right, or at a limit.")
    call_ms = BigCount("Time in calls (ms)", readonly=True)
    waits_ms = BigCount("Waited (ms)", readonly=True, help="How long calls waited for the account's other calls.")
    turns = BigCount("Answers", readonly=True, help="Turns of the agents that ended, answered or handed over.")
    failed_turns = BigCount("Failed answers", readonly=True)
    tokens_in = BigCount("Tokens read", readonly=True)
    tokens_out = BigCount("Tokens written", readonly=True)
    money = fields.Float("Money (US$)", digits=(16, 6), readonly=True, help="Tokens at the model's price.")
    cache_lookups = BigCount("Cache lookups", readonly=True)
    cache_hits = BigCount("Found in the cache", readonly=True)
    cache_hit_rate = fields.Float("Cache hit rate", compute="_compute_cache_hit_rate", help="Of all lookups.")
    pool_waits = BigCount(
        "Waits", readonly=True, help="Requests and connections that had to wait for a place among the account's own."
    )
    pool_size = BigCount(
        "Connections", readonly=True, aggregator="max", help="The most the account might have at once in a process."
    )
    documents = BigCount(readonly=True, aggregator="max")
    vectors = BigCount(readonly=True, aggregator="max")
    database_bytes = BigCount("Database (bytes)", readonly=True, aggregator="max")
    file_bytes = BigCount("Files (bytes)", readonly=True, aggregator="max")
    storage_mb = fields.Float("Storage (MB)", compute="_compute_storage_mb", digits=(16, 1))

    _day_unique = models.UniqueIndex("(day)")

    def init(self):
        self.pool.post_init(self.env.cr.execute, _GUARD.read_text())

    @api.depends("database_bytes", "file_bytes")
    def _compute_storage_mb(self):
        for usage in self:
            usage.storage_mb = (usage.database_bytes + usage.file_bytes) / 2**20

    @api.depends("cache_hits", "cache_lookups")
    def _compute_cache_hit_rate(self):
        for usage in self:
            usage.cache_hit_rate = usage.cache_hits / usage.cache_lookups if usage.cache_lookups else 0.0

    @api.model
    def _add(self, day=None, **counts):
        """Add to the counts of a day, today's by default. The row is locked until the transaction ends: keep it short.

        In a transaction that reads what is committed (`own_transaction`), adders wait for one another; in others they
        may fail to serialize.
        """
        if unknown := counts.keys() - COUNTS:
            raise ValueError(f"no counts of usage: {', '.join(sorted(unknown))}")
        self._upsert(day, {name: count for name, count in counts.items() if count}, _added)

    @api.model
    def _upsert(self, day, values, merge):
        """
        :param merge: tells by a column's name its new value, from that of the row that is there and of that to insert
        """
        if not values:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO chatwootai_usage AS usage (day, %s) VALUES (%s, %s) ON CONFLICT (day) DO UPDATE SET %s",
                SQL(", ").join(SQL.identifier(name) for name in values),
                day or fields.Datetime.now().date(),
                SQL(", ").join(SQL("%s", value) for value in values.values()),
                SQL(", ").join(SQL("%s = %s", SQL.identifier(name), merge(name)) for name in values),
            )
        )
        self.invalidate_model(list(values))

    @api.model
    def _spent(self):
        """What counts towards the limits: calls and turns of today, tokens and money of this month."""
        today = fields.Datetime.now().date()
        names = ("turns_per_day", "tokens_per_month", "money_per_month")
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT coalesce(sum(turns) FILTER (WHERE day = %(today)s), 0),
                       coalesce(sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), 0),
                       coalesce(sum(money), 0)
                FROM chatwootai_usage WHERE day BETWEEN %(first)s AND %(today)s
                """,
                today=today,
                first=today.replace(day=1),
            )
        )
        return dict(zip(names, (int(row[0]), int(row[1]), float(row[2])), strict=True))

    # --- What is stored

    @api.model
    def _documents(self):
        """The documents that count towards the limit.

        :raises StoreError: the store cannot be asked
        """
        return get_stores().documents.count(parse_account_id(self.env.cr.dbname))

    @api.model
    def _vectors(self):
        """The entries of all knowledge collections, whoever wrote them.

        :raises StoreError: the store cannot be asked
        """
        return sum(info.points for info in get_stores().vectors.info(parse_account_id(self.env.cr.dbname)))

    @api.model
    def _stored(self):
        """Documents and vectors, and since when the figure stands: None when it is of now."""
        return {name: self._now_or_last(name) for name in _OF_STORES}

    @api.model
    def _now_or_last(self, name):
        """How many now, and None; of a store that cannot be asked what was last measured, and the day of that."""
        try:
            return self._now(name), None
        except (StoreError, InvalidAccountId):
            return self._last(name)

    @api.model
    def _now(self, name):
        """:raises StoreError: the store cannot be asked"""
        return {"documents": self._documents, "vectors": self._vectors}[name]()

    @api.model
    def _last(self, name):
        column = SQL.identifier(name)
        query = SQL(
            "SELECT %s, day FROM chatwootai_usage WHERE %s IS NOT NULL ORDER BY day DESC LIMIT 1", column, column
        )
        return next(iter(self.env.execute_query(query)), (0, None))

    @api.model
    def _check_room_for_documents(self, more):
        """
        :raises UserError: with so many more there would be more documents than the tenant may have
        """
        limit = get_control().limits(self.env.cr.dbname).documents
        if limit is not None and self._now_or_last("documents")[0] + more > limit:
            meter.add(self.env.cr.dbname, reached="documents")
            raise UserError(
                self.env._(
                    "This account may hold %s documents: the company's profile, its rules, the agents' configuration"
                    " and support documents. Remove some, or ask the operator to raise the limit.",
                    limit,
                )
            )

    @api.model
    def _refusal_of_snapshot(self, snapshot):
        """Why this configuration is not stored, as a sentence, if it makes more documents than the tenant may have.

        :raises StoreError: the store cannot be asked
        """
        limit = get_control().limits(self.env.cr.dbname).documents
        rules = snapshot.get("business_rules")
        if limit is None or not isinstance(rules, list):
            return None
        stored = get_stores().documents.describe(parse_account_id(self.env.cr.dbname))
        replaced = sum(kept.documents for kept in stored if kept.config_type in REPLACED)
        incoming = 1 + len(rules)
        total = self._documents() - replaced + incoming
        if incoming <= replaced or total <= limit:  # whoever is beyond a lowered limit may still remove
            return None
        meter.add(self.env.cr.dbname, reached="documents")
        return in_company_language(self.env)._(
            "This account may hold %(limit)s documents (the profile, rules, the agents' configuration, support"
            " documents) and would have %(total)s: remove some, or ask the operator to raise the limit.",
            limit=limit,
            total=total,
        )

    @api.model
    def _cron_measure(self):
        """Note what is stored now, and warn before it reaches a limit.

        Each figure in a transaction of its own: calls add to the day's row meanwhile, and a store that is down leaves
        its last figure as it is.
        """
        for name in _OF_STORES:
            try:
                count = self._now(name)
            except StoreError as error:
                _logger.warning("%s not measured, the last figure stands: %s", name, error)
            else:
                in_own_transaction(self.env, _note_stored, name, count)
        in_own_transaction(self.env, _note_sizes)

    @api.autovacuum
    def _gc_old_days(self):
        self.sudo().search([("day", "<", fields.Date.today() - timedelta(days=1100))]).unlink()


# -- what is done in transactions of its own


def _note_stored(env, name, count):
    env["chatwootai.usage"]._upsert(None, {name: count}, _replaced)
    env["chatwootai.limit"]._watch(name, count)


def _note_sizes(env):
    [(database, files)] = env.execute_query(
        SQL(
            "SELECT pg_database_size(current_database()),"
            " (SELECT coalesce(sum(size), 0) FROM"
            " (SELECT DISTINCT ON (store_fname) file_size AS size FROM ir_attachment WHERE store_fname IS NOT NULL)"
            " AS files)"
        )
    )
    env["chatwootai.usage"]._upsert(None, {"database_bytes": int(database), "file_bytes": int(files)}, _replaced)


def _added(name):
    column = SQL.identifier(name)
    if name in _PEAKS:
        return SQL("greatest(usage.%s, EXCLUDED.%s)", column, column)
    return SQL("coalesce(usage.%s, 0) + EXCLUDED.%s", column, column)


def _replaced(name):
    return SQL("EXCLUDED.%s", SQL.identifier(name))
